"""What the hunt brings home."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.leaks.marks import Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a door gave: body and headers as one text, and the words that may stand in it."""

    place: str
    body: bytes | str
    status: int = 200
    # What was public before may be told of where the log or a tombstone says so.
    allowed: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A mark at a place, or an answer that differs from the one about nothing."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


def leaks_in(answers: Iterable[Answer], marks: Marks) -> Iterator[Leak]:
    """Every mark that an answer gives away."""
    for answer in answers:
        for mark in sorted(marks.seen_in(answer.body) - answer.allowed):
            yield Leak(place=answer.place, what=f"{mark} ({marks.tokens.get(mark, 'a secret')})")
