"""How long publications took, stage by stage, from the first change that each of them carried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from cms.publishing.models import Change, Push
from cms.publishing.relay import head

DAY = timedelta(days=1)
# A day has no more publications than this that anybody would wait for.
MOST_OF_A_DAY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One publication that is live; null where it had no such stage. Seconds.

    `waited` counts from its first change, the one that waited longest, to the start of the build;
    null where it carried none, as when a site is built in full.
    """

    sequence: int
    started_at: datetime
    live_at: datetime
    waited: float | None
    built: float
    uploaded: float
    purged: float | None
    seen: float | None

    @property
    def total(self) -> float:
        """From the click to the end."""
        return (self.live_at - self.started_at).total_seconds() + (self.waited or 0.0)

    @property
    def stages(self) -> tuple[tuple[str, float], ...]:
        """Names and seconds, in order."""
        named = (
            ("waited", self.waited),
            ("built", self.built),
            ("uploaded", self.uploaded),
            ("purged", self.purged),
            ("seen", self.seen),
        )
        return tuple((name, seconds) for name, seconds in named if seconds is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """From click to seen, over `count` publications; seconds."""

    count: int
    median: float
    percentile_95: float


def last_publications(most: int) -> list[Timed]:
    """The newest that are live, oldest first. Two queries."""
    return _timed(_newest(most + 1))[-most:]


def speed_of_the_last_day() -> Speed | None:
    """None if nothing that somebody did was published since yesterday."""
    since = timezone.now() - DAY
    waits = [
        one.total
        for one in _timed(_newest(MOST_OF_A_DAY + 1))
        if one.waited is not None and one.live_at >= since
    ]
    if not waits:
        return None
    return Speed(
        count=len(waits), median=percentile(waits, 50), percentile_95=percentile(waits, 95)
    )


def percentile(values: Sequence[float], per_cent: float) -> float:
    """The nearest rank: a value that there was."""
    return sorted(values)[max(0, math.ceil(len(values) * per_cent / 100) - 1)]


def _newest(most: int) -> list[Push]:
    """Oldest first."""
    rows = Push.objects.filter(epoch=head().epoch, live_at__isnull=False).order_by("-pk")[:most]
    return list(rows)[::-1]


def _timed(pushes: list[Push]) -> list[Timed]:
    """Each but one that has none before it: of the first, nobody knows what it carried."""
    before = dict(zip(pushes[1:], pushes, strict=False))
    # The log has no gaps: the first change a publication carried is the next number.
    wanted = {push: earlier.sequence + 1 for push, earlier in before.items()}
    firsts = Change.objects.filter(sequence__in=set(wanted.values()))
    moments = dict(firsts.values_list("sequence", "at"))
    return [
        timed(push, moments.get(wanted[push]) if push.sequence >= wanted[push] else None)
        for push in pushes
        if push in wanted
    ]


def timed(push: Push, clicked_at: datetime | None) -> Timed:
    """The stages of one publication, of which the first change was made at that moment."""
    live_at = push.live_at or push.started_at
    uploaded_at = push.uploaded_at or push.built_at
    told_at = push.purged_at or uploaded_at
    return Timed(
        sequence=push.sequence,
        started_at=push.started_at,
        live_at=live_at,
        waited=_seconds(clicked_at, push.started_at) if clicked_at else None,
        built=_seconds(push.started_at, push.built_at),
        uploaded=_seconds(push.built_at, uploaded_at),
        purged=_seconds(uploaded_at, push.purged_at) if push.purged_at else None,
        seen=_seconds(told_at, push.seen_at) if push.seen_at else None,
    )


def _seconds(begin: datetime, end: datetime) -> float:
    # Clocks of two machines may differ.
    return max(0.0, (end - begin).total_seconds())
