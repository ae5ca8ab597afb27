"""Short work goes first, nobody starves, and who is cancelled is left alone."""

from __future__ import annotations

import io
import os
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cms.media import pipeline, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import cancel, describe, ingest, retry
from cms.media.job import Job
from cms.media.lease import claim, claim_most_urgent
from cms.media.priority import Work, deserves_a_break, in_order
from cms.media.storage import Bucket
from cms.media.tasks import process_asset
from content_models.models import Asset, AssetState
from tests.cms.media.conftest import Clip

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = 3600.0


def film(pk: int, *, after: float, seconds: float) -> Work:
    """A Full HD film that came so many seconds after noon."""
    return Work(
        pk=pk,
        since=NOON + timedelta(seconds=after),
        size=1,
        duration=seconds,
        width=1920,
        height=1080,
    )


def test_a_short_clip_passes_a_long_film_that_came_before_it() -> None:
    long, short = film(1, after=0, seconds=2 * HOUR), film(2, after=600, seconds=30)
    assert [work.pk for work in in_order([long, short])] == [2, 1]


def test_a_file_that_nobody_has_looked_into_is_judged_by_its_size() -> None:
    work = Work(pk=1, since=NOON, size=60_000_000)
    assert work.seconds == 30
    assert work.seconds < film(2, after=0, seconds=HOUR).seconds


def test_a_stream_of_short_clips_passes_a_film_only_within_the_time_of_its_own_work() -> None:
    chance = random.Random(4)
    long = film(0, after=0, seconds=HOUR)
    waiting, now, number = [long], 0.0, 0
    passed: list[Work] = []
    while long in waiting:
        # Always more than can be done.
        for _ in range(2):
            number += 1
            waiting.append(film(number, after=now, seconds=chance.uniform(5, 60)))
        done = in_order(waiting)[0]
        waiting.remove(done)
        passed.append(done)
        now += done.seconds
    assert passed[-1] == long
    assert max(work.since for work in passed) < NOON + timedelta(seconds=HOUR)
    assert max(work.since for work in waiting) > NOON + timedelta(seconds=HOUR)


