"""Who is worked on next: short work first, and nobody waits for ever. Pure.

Each asset is due when it has waited as long as its work will take. Earlier due goes first: a short
clip passes a long film that came shortly before it, and a film is passed only by what came within
the time of its own work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# What phones record in a second: the guess until the file has been probed.
BYTES_A_SECOND = 2_000_000
FULL_HD = 1920 * 1080
# Decoding 4K, or starting anything at all, is not free; beyond this, pictures are not made larger.
SMALLEST_SHARE, LARGEST_SHARE = 0.1, 4.0
# Beginning again costs a download: only work this many times shorter is let in between.
WORTH_A_BREAK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Something that waits, or is under way: size in bytes, duration in seconds if it is known."""

    pk: int
    since: datetime
    size: int
    duration: float | None = None
    width: int | None = None
    height: int | None = None

    @property
    def seconds(self) -> float:
        """About how long it will take, as seconds of Full HD film."""
        if self.duration is None:
            return self.size / BYTES_A_SECOND
        share = (self.width or 0) * (self.height or 0) / FULL_HD
        return self.duration * min(LARGEST_SHARE, max(SMALLEST_SHARE, share))

    @property
    def due(self) -> datetime:
        """When it will have waited as long as its work takes."""
        return self.since + timedelta(seconds=self.seconds)


def in_order(waiting: list[Work]) -> list[Work]:
    """Most urgent first."""
    return sorted(waiting, key=lambda work: (work.due, work.pk))


def deserves_a_break(running: Work, waiting: list[Work]) -> bool:
    """Whether work under way should rest for one of those that wait."""
    return any(
        work.due < running.due and work.seconds * WORTH_A_BREAK <= running.seconds
        for work in waiting
    )
