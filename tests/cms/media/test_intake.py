"""An upload is safe before it is acknowledged."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import translation
from wagtail.models import Collection

from cms.media import storage
from cms.media.interface import MediaError, describe, ingest, original_url
from cms.media.storage import Bucket
from cms.media.tasks import process_asset
from content_models.models import Asset, AssetState
from tests.cms.media.conftest import Clip

pytestmark = [pytest.mark.django_db, pytest.mark.storage, pytest.mark.usefixtures("store")]

DATA = b"not really a film " * 4000


def test_the_original_is_stored_hashed_and_queued_after_the_commit(
    django_capture_on_commit_callbacks: Any,
) -> None:
    collection = Collection.get_first_root_node().add_child(name="Polda Jawa Barat")
    with django_capture_on_commit_callbacks() as callbacks:
        asset = ingest(
            io.BytesIO(DATA), name="C:\\DCIM\\kejadian.mp4", title="Kejadian", collection=collection
        )
    assert len(callbacks) == 1
    assert asset.state == AssetState.UPLOADED
    assert (asset.size, asset.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert (asset.original_name, asset.title) == ("kejadian.mp4", "Kejadian")
    assert asset.collection == collection
    assert b"".join(storage.read(Bucket.ORIGINALS, asset.original_key)) == DATA


def test_an_empty_file_is_refused_at_once_and_kept(
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        asset = ingest(io.BytesIO(b""), name="kosong.mp4")
    assert callbacks == []
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, "empty")
    with translation.override("en"):
        assert "0 bytes" in describe(asset).message
    assert storage.head(Bucket.ORIGINALS, asset.original_key) is not None


def test_a_file_over_the_limit_leaves_neither_row_nor_object(settings: Any) -> None:
    settings.MEDIA_MAX_UPLOAD_BYTES = 1000
    with pytest.raises(MediaError, match="MEDIA_MAX_UPLOAD_BYTES"):
        ingest(io.BytesIO(DATA), name="besar.mp4")
    assert not Asset.objects.exists()
    assert storage.list_keys(Bucket.ORIGINALS, "") == []


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[float]]:
    """Lets the database refuse the next so many rows; returns the pauses that were made."""

    def refuse(times: int) -> list[float]:
        left, pauses = [times], list[float]()
        insert = Asset.save_base

        def locked(asset: Asset, *args: Any, **kwargs: Any) -> None:
            if left[0]:
                left[0] -= 1
                raise OperationalError("database is locked")
            insert(asset, *args, **kwargs)

        monkeypatch.setattr(Asset, "save_base", locked)
        monkeypatch.setattr("cms.media.intake.time.sleep", pauses.append)
        return pauses

    return refuse


def test_an_upload_outlasts_a_busy_database(
    busy: Callable[[int], list[float]], django_capture_on_commit_callbacks: Any
) -> None:
    pauses = busy(3)
    with django_capture_on_commit_callbacks() as callbacks:
        asset = ingest(io.BytesIO(DATA), name="kejadian.mp4")
    assert len(callbacks) == 1
    assert Asset.objects.get() == asset
    assert b"".join(storage.read(Bucket.ORIGINALS, asset.original_key)) == DATA
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


def test_an_upload_that_is_never_recorded_leaves_nothing_and_says_so(
    busy: Callable[[int], list[float]],
) -> None:
    busy(100)
    with pytest.raises(MediaError, match=r"kejadian\.mp4.*upload it again"):
        ingest(io.BytesIO(DATA), name="kejadian.mp4")
    assert not Asset.objects.exists()
    assert storage.list_keys(Bucket.ORIGINALS, "") == []


def test_a_queue_that_fails_does_not_undo_an_upload(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    enqueue = type(process_asset).enqueue

    def fail(task: Any, *args: Any) -> Any:
        if task == process_asset:
            raise OperationalError("database is locked")
        return enqueue(task, *args)

    monkeypatch.setattr(type(process_asset), "enqueue", fail)
    with django_capture_on_commit_callbacks(execute=True):
        asset = ingest(io.BytesIO(DATA), name="kejadian.mp4")
    assert Asset.objects.get() == asset
    assert storage.head(Bucket.ORIGINALS, asset.original_key) is not None


def test_memory_does_not_grow_with_the_file() -> None:
    class Zeros(io.RawIOBase):
        def __init__(self, size: int) -> None:
            self.left = size

        def read(self, size: int = -1) -> bytes:
            taken = self.left if size < 0 else min(size, self.left)
            self.left -= taken
            return bytes(taken)

    peaks = []
    for megabytes in (120, 240):
        tracemalloc.start()
        ingest(Zeros(megabytes * 1024 * 1024), name="panjang.mp4")  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 + 20 * 1024 * 1024


def test_the_original_downloads_under_its_own_name() -> None:
    asset = ingest(io.BytesIO(DATA), name="kejadian.mp4")
    answer = httpx.get(original_url(asset))
    assert answer.content == DATA
    assert "kejadian.mp4" in answer.headers["content-disposition"]


def test_the_command_takes_a_file_in_and_processes_it(clip: Clip, capsys: Any) -> None:
    path = clip("rabbit.mp4", seconds=1)
    call_command("ingest", str(path), "--title", "Kelinci", "--process")
    asset = Asset.objects.get()
    assert (asset.title, asset.state) == ("Kelinci", AssetState.READY)
    shown = capsys.readouterr()
    assert f"{asset.pk} {asset.uuid} ready" in shown.out
    assert "98 % confirm" in shown.err


def test_the_command_says_why_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "laporan.mp4"
    path.write_text("bukan video")
    with translation.override("en"), pytest.raises(CommandError, match="neither a video"):
        call_command("ingest", str(path), "--process")


def test_the_command_names_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"tidak-ada\.mp4"):
        call_command("ingest", str(tmp_path / "tidak-ada.mp4"))
