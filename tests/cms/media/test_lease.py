"""One worker at a time, and none for ever."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cms.media import lease, pipeline, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import describe, ingest, reconcile, retry
from cms.media.lease import claim
from cms.media.pipeline import process
from cms.media.storage import Bucket
from content_models.models import Asset, AssetState, Ladder
from tests.cms.media.conftest import Clip

pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]


def waiting(clip: Clip) -> Asset:
    with clip("rabbit.mp4", seconds=1).open("rb") as file:
        return ingest(file, name="rabbit.mp4")


def expire(asset: Asset) -> None:
    Asset.objects.filter(pk=asset.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_two_workers_never_hold_the_same_asset() -> None:
    asset = ingest(io.BytesIO(b"x"), name="x.mp4")
    first = claim(asset.pk)
    assert first is not None
    assert claim(asset.pk) is None
    asset.refresh_from_db()
    assert (asset.attempt, asset.state) == (1, AssetState.PROCESSING)
    assert asset.lease_until > timezone.now()


def test_a_settled_asset_is_not_worked_on_again(clip: Clip) -> None:
    asset = waiting(clip)
    assert process(asset.pk)
    assert not process(asset.pk)
    asset.refresh_from_db()
    assert (asset.attempt, Ladder.objects.count()) == (1, 1)


def test_a_stale_worker_changes_nothing_and_leaves_nothing(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = waiting(clip)
    upload = pipeline._upload
    winners = []

    def lose_the_lease_after_the_upload(*arguments: Any) -> None:
        upload(*arguments)
        monkeypatch.setattr(pipeline, "_upload", upload)
        expire(asset)
        winners.append(process(asset.pk))

    monkeypatch.setattr(pipeline, "_upload", lose_the_lease_after_the_upload)
    assert not process(asset.pk)
    assert winners == [True]
    asset.refresh_from_db()
    assert (asset.state, asset.attempt) == (AssetState.READY, 2)
    assert Ladder.objects.get() == asset.ladder
    stored = storage.list_keys(Bucket.STAGING, f"{asset.uuid}/")
    assert len(stored) == asset.ladder.files.count()
    assert all(key.startswith(asset.ladder.prefix) for key in stored)


def test_a_worker_that_lost_its_lease_hears_of_it_at_the_next_beat() -> None:
    asset = ingest(io.BytesIO(b"x"), name="x.mp4")
    first = claim(asset.pk)
    expire(asset)
    second = claim(asset.pk)
    assert first is not None
    assert second is not None
    second.beat("probe", 7)
    with pytest.raises(MediaError) as caught:
        first.beat("encode", 10)
    assert caught.value.code == ErrorCode.LEASE_LOST
    asset.refresh_from_db()
    assert (asset.attempt, asset.stage) == (2, "probe")


def test_a_failure_is_tried_again_later_and_given_up_visibly_after_the_last(
    clip: Clip, settings: Any
) -> None:
    asset = waiting(clip)
    settings.FFMPEG = "/bin/false"
    for failures in (1, 2):
        assert not process(asset.pk)
        asset.refresh_from_db()
        assert (asset.state, asset.failures) == (AssetState.UPLOADED, failures)
        assert asset.lease_until > timezone.now()
        assert claim(asset.pk) is None
        assert describe(asset).message
        expire(asset)
    process(asset.pk)
    asset.refresh_from_db()
    assert (asset.state, asset.message_code) == (AssetState.FAILED, ErrorCode.TOOL_FAILED)
    assert "status 1" in asset.error_detail
    assert describe(asset).can_retry
    assert claim(asset.pk) is None

    settings.FFMPEG = ""
    retry(asset)
    assert process(asset.pk)
    asset.refresh_from_db()
    assert (asset.state, asset.failures, asset.error_detail) == (AssetState.READY, 0, "")


def test_what_ffmpeg_said_is_kept(clip: Clip, settings: Any, tmp_path: Path) -> None:
    tool = tmp_path / "ffmpeg"
    tool.write_text("#!/bin/sh\necho 'x264 is out of paint' >&2\nexit 7\n")
    tool.chmod(0o755)
    asset = waiting(clip)
    settings.FFMPEG = str(tool)
    process(asset.pk)
    asset.refresh_from_db()
    assert "x264 is out of paint" in asset.error_detail


def test_a_file_that_kills_its_workers_does_not_do_so_for_ever(settings: Any) -> None:
    asset = ingest(io.BytesIO(b"x"), name="x.mp4")
    for _ in range(settings.MEDIA_MAX_FAILURES):
        assert claim(asset.pk) is not None
        expire(asset)
    assert claim(asset.pk) is None
    asset.refresh_from_db()
    assert (asset.state, asset.message_code) == (AssetState.FAILED, ErrorCode.WORKER_DIED)


def test_an_original_that_storage_spoilt_is_never_encoded(clip: Clip) -> None:
    asset = waiting(clip)
    storage.put_bytes(
        Bucket.ORIGINALS, asset.original_key, b"other bytes", content_type="video/mp4"
    )
    process(asset.pk)
    asset.refresh_from_db()
    assert (asset.state, asset.message_code) == (AssetState.UPLOADED, ErrorCode.CHECKSUM)


def test_a_worker_asked_to_end_gives_the_work_back_uncounted(clip: Clip) -> None:
    asset = waiting(clip)
    lease.stopping.set()
    try:
        assert not process(asset.pk)
    finally:
        lease.stopping.clear()
    asset.refresh_from_db()
    assert (asset.state, asset.failures, asset.lease_until) == (AssetState.UPLOADED, 0, None)
    assert process(asset.pk)


def test_what_an_earlier_attempt_left_in_staging_goes_after_the_success(
    clip: Clip, django_capture_on_commit_callbacks: Any
) -> None:
    asset = waiting(clip)
    claim(asset.pk)
    left = f"{asset.uuid}/{asset.sha256[:16]}-h264-1-1/144p.mp4"
    storage.put_bytes(Bucket.STAGING, left, b"half", content_type="video/mp4")
    expire(asset)
    with django_capture_on_commit_callbacks(execute=True):
        process(asset.pk)
    assert storage.head(Bucket.STAGING, left) is None


def test_storage_that_fails_after_the_asset_is_ready_takes_nothing_away(
    clip: Clip, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asset = waiting(clip)
    with django_capture_on_commit_callbacks(execute=True):
        process(asset.pk)
        monkeypatch.setattr(pipeline, "discard_older_attempts", _fail)
    asset.refresh_from_db()
    assert asset.state == AssetState.READY
    monkeypatch.undo()
    pipeline._give_up(
        lease.Lease(asset.pk, asset.attempt, "late", None),
        asset.ladder.prefix,
        MediaError(ErrorCode.STORAGE, "down"),
    )
    asset.refresh_from_db()
    assert asset.state == AssetState.READY
    stored = storage.list_keys(Bucket.STAGING, asset.ladder.prefix)
    assert len(stored) == asset.ladder.files.count()


def _fail(*arguments: Any) -> None:
    raise MediaError(ErrorCode.STORAGE, "down")


def test_reconcile_leaves_a_live_worker_alone_and_calls_another_after_its_end() -> None:
    asset = ingest(io.BytesIO(b"x"), name="x.mp4")
    claim(asset.pk)
    assert reconcile().enqueued == ()
    expire(asset)
    assert reconcile().enqueued == (asset.pk,)


def test_reconcile_removes_working_folders_of_the_dead_only(settings: Any) -> None:
    asset = ingest(io.BytesIO(b"x"), name="x.mp4")
    claim(asset.pk)
    work = settings.STATE_DIR / "work"
    for name in (f"{asset.pk}-1", f"{asset.pk}-0", "999-3"):
        (work / name).mkdir(parents=True)
    assert reconcile().folders_removed == 2
    assert [folder.name for folder in work.iterdir()] == [f"{asset.pk}-1"]
