"""A program that ends when whoever started it ends, even by SIGKILL.

`python -S tether.py SIGNAL PROGRAM ARGUMENTS…` ties itself to its parent and becomes the program;
the tie survives exec. Source: Linux prctl(2), PR_SET_PDEATHSIG. It stands alone on the standard
library, so that starting through it costs milliseconds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Have the kernel send signal `number` to this process when its parent ends."""
    parent = os.getppid()
    _prctl(PR_SET_PDEATHSIG, number)
    # The parent may have ended just before the call; then nobody would ever tell us.
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def adopt_orphans(adopt: bool = True) -> None:
    """Become the parent of every descendant whose own parent ends (PR_SET_CHILD_SUBREAPER)."""
    _prctl(PR_SET_CHILD_SUBREAPER, adopt)


def _prctl(option: int, value: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, int(value), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl({option}): {os.strerror(code)}")


def main(arguments: list[str]) -> None:
    die_with_parent(getattr(signal, f"SIG{arguments[0]}"))
    os.execvp(arguments[1], arguments[1:])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