def test_only_much_shorter_work_interrupts_and_only_until_the_film_is_due() -> None:
    running = film(1, after=0, seconds=2 * HOUR)
    assert deserves_a_break(running, [film(2, after=600, seconds=60)])
    assert not deserves_a_break(running, [])
    assert not deserves_a_break(running, [film(2, after=600, seconds=HOUR)])
    assert not deserves_a_break(running, [film(2, after=2 * HOUR, seconds=60)])
    assert not deserves_a_break(film(1, after=0, seconds=30), [film(2, after=5, seconds=10)])


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
class TestRows:
    """The same, of assets in the database."""

    def upload(self, size: int = 1) -> Asset:
        asset = ingest(io.BytesIO(b"x"), name="x.mp4")
        Asset.objects.filter(pk=asset.pk).update(size=size)
        return asset

    def test_a_call_wakes_a_worker_for_whatever_is_most_urgent(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        long, short = self.upload(20_000_000_000), self.upload(2_000_000)
        done: list[int] = []
        monkeypatch.setattr(pipeline, "_work_on", lambda lease: done.append(lease.asset_pk))
        assert process_asset.call(long.pk)
        assert process_asset.call(short.pk)
        assert not process_asset.call(short.pk)
        assert done == [short.pk, long.pk]

    def test_what_cannot_be_claimed_keeps_nobody_from_the_next(self) -> None:
        first, second = self.upload(), self.upload()
        assert claim(first.pk)
        lease = claim_most_urgent()
        assert lease is not None
        assert lease.asset_pk == second.pk
        assert claim_most_urgent() is None

    def test_a_long_film_rests_between_its_parts_for_a_short_clip_and_is_finished_after_it(
        self, clip: Clip, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        small = ("-vf", "scale=192:108", "-an")
        with clip("rabbit.mp4", *small, seconds=1).open("rb") as file:
            long = ingest(file, name="long.mp4")
        shorts: list[Asset] = []
        make = pipeline.MAKERS["video"]

        def in_parts(job: Job) -> Any:
            """The maker, as one that may rest before its work."""
            if job.asset.pk == long.pk and not shorts:
                Asset.objects.filter(pk=long.pk).update(duration=HOUR)
                with clip("rabbit.mp4", *small, seconds=1).open("rb") as file:
                    shorts.append(ingest(file, name="short.mp4"))
            job.between()
            return make(job)

        monkeypatch.setattr(pipeline, "MAKERS", {"video": in_parts})
        assert process_asset.call(long.pk)
        long.refresh_from_db()
        (short,) = Asset.objects.filter(pk=shorts[0].pk)
        assert (short.state, short.attempt) == (AssetState.READY, 1)
        assert (long.state, long.failures) == (AssetState.UPLOADED, 0)
        assert long.timeline[-1]["outcome"] == "yielded"
        assert storage.list_keys(Bucket.STAGING, f"{long.uuid}/") == []

        assert process_asset.call(short.pk)
        long.refresh_from_db()
        assert (long.state, long.attempt) == (AssetState.READY, 2)

    def test_a_cancelled_file_is_left_alone_until_it_is_tried_again(self) -> None:
        asset = self.upload()
        cancel(asset)
        assert claim(asset.pk) is None
        asset.refresh_from_db()
        status = describe(asset)
        assert (status.state, status.is_settled) == (AssetState.CANCELLED, True)
        assert (status.can_cancel, status.can_retry) == (False, True)
        assert status.message
        with pytest.raises(MediaError) as caught:
            cancel(asset)
        assert caught.value.code == ErrorCode.OVERTAKEN

        before = asset.queued_at
        retry(asset)
        asset.refresh_from_db()
        assert asset.queued_at > before
        assert claim(asset.pk) is not None

    def test_a_settled_file_is_not_cancelled(self) -> None:
        asset = self.upload()
        Asset.objects.filter(pk=asset.pk).update(state=AssetState.READY)
        with pytest.raises(MediaError):
            cancel(asset)
        asset.refresh_from_db()
        assert asset.state == AssetState.READY

    def test_a_long_wait_is_measured_from_the_upload_not_from_the_last_attempt(self) -> None:
        asset = self.upload()
        lease = claim(asset.pk)
        assert lease is not None
        Asset.objects.filter(pk=asset.pk).update(lease_until=timezone.now())
        assert claim(asset.pk) is not None
        asset.refresh_from_db()
        assert asset.queued_at < asset.state_changed_at


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.storage
@pytest.mark.ffmpeg
@pytest.mark.usefixtures("store")
def test_cancelling_ends_the_encoder_and_leaves_nothing_behind(
    clip: Clip, settings: Any, tmp_path: Any
) -> None:
    slow = tmp_path / "ffmpeg"
    marks = tmp_path / "marks"
    slow.write_text(f"#!/bin/sh\necho $$ >> {marks}\nexec sleep 60\n")
    slow.chmod(0o755)
    with clip("rabbit.mp4", "-vf", "scale=192:108", seconds=1).open("rb") as file:
        asset = ingest(file, name="rabbit.mp4")
    settings.FFMPEG = str(slow)

    def cancel_while_encoding() -> None:
        deadline = time.monotonic() + 60
        while not marks.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        cancel(asset)
        connection.close()

    editor = threading.Thread(target=cancel_while_encoding)
    editor.start()
    began = time.monotonic()
    assert not pipeline.process(asset.pk)
    assert time.monotonic() - began < 40
    editor.join()
    asset.refresh_from_db()
    assert (asset.state, asset.failures, asset.lease_until) == (AssetState.CANCELLED, 0, None)
    assert asset.timeline[-1]["outcome"] == "cancelled"
    assert storage.list_keys(Bucket.STAGING, f"{asset.uuid}/") == []
    assert list(pipeline.work_directory().iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(marks.read_text()), 0)

    settings.FFMPEG = ""
    retry(asset)
    assert pipeline.process(asset.pk)
