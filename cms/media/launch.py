"""Becomes the given program, bounded: run as `python -I -S launch.py PARENT MEMORY FILE -- ARGV`.

A process of its own, because limits set between fork and exec run Python in a copy of a
process with threads, where a lock may be held for ever.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1
NICENESS = 10


def main(arguments: list[str]) -> None:
    """Die with the parent, be nice, hold the limits, then exec. Sizes in bytes."""
    parent, memory, file_size = (int(value) for value in arguments[:3])
    program = arguments[arguments.index("--") + 1 :]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the line above.
    if os.getppid() != parent:
        os._exit(1)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(program[0], program)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
