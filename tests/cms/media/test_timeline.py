"""What an editor and an operator can read of an asset's attempts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cms.media import timeline
from cms.media.interface import ingest
from cms.media.lease import claim
from cms.media.pipeline import process
from content_models.models import Asset
from tests.cms.media.conftest import Clip

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def told(asset: Asset) -> list[tuple[int, str, str]]:
    asset.refresh_from_db()
    assert all(entry["began"] <= entry["ended"] for entry in asset.timeline)
    return [(entry["attempt"], entry["stage"], entry["outcome"]) for entry in asset.timeline]


def test_a_stage_ends_when_the_next_begins_and_old_ones_are_forgotten() -> None:
    entries: list[timeline.Entry] = []
    for number in range(100):
        at = NOON + timedelta(seconds=number)
        entries = timeline.began(entries, attempt=1, stage=f"s{number}", at=at)
    assert len(entries) == timeline.MOST
    assert entries[-2] == {
        "attempt": 1,
        "stage": "s98",
        "began": "2026-05-01T12:01:38+00:00",
        "ended": "2026-05-01T12:01:39+00:00",
        "outcome": "done",
    }
    assert entries[-1]["ended"] is None
    closed = timeline.ended(entries, outcome="storage", at=NOON)
    assert closed[-1]["outcome"] == "storage"
    assert closed[:-1] == entries[:-1]


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
def test_every_stage_of_every_attempt_is_told_with_its_end(clip: Clip, settings: Any) -> None:
    with clip("rabbit.mp4", "-vf", "scale=192:108", seconds=1).open("rb") as file:
        asset = ingest(file, name="rabbit.mp4")
    claim(asset.pk)
    died = [(1, "download", "died")]
    Asset.objects.update(lease_until=timezone.now())
    settings.FFMPEG = "/bin/false"
    process(asset.pk)
    failed = [(2, "download", "done"), (2, "probe", "done"), (2, "encode", "tool_failed")]
    assert told(asset) == [*died, *failed]

    settings.FFMPEG = ""
    Asset.objects.update(lease_until=timezone.now())
    process(asset.pk)
    stages = ("download", "probe", "encode", "verify", "upload", "confirm")
    assert told(asset) == [*died, *failed, *((3, stage, "done") for stage in stages)]
