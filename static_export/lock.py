"""One push at a time to one target, whatever the store can or cannot do.

The lock is `flock` on a local file, so it ends with the process that holds it. Its content is a
lease: a holder that stopped renewing it (hung, not dead) may be overtaken. The taker puts a new
file with a higher token in place; the one overtaken sees that before its next write and stops.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from static_export.errors import ExportError

CONTENT_SIZE = 200  # bytes
GLANCE = 0.01  # seconds
LEASE = 120.0  # seconds without a sign of life after which a holder counts as hung


def local_name(target: str) -> str:
    """Part of the names of files in which this machine keeps what it knows of a target."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", target)[-120:].strip("-")


class PushLock:
    """A held lock; `token` grows with every holder of this file."""

    def __init__(
        self, path: Path, descriptor: int, token: int, lease: float, clock: Callable[[], float]
    ) -> None:
        self.token = token
        self._path = path
        self._descriptor = descriptor
        self._lease = lease
        self._clock = clock
        self._renewed = clock()
        self._looked = 0.0
        self._writing = threading.Lock()
        self._write()

    def check(self) -> None:
        """Renew the lease; raise `lock-lost` if another push has overtaken this one."""
        self._looked = time.monotonic()
        ours = os.fstat(self._descriptor)
        try:
            there = self._path.stat()
        except FileNotFoundError:
            there = None
        if there is None or (there.st_ino, there.st_dev) != (ours.st_ino, ours.st_dev):
            raise ExportError(
                "lock-lost",
                f"Another push took over {self._path.name} because this one gave no sign of life "
                f"for {self._lease:.0f} s. This one has stopped; the other finishes the work.",
            )
        now = self._clock()
        with self._writing:
            if now - self._renewed > self._lease / 4:
                self._renewed = now
                self._write()

    def glance(self) -> None:
        """The same between two of many writes; a look within `GLANCE` is believed.

        Who was overtaken had given no sign of life for far longer than that.
        """
        if time.monotonic() - self._looked > GLANCE:
            self.check()

    def _write(self) -> None:
        until = self._clock() + self._lease
        content = json.dumps({"token": self.token, "pid": os.getpid(), "until": until})
        # Always as long, so that one write replaces it and no reader sees the rest of another.
        os.pwrite(self._descriptor, content.encode().ljust(CONTENT_SIZE), 0)


@contextmanager
def push_lock(
    path: Path, *, lease: float = LEASE, clock: Callable[[], float] = time.time
) -> Iterator[PushLock]:
    """Hold the lock for the block; raise `locked` at once if a living push holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    guard = os.open(path.with_suffix(".guard"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)
        lock, descriptor = _take(path, lease, clock)
    finally:
        os.close(guard)
    try:
        yield lock
    finally:
        os.close(descriptor)


def _take(path: Path, lease: float, clock: Callable[[], float]) -> tuple[PushLock, int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    token, until, pid = _content(descriptor, clock)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        if clock() < until:
            raise ExportError(
                "locked",
                f"Another push (process {pid}) is at work on this target: wait until it ends. "
                f"If it hangs, it may be overtaken in {until - clock():.0f} s.",
            ) from error
        fresh = path.with_suffix(".next")
        with suppress(FileNotFoundError):
            fresh.unlink()
        descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock = PushLock(path, descriptor, token + 1, lease, clock)
        fresh.replace(path)
        return lock, descriptor
    return PushLock(path, descriptor, token + 1, lease, clock), descriptor


def _content(descriptor: int, clock: Callable[[], float]) -> tuple[int, float, int]:
    """Token, end of the lease (Unix time) and process of the last holder.

    A file that says nothing yet belongs to a holder that has just come: never to a hung one.
    """
    try:
        value = json.loads(os.pread(descriptor, CONTENT_SIZE, 0))
        return int(value["token"]), float(value["until"]), int(value["pid"])
    except (ValueError, KeyError, TypeError):
        return 0, clock() + LEASE, 0
