"""What is known of the chain at one moment; as many queries for a million rows as for none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Min
from django.utils import timezone

from cms.health import probes
from cms.health.models import Heartbeat
from cms.health.probes import Answer
from cms.publishing.interface import (
    LogStanding,
    Speed,
    TakedownStanding,
    Timed,
    last_publications,
    log_standing,
    speed_of_the_last_day,
    takedown_standing,
)
from content_models.models import Asset, AssetState, Ladder, Placement, Upload, UploadState

CHART = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaStanding:
    """Files by state; since when the first one waits, and leases that ended with their worker."""

    states: Mapping[str, int]
    waiting_since: datetime | None
    abandoned: int
    joining_since: datetime | None
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at everything."""

    at: datetime
    log: LogStanding
    takedowns: TakedownStanding
    publications: tuple[Timed, ...]
    speed: Speed | None
    media: MediaStanding
    beats: tuple[Heartbeat, ...]
    database: str
    answers: Mapping[str, Answer]

    @property
    def of(self) -> Mapping[str, Mapping[str, Answer]]:
        """Answers by kind, then by address."""
        found: dict[str, dict[str, Answer]] = {}
        for name, answer in self.answers.items():
            kind, _, address = name.partition(" ")
            found.setdefault(kind, {})[address] = answer
        return found


def take(*, deadline: float | None = None) -> Reading:
    """Look at everything, for no longer than a few seconds."""
    return Reading(
        at=timezone.now(),
        log=log_standing(),
        takedowns=takedown_standing(),
        publications=tuple(last_publications(CHART)),
        speed=speed_of_the_last_day(),
        media=media_standing(),
        beats=tuple(Heartbeat.objects.order_by("role", "-at")),
        database=database_kind(),
        answers=probes.ask(probes.questions(), deadline=deadline),
    )


def media_standing() -> MediaStanding:
    """Five queries, each of which an index answers or a short table."""
    now = timezone.now()
    states = Asset.objects.order_by().values_list("state").annotate(count=Count("pk"))
    waiting = Asset.objects.filter(state=AssetState.UPLOADED)
    taken = Asset.objects.filter(state=AssetState.PROCESSING, lease_until__lte=now)
    joining = Upload.objects.filter(state=UploadState.FINISHING)
    standing = Ladder.objects.filter(placement=Placement.PUBLIC).exclude(faults=[])
    return MediaStanding(
        states=dict(states),
        waiting_since=waiting.aggregate(since=Min("queued_at"))["since"],
        abandoned=taken.count(),
        joining_since=joining.aggregate(since=Min("touched_at"))["since"],
        faults=standing.count(),
    )


def database_kind() -> str:
    """Its name and version, as it says itself."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW server_version")
        else:
            cursor.execute("SELECT sqlite_version()")
        (version,) = cursor.fetchone()
    return f"{connection.display_name} {version.split()[0]}"
