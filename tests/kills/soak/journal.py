"""What was promised to editors: written outside their process, after each of its answers."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One operation: begun, and with a `state` if it was acknowledged."""

    number: int
    name: str
    said: str = ""
    # Digest of all that editors see, as the acknowledged operation left it.
    state: str | None = None

    def __str__(self) -> str:
        return f"{self.number} {self.name}: {self.said if self.state else 'no answer'}"


class Pen:
    """The editor's end: whole lines, which outlive whoever wrote them."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def begin(self, number: int, name: str) -> None:
        self._write({"number": number, "name": name})

    def acknowledge(self, number: int, name: str, said: str, state: str) -> None:
        self._write({"number": number, "name": name, "said": said, "state": state})

    def _write(self, row: dict[str, object]) -> None:
        os.write(self._file, (json.dumps(row) + "\n").encode())


def read(path: Path) -> list[Entry]:
    """The entries in order; of an operation that was answered, the answer only."""
    found: dict[int, Entry] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        entry = Entry(**json.loads(line))
        found[entry.number] = entry
    return list(found.values())
