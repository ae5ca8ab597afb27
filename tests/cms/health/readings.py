"""A chain that is well, to be made ill in one place."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cms.health.models import Heartbeat
from cms.health.probes import Answer
from cms.health.reading import MediaStanding, Reading
from cms.health.running import ROLES
from cms.publishing.interface import LogStanding, Speed, TakedownStanding
from content_models.models import AssetState
from static_export import Standing

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH = "3f1d1c1e-0000-4000-8000-000000000000"
Disk = namedtuple("Disk", "total used free")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def beat(role: str, seconds: float = 3.0, **fields: Any) -> Heartbeat:
    return Heartbeat(
        name=f"{role}@here:{seconds}", role=role, host="here", at=ago(seconds), **fields
    )


def said(value: object = None) -> Answer:
    return Answer(ok=True, seconds=0.012, value=value)


def held(sequence: int | None = 40, epoch: str = EPOCH, unfinished: int | None = None) -> Answer:
    return said(
        Standing(target="file:/edge", epoch=epoch, sequence=sequence, unfinished=unfinished)
    )


WELL = Reading(
    at=NOW,
    log=LogStanding(
        epoch=EPOCH,
        sequence=40,
        live_sequence=40,
        live_at=ago(900),
        last_error="",
        waiting=0,
        waiting_since=None,
        behind_since=None,
        under_way=None,
    ),
    takedowns=TakedownStanding(waiting=0, waiting_since=None, problem=""),
    publications=(),
    speed=Speed(count=12, median=1.4, percentile_95=3.2),
    media=MediaStanding(
        states={AssetState.READY: 30, AssetState.REFUSED: 2},
        waiting_since=None,
        abandoned=0,
        joining_since=None,
        faults=0,
    ),
    beats=tuple(beat(role) for role in ROLES),
    database="PostgreSQL 17.2",
    answers={
        "storage originals http://s3": said(),
        "storage media http://s3": said(),
        "media http://s3/media": said(),
        "edge https://video.example.go.id": said(),
        "target file:/edge": held(),
        "queue redis://queue:6379": said(),
        "disk /var/lib/policetube": said(Disk(270e9, 190e9, 80e9)),
    },
)


def with_log(**fields: Any) -> Reading:
    return replace(WELL, log=replace(WELL.log, **fields))


def with_takedowns(**fields: Any) -> Reading:
    return replace(WELL, takedowns=replace(WELL.takedowns, waiting=2, **fields))


def with_media(**fields: Any) -> Reading:
    return replace(WELL, media=replace(WELL.media, **fields))


def with_answer(name: str, answer: Answer) -> Reading:
    assert name in WELL.answers
    return replace(WELL, answers={**WELL.answers, name: answer})


def without(role: str, *beats: Heartbeat) -> Reading:
    """Others in the place of the one that runs."""
    return replace(WELL, beats=(*(one for one in WELL.beats if one.role != role), *beats))
