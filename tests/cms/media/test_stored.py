"""What storage keeps is what was made, or the asset is not ready."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from django.utils import timezone

from cms.embedded import object_storage
from cms.media import pipeline, storage, stored
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import ingest
from cms.media.pipeline import process
from cms.media.products import Made
from cms.media.storage import Bucket
from content_models.models import Asset, AssetState, Ladder
from tests.cms.media.conftest import Clip
from tests.cms.media.test_faulty_store import Request, faulty, losing, refusing, spoiling

pytestmark = [
    pytest.mark.any_database,
    pytest.mark.django_db,
    pytest.mark.storage,
    pytest.mark.ffmpeg,
    pytest.mark.usefixtures("store"),
]


def truncating(client: BaseClient, name: str, given: dict[str, Any], request: Request) -> Any:
    """Says that it did it, and keeps the first half."""
    answer = request()
    kept = client.get_object(Bucket=given["Bucket"], Key=given["Key"])["Body"].read()
    client.put_object(Bucket=given["Bucket"], Key=given["Key"], Body=kept[: len(kept) // 2])
    return answer


def upload(clip: Clip) -> Asset:
    with clip("rabbit.mp4", "-vf", "scale=192:108", seconds=1).open("rb") as file:
        return ingest(file, name="rabbit.mp4")


def try_again(asset: Asset) -> bool:
    Asset.objects.filter(pk=asset.pk).update(lease_until=timezone.now())
    return process(asset.pk)


def is_whole(asset: Asset) -> None:
    """Ready, and storage has every byte that the rows speak of, and no other."""
    asset.refresh_from_db()
    assert asset.state == AssetState.READY, asset.error_detail
    keys = set()
    for file in asset.ladder.files.select_related("ladder"):
        data = b"".join(storage.read(Bucket.STAGING, file.key))
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
        keys.add(file.key)
    assert set(storage.list_keys(Bucket.STAGING, asset.ladder.prefix)) == keys


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (refusing, ErrorCode.STORAGE),
        (losing, ErrorCode.STORAGE),
        (spoiling, ErrorCode.CHECKSUM),
        (truncating, ErrorCode.CHECKSUM),
    ],
)
def test_a_store_that_keeps_other_bytes_than_it_was_given_makes_no_asset_ready(
    clip: Clip, fault: Callable[..., Any], code: ErrorCode
) -> None:
    asset = upload(clip)
    with faulty(fault, ("PutObject",), 3) as counted:
        assert not process(asset.pk)
    assert len(counted) == 3
    asset.refresh_from_db()
    assert (asset.state, asset.message_code) == (AssetState.UPLOADED, code)
    assert asset.failures == (code == ErrorCode.CHECKSUM)
    assert not Ladder.objects.exists()
    assert storage.list_keys(Bucket.STAGING, f"{asset.uuid}/") == []
    assert try_again(asset)
    is_whole(asset)


def test_what_is_lost_or_spoilt_after_it_was_read_back_is_found_before_the_asset_is_ready(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = upload(clip)
    verify = stored.verify_stored
    told: list[str] = []

    def spoil(prefix: str, made: Made, **options: Any) -> None:
        """Each of these is put in the place of what was stored, and must be noticed."""
        film = b"".join(storage.read(Bucket.STAGING, f"{prefix}108p.mp4"))
        sound = b"".join(storage.read(Bucket.STAGING, f"{prefix}audio.m4a"))
        playlist = b"".join(storage.read(Bucket.STAGING, f"{prefix}108p.m3u8"))
        cases = {
            "108p.mp4": (film[: len(film) // 2], film[:100], sound, b"\0" * len(film), None),
            "audio.m4a": (film,),
            "108p.m3u8": (
                b"<Error/>",
                playlist.replace(b"108p.mp4", b"999p.mp4"),
                playlist.replace(b"@", b"@9"),
                re.sub(rb"@(\d+)", lambda found: b"@%d" % (int(found[1]) + 1), playlist),
            ),
            "master.m3u8": (b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nother.m3u8\n",),
        }
        for name, wrong in cases.items():
            for data in wrong:
                right = b"".join(storage.read(Bucket.STAGING, prefix + name))
                if data is None:
                    storage.delete(Bucket.STAGING, [prefix + name])
                else:
                    storage.put_bytes(Bucket.STAGING, prefix + name, data, content_type="x/y")
                with pytest.raises(MediaError) as caught:
                    verify(prefix, made, **options)
                assert caught.value.code in {ErrorCode.OUTPUT_INVALID, ErrorCode.STORAGE}
                assert name in str(caught.value)
                told.append(str(caught.value))
                storage.put_bytes(Bucket.STAGING, prefix + name, right, content_type="x/y")
        verify(prefix, made, **options)
        storage.put_bytes(Bucket.STAGING, f"{prefix}108p.mp4", sound, content_type="video/mp4")
        verify(prefix, made, **options)

    monkeypatch.setattr(pipeline, "verify_stored", spoil)
    assert not process(asset.pk)
    assert len(told) == 11
    asset.refresh_from_db()
    assert (asset.state, asset.message_code) == (AssetState.UPLOADED, ErrorCode.OUTPUT_INVALID)
    assert storage.list_keys(Bucket.STAGING, f"{asset.uuid}/") == []


def test_sound_or_picture_that_is_too_short_in_storage_is_not_ready(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = upload(clip)
    verify = stored.verify_stored

    def of_longer_source(prefix: str, made: Made, **options: Any) -> None:
        verify(prefix, _replaced(made, duration=made.duration + 1.5), **options)
        verify(prefix, _replaced(made, duration=made.duration + 2.5), **options)

    monkeypatch.setattr(pipeline, "verify_stored", of_longer_source)
    assert not process(asset.pk)
    asset.refresh_from_db()
    assert "instead of 3.5 s" in asset.error_detail


def _replaced(made: Made, **values: Any) -> Made:
    return replace(made, **values)


def test_a_store_that_dies_while_a_ladder_goes_up_costs_nothing_but_time(
    clip: Clip, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    put, died = storage.put_file, []
    folder = tmp_path / "own"
    with object_storage.running(folder) as store, using(settings, store):
        storage.setup_storage()
        asset = upload(clip)

        def put_and_die(*arguments: Any, **options: Any) -> None:
            put(*arguments, **options)
            if not died:
                store.process.kill()
                died.append(store.process.wait())

        monkeypatch.setattr(storage, "put_file", put_and_die)
        assert not process(asset.pk)
        asset.refresh_from_db()
        assert died
        assert (asset.state, asset.message_code) == (AssetState.UPLOADED, ErrorCode.STORAGE)
        assert asset.failures == 0
        # However often it is tried meanwhile.
        for _ in range(settings.MEDIA_MAX_FAILURES):
            assert not try_again(asset)
        asset.refresh_from_db()
        assert (asset.state, asset.failures) == (AssetState.UPLOADED, 0)
        assert (asset.lease_until - timezone.now()).total_seconds() > 300
    with object_storage.running(folder, store.ports) as store, using(settings, store):
        # It answers before it knows again where everything lies.
        deadline = time.monotonic() + 60
        while not try_again(asset):
            assert time.monotonic() < deadline
            time.sleep(0.5)
        is_whole(asset)


def test_a_store_that_is_down_for_days_is_told_of(clip: Clip, settings: Any) -> None:
    asset = upload(clip)
    Asset.objects.update(queued_at=timezone.now() - timedelta(days=3))
    address, settings.S3_ENDPOINT_URL = settings.S3_ENDPOINT_URL, "http://127.0.0.1:1"
    for _ in range(settings.MEDIA_MAX_FAILURES):
        assert not try_again(asset)
    settings.S3_ENDPOINT_URL = address
    asset.refresh_from_db()
    assert (asset.state, asset.message_code) == (AssetState.FAILED, ErrorCode.STORAGE)


@contextmanager
def using(settings: Any, store: object_storage.RunningStore) -> Iterator[None]:
    """Another store, until the block ends."""
    chosen = {
        "S3_ENDPOINT_URL": store.endpoint_url,
        "S3_ACCESS_KEY_ID": store.access_key,
        "S3_SECRET_ACCESS_KEY": store.secret_key,
    }
    before = {name: getattr(settings, name) for name in chosen}
    try:
        for name, value in chosen.items():
            setattr(settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(settings, name, value)
