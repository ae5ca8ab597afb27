"""Becomes the given program, bounded: `python -I -S launch.py PARENT MEMORY FILE CPU COUNT NETWORK
-- ARGV`; with `try` alone it says by its status whether namespaces may be used.

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
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NICENESS = 10


def main(arguments: list[str]) -> None:
    """Die with the parent, be nice, hold the limits, then exec. Sizes in bytes, time in seconds."""
    if arguments == ["try"]:
        sys.exit(0 if isolate() else 1)
    parent, memory, file_size, seconds, count = (int(value) for value in arguments[:5])
    program = arguments[arguments.index("--") + 1 :]
    if arguments[5] == "closed":
        if not isolate():
            os._exit(1)
        # In a namespace of its own it counts what is in there, not all that this user runs.
        resource.setrlimit(resource.RLIMIT_NPROC, (count, count))
    # After the namespaces: to enter them clears it.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # The parent may have died before the line above.
    if os.getppid() != parent:
        os._exit(1)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(program[0], program)  # noqa: S606


def isolate() -> bool:
    """Move into a network that has nothing but itself; False where the machine forbids it."""
    return ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0


if __name__ == "__main__":
    main(sys.argv[1:])
