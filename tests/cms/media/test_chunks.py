"""What is finished of a long original is stored, and no later attempt makes it again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from cms.media import chunks, keys, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import collect_leftovers, ingest
from cms.media.job import Job
from cms.media.pipeline import process
from cms.media.storage import Bucket
from content_models.models import Asset, AssetState, Chunk
from tests.cms.media import corpus
from tests.cms.media.ladders import ready_asset

pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]


def shelf(asset: Asset, attempt: int = 1) -> chunks.Shelf:
    made = chunks.Shelf(asset, attempt, lambda count: None)
    made.open("h264-2-abc")
    return made


def part(folder: Path, content: bytes = b"pictures") -> list[Path]:
    folder.mkdir(exist_ok=True)
    files = [folder / "144p.mp4", folder / "240p.mp4"]
    for file in files:
        file.write_bytes(content + file.name.encode())
    return files


@pytest.fixture
def asset() -> Asset:
    return ready_asset()


def test_a_kept_part_comes_back_byte_for_byte(asset: Asset, tmp_path: Path) -> None:
    shelf(asset).keep(0, part(tmp_path / "made"))
    folder = tmp_path / "fetched"
    folder.mkdir()
    assert shelf(asset, attempt=2).fetch(0, folder)
    for file in part(tmp_path / "made"):
        assert (folder / file.name).read_bytes() == file.read_bytes()
    assert not shelf(asset).fetch(1, folder)
    other = shelf(asset)
    other.open("h264-2-def")
    assert not other.fetch(0, folder)


@pytest.mark.parametrize("accident", ["lost", "spoilt"])
def test_a_part_that_the_store_lost_or_spoilt_is_made_again(
    asset: Asset, tmp_path: Path, accident: str
) -> None:
    shelf(asset).keep(0, part(tmp_path / "made"))
    key = Chunk.objects.get().prefix + "240p.mp4"
    if accident == "lost":
        storage.delete(Bucket.STAGING, [key])
    else:
        storage.put_bytes(Bucket.STAGING, key, b"PICTURES240p.mp4", content_type="video/mp4")
    folder = tmp_path / "fetched"
    folder.mkdir()
    assert not shelf(asset).fetch(0, folder)
    assert list(folder.iterdir()) == []
    assert not Chunk.objects.exists()
    shelf(asset, attempt=2).keep(0, part(tmp_path / "made"))
    assert shelf(asset).fetch(0, folder)


def test_two_workers_who_made_the_same_part_leave_one(asset: Asset, tmp_path: Path) -> None:
    before = len(storage.list_keys(Bucket.STAGING, keys.asset_prefix(asset.uuid)))
    for attempt in (1, 2):
        shelf(asset, attempt).keep(0, part(tmp_path / "made"))
    assert Chunk.objects.get().prefix.endswith("-0-1/")
    assert len(storage.list_keys(Bucket.STAGING, keys.asset_prefix(asset.uuid))) == before + 2
    assert chunks.forget(asset) == 1
    assert len(storage.list_keys(Bucket.STAGING, keys.asset_prefix(asset.uuid))) == before


def test_parts_of_what_is_settled_or_of_no_row_are_swept(asset: Asset, tmp_path: Path) -> None:
    from datetime import timedelta

    shelf(asset).keep(0, part(tmp_path / "made"))
    stray = keys.chunk_prefix(asset.uuid, asset.sha256, "h264-2-abc", 7, 1) + "144p.mp4"
    storage.put_bytes(Bucket.STAGING, stray, b"pictures", content_type="video/mp4")
    failed = ready_asset()
    Asset.objects.filter(pk=failed.pk).update(state=AssetState.FAILED)
    shelf(failed).keep(0, part(tmp_path / "made"))
    collect_leftovers(age=timedelta(0), age_of_originals=timedelta(days=1))
    # What failed may be tried again, from where it was.
    assert Chunk.objects.get().asset_id == failed.pk
    kept = [key for key in storage.list_keys(Bucket.STAGING, "") if "/chunks/" in key]
    assert all(key.startswith(str(failed.uuid)) for key in kept)
    assert len(kept) == 2


@pytest.mark.ffmpeg
def test_work_that_was_cut_off_goes_on_behind_the_last_finished_part(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_CHUNK_FROM_SECONDS = 5
    settings.MEDIA_CHUNK_SECONDS = 6
    source = corpus.draw("long.mp4", seconds=13)(tmp_path)
    with source.open("rb") as file:
        asset = ingest(file, name="long.mp4")

    def stop(job: Job) -> None:
        if Chunk.objects.count() == 2:
            raise MediaError(ErrorCode.STOPPED, "The worker was asked to end.")

    with monkeypatch.context() as patched:
        patched.setattr(Job, "between", stop)
        process(asset.pk)
    asset.refresh_from_db()
    assert asset.state == AssetState.UPLOADED
    kept = dict(Chunk.objects.values_list("number", "prefix"))
    assert sorted(kept) == [0, 1]

    made: list[int] = []
    keep = chunks.Shelf.keep

    def noted(self: chunks.Shelf, number: int, files: list[Path]) -> None:
        made.append(number)
        keep(self, number, files)

    monkeypatch.setattr(chunks.Shelf, "keep", noted)
    process(asset.pk)
    asset.refresh_from_db()
    assert asset.state == AssetState.READY, asset.error_detail
    # The third stretch and the sound.
    assert made == [2, 3]
    chunks.forget(asset)
    assert not [key for key in storage.list_keys(Bucket.STAGING, "") if "/chunks/" in key]
    assert asset.ladder is not None
    for stored in asset.ladder.files.select_related("ladder"):
        data = b"".join(storage.read(Bucket.STAGING, stored.key))
        assert hashlib.sha256(data).hexdigest() == stored.sha256
