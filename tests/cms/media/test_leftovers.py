"""What died before its row was written is found by listing, a day later, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from cms.media import keys, leftovers, storage
from cms.media.interface import Collected, collect_leftovers, promote
from cms.media.storage import Bucket, put_bytes
from content_models.models import Asset, AssetState, Ladder
from tests.cms.media.ladders import ready_asset

pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]

NOW = timedelta(0)
NOTHING = Collected(originals=0, staging=0, media=0, transfers=0)


def collect() -> Collected:
    return collect_leftovers(age=NOW, age_of_originals=NOW)


def put(bucket: Bucket, key: str) -> str:
    put_bytes(bucket, key, b"data", content_type="application/octet-stream")
    return key


def broken_transfer() -> None:
    """An upload in parts whose process was killed after the first of them."""
    name = storage.bucket_name(Bucket.ORIGINALS)
    key = keys.original(uuid4())
    begun = storage.client().create_multipart_upload(Bucket=name, Key=key)
    storage.client().upload_part(
        Bucket=name, Key=key, UploadId=begun["UploadId"], PartNumber=1, Body=b"x" * 1024
    )


def test_only_what_belongs_to_nothing_is_deleted() -> None:
    asset = ready_asset(attempt=3)
    promote(asset.ladder)
    kept = {bucket: set(storage.list_keys(bucket, "")) for bucket in Bucket}
    put(Bucket.ORIGINALS, keys.original(uuid4()))
    put(Bucket.STAGING, keys.ladder_prefix(asset.uuid, asset.sha256, 2) + "144p.mp4")
    put(Bucket.MEDIA, keys.ladder_prefix(uuid4(), asset.sha256, 1) + "144p.mp4")
    broken_transfer()
    found = collect()
    assert found == Collected(originals=1, staging=1, media=1, transfers=1)
    assert {bucket: set(storage.list_keys(bucket, "")) for bucket in Bucket} == kept
    assert collect() == NOTHING


def test_nothing_younger_than_a_day_is_touched() -> None:
    put(Bucket.ORIGINALS, keys.original(uuid4()))
    broken_transfer()
    assert collect_leftovers() == NOTHING
    assert len(storage.list_keys(Bucket.ORIGINALS, "")) == 1


def test_the_attempt_under_way_keeps_its_files() -> None:
    asset = ready_asset(attempt=1)
    Asset.objects.filter(pk=asset.pk).update(state=AssetState.PROCESSING, attempt=2)
    current = put(Bucket.STAGING, keys.ladder_prefix(asset.uuid, asset.sha256, 2) + "144p.mp4")
    assert collect() == NOTHING
    assert current in storage.list_keys(Bucket.STAGING, "")


def test_public_files_of_an_asset_deleted_by_hand_go() -> None:
    asset = ready_asset()
    promote(asset.ladder)
    Ladder.objects.all().delete()
    assert collect().media == 2
    assert not [key for key in storage.list_keys(Bucket.MEDIA, "") if key.endswith("mp4")]


def test_originals_without_a_row_stay_a_month_for_whoever_restored_a_backup() -> None:
    key = put(Bucket.ORIGINALS, keys.original(uuid4()))
    assert collect_leftovers(age=NOW) == NOTHING
    assert storage.list_keys(Bucket.ORIGINALS, "") == [key]


@pytest.mark.parametrize("bucket", [Bucket.ORIGINALS, Bucket.STAGING, Bucket.MEDIA])
def test_the_database_of_another_platform_deletes_nothing(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Or an empty one, while the real one is still being restored."""
    monkeypatch.setitem(leftovers.FEW, bucket, 2)
    made = [_stray(bucket) for _ in range(3)]
    assert collect() == NOTHING
    assert sorted(storage.list_keys(bucket, "")) == sorted(made)
    assert "3 of 3 objects in" in caplog.text
    assert "DATABASE_URL" in caplog.text


def _stray(bucket: Bucket) -> str:
    asset = uuid4()
    if bucket == Bucket.ORIGINALS:
        return put(bucket, keys.original(asset))
    return put(bucket, keys.ladder_prefix(asset, "0" * 64, 1) + "144p.mp4")
