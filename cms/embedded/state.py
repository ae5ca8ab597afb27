"""What the demo remembers of itself between two starts."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cms.embedded.errors import EmbeddedError


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Hold the installation for this process; raise `already-running`.

    The lock is the kernel's: it is free as soon as its holder is gone, however it went.
    """
    run.mkdir(parents=True, exist_ok=True)
    path = run / "demo.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode() or "?"
            raise EmbeddedError(
                "already-running",
                indonesian=f"Demo sudah berjalan di folder ini (proses {holder}). Hentikan dahulu "
                "dengan Ctrl-C di terminalnya.",
                english=f"The demo already runs in this folder (process {holder}). Stop it first "
                "with Ctrl-C in its terminal.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        yield
    finally:
        os.close(descriptor)


class Memory:
    """Names of what was done once and for all, in a small JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def has(self, name: str) -> bool:
        """Whether `name` was done."""
        return name in self._read()

    def value(self, name: str) -> str | None:
        """What was noted with `name`."""
        return self._read().get(name)

    def note(self, name: str, value: str = "") -> None:
        """Remember that `name` is done; atomic."""
        noted = self._read() | {name: value}
        half_written = self._path.with_suffix(".new")
        half_written.write_text(json.dumps(noted, indent=2, sort_keys=True), encoding="utf-8")
        half_written.replace(self._path)

    def _read(self) -> dict[str, str]:
        try:
            noted = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return noted if isinstance(noted, dict) else {}
