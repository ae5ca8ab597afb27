"""What was taken down at a target and must not come back with a build that does not know of it.

A takedown waits for no push, so the two may touch one object at the same time. The takedown first
writes the keys here; then it puts its tombstones. A push looks here before and after each put. And
both pass a gate that is the key's own: many pushing threads at once, or one takedown. So a put that
had looked too early has ended before the tombstone is put, and none begins that has not looked.

The gate is `flock` on one of a few files, the record a small file replaced whole: both end with or
outlive a process as they should, and both are local, for no lock rests on the store.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from static_export.errors import ExportError
from static_export.lock import local_name
from static_export.manifest import Root

VERSION = 1
GATES = 256
PATIENCE = 1.0  # seconds that a takedown waits for a put that is under way
NAP = 0.005  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Keys that must answer no more, because of one numbered change.

    `mark` names it among all there ever were. `sequence` is None while it has no number: until it
    is given one with `number`, no build counts as one that knows of it (`unnumbered`).
    """

    mark: str
    keys: frozenset[str]
    epoch: str
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Why one key is down."""

    mark: str
    epoch: str
    sequence: int | None

    def is_known_to(self, epoch: str, sequence: int) -> bool:
        """Whether a build was made with this change; one of another database has its own truth."""
        if self.epoch != epoch:
            return True
        return self.sequence is not None and sequence >= self.sequence


class Taken:
    """The record of one target."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = path.with_suffix(".guard")
        self._gates = path.with_suffix(".gates")
        # Which file was read last, and what it said; one value, for many threads ask.
        self._read: tuple[tuple[int, int, int], dict[str, Entry]] | None = None

    @classmethod
    def of(cls, target: str, folder: Path) -> Taken:
        """The record of a target, in the folder that all pushes to it are given."""
        return cls(folder / f"taken-{local_name(target)}.json")

    @classmethod
    def all_in(cls, folder: Path) -> tuple[Taken, ...]:
        """Every record in which anything is written."""
        return tuple(cls(path) for path in sorted(folder.glob("taken-*.json")))

    def entries(self) -> Mapping[str, Entry]:
        """What is down, by key; read again only if the file is another one."""
        read = self._read
        try:
            found = self._path.stat()
            now = (found.st_ino, found.st_mtime_ns, found.st_size)
            if read is None or read[0] != now:
                read = self._read = (now, self._decoded(self._path.read_bytes()))
        except FileNotFoundError:
            return {}
        return read[1]

    def held(self, root: Root) -> frozenset[str]:
        """Keys that a push of this build must leave down."""
        found = self.entries()
        return frozenset(key for key in found if self.holds(key, root))

    def known(self, root: Root) -> dict[str, Entry]:
        """Keys of which this build knows better: down at the target, whatever is called live."""
        found = self.entries().items()
        return {key: one for key, one in found if one.is_known_to(root.epoch, root.sequence)}

    def holds(self, key: str, root: Root) -> bool:
        """Whether a push of this build must leave this key down."""
        return self.holds_any((key,), root)

    def holds_any(self, keys: Iterable[str], root: Root) -> bool:
        """Whether a push of this build must leave any of these keys down."""
        entries = self.entries()
        found = (entries.get(key) for key in keys) if entries else ()
        return any(one and not one.is_known_to(root.epoch, root.sequence) for one in found)

    def add(self, withdrawals: Iterable[Withdrawal]) -> None:
        """Write keys down before the first of them is touched; a number once known is kept."""

        def added(entries: dict[str, Entry]) -> None:
            for one in withdrawals:
                for key in one.keys:
                    before = entries.get(key)
                    same = before is not None and before.mark == one.mark
                    number = before.sequence if before and same else None
                    entries[key] = Entry(
                        mark=one.mark,
                        epoch=one.epoch,
                        sequence=number if one.sequence is None else one.sequence,
                    )

        self._change(added)

    def number(self, numbers: Mapping[str, int]) -> None:
        """Note the numbers of withdrawals, by mark, for keys that are down because of them."""

        def numbered(entries: dict[str, Entry]) -> None:
            for key, entry in entries.items():
                if entry.mark in numbers:
                    entries[key] = replace(entry, sequence=numbers[entry.mark])

        self._change(numbered)

    def drop(self, settled: Mapping[str, Entry]) -> None:
        """Forget keys that a push has made right, unless they were taken down anew meanwhile."""

        def dropped(entries: dict[str, Entry]) -> None:
            for key, entry in settled.items():
                if entries.get(key) == entry:
                    del entries[key]

        if settled:
            self._change(dropped)

    @contextmanager
    def passing(self, *keys: str) -> Iterator[None]:
        """The gates of keys, for a push: beside others of its kind, never beside a takedown.

        A takedown holds one gate at a time and waits for none meanwhile: nobody waits in a ring.
        """
        gates: list[int] = []
        try:
            for gate in {_gate_of(key) for key in keys}:
                gates.append(self._opened(gate))
                fcntl.flock(gates[-1], fcntl.LOCK_SH)
            yield
        finally:
            for descriptor in gates:
                os.close(descriptor)

    @contextmanager
    def closed(self, key: str, *, patience: float = PATIENCE) -> Iterator[bool]:
        """The gate of a key, for a takedown, alone; False if a put would not end in time.

        Then the takedown goes on all the same: the push looks again when its put has ended.
        """
        deadline = time.monotonic() + patience
        gate = self._opened(_gate_of(key))
        try:
            while True:
                try:
                    fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        yield False
                        return
                    time.sleep(NAP)
                else:
                    break
            yield True
        finally:
            os.close(gate)

    def _opened(self, gate: str) -> int:
        path = f"{self._gates}/{gate}"
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        try:
            return os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._gates.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags, 0o600)

    def _change(self, change: Callable[[dict[str, Entry]], None]) -> None:
        """Replace the record whole, one change at a time; raise `target-failed`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._guard.open("w") as guard:
                fcntl.flock(guard, fcntl.LOCK_EX)
                before = self.entries()
                after = dict(before)
                change(after)
                if after != before:
                    self._replace(after)
        except OSError as error:
            raise ExportError(
                "target-failed",
                f"{self._path} says what was withdrawn and must not come back, and could not be "
                f"written ({error.strerror}). Mend that (space? rights?); it is tried again.",
            ) from error

    def _replace(self, entries: Mapping[str, Entry]) -> None:
        """Nothing in it, no file."""
        if not entries:
            self._path.unlink(missing_ok=True)
            return
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(_encoded(entries))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)

    def _decoded(self, data: bytes) -> dict[str, Entry]:
        """A file that nobody can read is no empty one: that would let everything back."""
        try:
            keys = json.loads(data)["keys"]
            return {
                key: Entry(mark=mark, epoch=epoch, sequence=sequence)
                for key, (mark, epoch, sequence) in keys.items()
            }
        except (ValueError, KeyError, TypeError) as error:
            raise ExportError(
                "damaged-state",
                f"{self._path} says what was withdrawn and must not come back, and is damaged. "
                "Delete it and push a build made after that, before any other.",
            ) from error


def _gate_of(key: str) -> str:
    return f"{crc32(key.encode()) % GATES:02x}"


def _encoded(entries: Mapping[str, Entry]) -> bytes:
    keys = {key: [one.mark, one.epoch, one.sequence] for key, one in entries.items()}
    return json.dumps({"version": VERSION, "keys": keys}, sort_keys=True).encode()
