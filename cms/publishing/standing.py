"""Where the log, the outbox and the targets stand; looked at, never changed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

import static_export
from cms.publishing.models import Change, OutboxRow, Push
from cms.publishing.orders import waiting
from cms.publishing.relay import head
from static_export.targets import open_target


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStanding:
    """`waiting` changes have no number, `behind` have one and are not live; since when.

    `under_way` is the publication that has begun and not ended: it runs, or it failed.
    """

    epoch: str
    sequence: int
    live_sequence: int
    live_at: datetime | None
    last_error: str
    waiting: int
    waiting_since: datetime | None
    behind_since: datetime | None
    under_way: Push | None

    @property
    def behind(self) -> int:
        return self.sequence - self.live_sequence


def log_standing() -> LogStanding:
    """Four queries."""
    now = head()
    waiting = OutboxRow.objects.aggregate(count=Count("pk"), since=Min("at"))
    next_one = Change.objects.filter(sequence=now.live_sequence + 1).values_list("at", flat=True)
    return LogStanding(
        epoch=str(now.epoch),
        sequence=now.sequence,
        live_sequence=now.live_sequence,
        live_at=now.live_at,
        last_error=now.last_error,
        waiting=waiting["count"],
        waiting_since=waiting["since"],
        behind_since=next_one.first() if now.live_sequence < now.sequence else None,
        under_way=Push.objects.filter(live_at=None).order_by("-pk").first(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownStanding:
    """Withdrawals that nobody has seen to be gone yet; since when, and why the oldest is not."""

    waiting: int
    waiting_since: datetime | None
    problem: str


def takedown_standing() -> TakedownStanding:
    """Two queries."""
    rows = waiting()
    found = rows.aggregate(count=Count("pk"), since=Min("at"))
    problem = rows.exclude(problem="").order_by("at").values_list("problem", flat=True).first()
    return TakedownStanding(
        waiting=found["count"], waiting_since=found["since"], problem=problem or ""
    )


def target_standing(address: str) -> static_export.Standing:
    """What one of `SITE_TARGETS` holds; asks the target. Raises `static_export.ExportError`."""
    with closing(open_target(address)) as target:
        return static_export.standing(target)
