"""A plain reader of the search index: everything a browser could find in a built site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from site_builder.search.volume import HEADER, LONG, MAGIC, OVERFLOW, PAIR, SLOT_BYTES, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Where a document has a term; `block` of passages for one that is only said."""

    number: int
    where: int
    block: int | None


class Index:
    """One file of the index."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        magic, self.count, self.table, _ = HEADER.unpack_from(content)
        assert magic == MAGIC
        self.slots = (self.table - HEADER.size) // SLOT_BYTES

    def cards(self) -> list[dict[str, Any]]:
        """All cards, newest first."""
        return [json.loads(self._piece(place, length)) for place, length in self._rows()]

    def _rows(self) -> Iterator[tuple[int, int]]:
        for number in range(self.count):
            yield PAIR.unpack_from(self.content, self.table + PAIR.size * number)

    def passages(self, card: dict[str, Any], block: int) -> list[list[Any]]:
        """Passages of one block of a card."""
        place, *lengths = card["said"]
        found: list[list[Any]] = json.loads(
            self._piece(int(place) + sum(lengths[:block]), lengths[block])
        )
        return found

    def entries(self, slot: int) -> dict[bytes, bytes]:
        """Lists of one slot by fingerprint."""
        at = HEADER.size + slot * SLOT_BYTES
        state, place, length = OVERFLOW.unpack_from(self.content, at)
        if state == 0:
            place, length = at + 3, int.from_bytes(self.content[at + 1 : at + 3], "little")
        entries, found, at = self._piece(place, length), {}, 0
        while at < len(entries):
            fingerprint, size = entries[at : at + 3], entries[at + 3]
            if size == LONG:
                place = int.from_bytes(entries[at + 4 : at + 8], "little")
                length = int.from_bytes(entries[at + 8 : at + 11], "little")
                found[fingerprint] = self._piece(place, length)
                at += 11
            else:
                found[fingerprint] = entries[at + 4 : at + 4 + size]
                at += 4 + size
        return found

    def find(self, term: str) -> list[Occurrence]:
        """Documents that have a term."""
        slot, fingerprint = place_of(term, self.slots)
        values = varints(self.entries(slot).get(fingerprint, b""))
        found, number = [], -1
        for value in values:
            number += value >> 2
            block = None if value & 3 else next(values)
            found.append(Occurrence(number=number, where=value & 3, block=block))
        return found

    def days(self) -> list[tuple[int, int]]:
        """Pairs of a day's ordinal and its first document."""
        slot, fingerprint = place_of("@days", self.slots)
        values = varints(self.entries(slot).get(fingerprint, b""))
        found: list[tuple[int, int]] = []
        for day, step in zip(values, values, strict=True):
            last = found[-1] if found else None
            found.append((last[0] - day, last[1] + step) if last else (day, step))
        return found

    def _piece(self, place: int, length: int) -> bytes:
        assert place + length <= len(self.content)
        return self.content[place : place + length]


def varints(content: bytes) -> Iterator[int]:
    """Numbers of a list (LEB128)."""
    value = shift = 0
    for byte in content:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def indexes(out: Path) -> dict[str, Index]:
    """Every file that the root names, newest first; it must name all that there are."""
    root = json.loads((out / "search" / "root.json").read_text(encoding="utf-8"))
    names = [name for name, _ in root["stretches"]]
    assert {path.stem for path in (out / "search").glob("*.bin")} == set(names)
    found = {name: Index((out / "search" / f"{name}.bin").read_bytes()) for name in names}
    assert all(index.slots == root["slots"][name[0]] for name, index in found.items())
    return found


def found_by(out: Path, term: str) -> list[str]:
    """Paths of all documents that have a term, newest first."""
    return [
        index.cards()[one.number]["path"]
        for index in indexes(out).values()
        for one in index.find(term)
    ]
