"""Room on the disk, promised before work begins: what other workers here were promised is not free.

Each attempt keeps a lock on a file in its folder that says how large the folder may become. A lock
ends with its process, so what a killed worker was promised is free again at once.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cms.media.errors import ErrorCode, MediaError

RESERVE = 256 * 1024**2
PROMISE = "promised-bytes"


@contextmanager
def promising(folder: Path) -> Iterator[None]:
    """For as long as the block lasts, what `require_space` grants below `folder` is kept for it."""
    with (folder / PROMISE).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def require_space(directory: Path, needed: int) -> None:
    """Raise `DISK_FULL` unless `needed` bytes and a reserve are free where `directory` is.

    Below a folder that is being promised space they are kept for it from now on.
    """
    own = next((one for one in (directory, *directory.parents) if (one / PROMISE).exists()), None)
    if own is None:
        _refuse_unless(directory, needed, promised=0)
        return
    # Two workers that ask at once must not both be told of the same free bytes.
    with own.parent.with_name(f"{own.parent.name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        promised = sum(_outstanding(one) for one in own.parent.iterdir() if one != own)
        _refuse_unless(directory, needed, promised=promised)
        (own / PROMISE).write_text(str(_used(own) + needed))


def _refuse_unless(directory: Path, needed: int, *, promised: int) -> None:
    free = shutil.disk_usage(directory).free
    if free - promised < needed + RESERVE:
        raise MediaError(
            ErrorCode.DISK_FULL,
            f"The disk of {directory} has {free / 1e9:.1f} GB free, {promised / 1e9:.1f} GB of it "
            f"promised to other workers; this file needs {(needed + RESERVE) / 1e9:.1f} GB. "
            "Free some space; it is tried again.",
        )


def _outstanding(folder: Path) -> int:
    """Bytes that a live worker's folder was promised and does not hold yet."""
    try:
        with (folder / PROMISE).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return max(0, int(file.read() or 0) - _used(folder))
    except OSError:
        # Gone meanwhile, or no folder of an attempt.
        pass
    return 0


def _used(folder: Path) -> int:
    used = 0
    for path in folder.rglob("*"):
        try:
            used += path.stat().st_size
        except FileNotFoundError:
            continue
    return used
