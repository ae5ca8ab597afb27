"""What a maker is given: an accepted original on disk, a folder to fill, and signs of life to give.

A kind of asset plugs in as a `Maker` in `pipeline.MAKERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from cms.media.lease import Lease
from cms.media.products import Made
from content_models.models import Asset

# Where each stage stands between 0 and 100, for one bar that never goes back.
STAGES = {
    "download": (0, 6),
    "probe": (6, 8),
    "encode": (8, 86),
    "verify": (86, 88),
    "upload": (88, 97),
    "confirm": (97, 99),
}


# What was found of the original: each kind of maker has its own.
F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[F]):
    """One attempt at one accepted original; `target` is an empty folder."""

    asset: Asset
    lease: Lease
    source: Path
    target: Path
    found: F

    def beat(self, stage: str, share: float) -> None:
        """Say at least once a second that a stage goes on, and how far it is, from 0 to 1.

        Raises `LEASE_LOST` or `STOPPED`: then end at once.
        """
        beat(self.lease, stage, share)

    def between(self) -> None:
        """Call where the work may rest and be taken up again, such as after a finished chunk.

        Raises `YIELDED` when something shorter should go first, or `STOPPED`: then end at once.
        """
        self.lease.check()
        self.lease.rest()


# Makes every file of an asset under `job.target`, checked; raises `MediaError`.
Maker = Callable[[Job[Any]], Made]


def beat(lease: Lease, stage: str, share: float) -> None:
    """A sign of life at a share, from 0 to 1, of a stage."""
    start, end = STAGES[stage]
    lease.beat(stage, round(start + (end - start) * min(1.0, share)))


def counted(lease: Lease, stage: str, total: int) -> Callable[[int], None]:
    """A tick for transfers: hears of bytes, beats with their share of `total`."""
    done = 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        beat(lease, stage, done / max(1, total))

    return tick
