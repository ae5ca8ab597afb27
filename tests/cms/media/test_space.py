"""A disk that is full, or promised to others, makes a file wait and nothing worse."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from cms.media import encode, pipeline
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import ingest
from cms.media.pipeline import process
from cms.media.space import promising, require_space
from content_models.models import Asset, AssetState
from tests.cms.media.conftest import Clip

GIGABYTE = 1024**3
MEGABYTE = 1024**2


@pytest.fixture
def ten_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with so much free, whatever this machine's has."""
    usage = shutil.disk_usage("/")._replace(free=10 * GIGABYTE)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def folder(root: Path, name: str) -> Path:
    made = root / name
    made.mkdir()
    return made


def test_a_full_disk_is_told_before_the_work_begins(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        require_space(tmp_path, 10**18)
    assert caught.value.code == ErrorCode.DISK_FULL
    assert str(tmp_path) in str(caught.value)


@pytest.mark.usefixtures("ten_gigabytes")
def test_what_another_worker_was_promised_is_not_free_until_it_ends(tmp_path: Path) -> None:
    first, second = folder(tmp_path, "1-1"), folder(tmp_path, "2-1")
    with promising(second):
        with promising(first):
            require_space(first / "ladder", 6 * GIGABYTE)
            with pytest.raises(MediaError) as caught:
                require_space(second, 6 * GIGABYTE)
            assert "6.4 GB of it promised" in str(caught.value)
            require_space(second, 3 * GIGABYTE)
        require_space(second, 6 * GIGABYTE)


@pytest.mark.usefixtures("ten_gigabytes")
def test_what_was_written_of_a_promise_is_not_counted_twice(tmp_path: Path) -> None:
    first, second = folder(tmp_path, "1-1"), folder(tmp_path, "2-1")
    with promising(first), promising(second):
        require_space(first, 9 * GIGABYTE)
        with (first / "film.mp4").open("wb") as film:
            film.truncate(8 * GIGABYTE)
        # The disk's own figure has these eight in it already.
        require_space(second, 8 * GIGABYTE)


@pytest.mark.usefixtures("ten_gigabytes")
def test_the_promise_to_a_killed_worker_is_void(tmp_path: Path) -> None:
    first, second = folder(tmp_path, "1-1"), folder(tmp_path, "2-1")
    code = (
        "import pathlib, sys, time; from cms.media import space\n"
        "space.RESERVE = 0; folder = pathlib.Path(sys.argv[1])\n"
        "with space.promising(folder):\n"
        "    (folder / space.PROMISE).write_text(str(9 * 1024**3)); print(flush=True)\n"
        "    time.sleep(60)"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code, str(first)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
    )
    assert worker.stdout is not None
    worker.stdout.readline()
    with promising(second):
        with pytest.raises(MediaError):
            require_space(second, 5 * GIGABYTE)
        worker.kill()
        worker.wait()
        require_space(second, 5 * GIGABYTE)
    worker.stdout.close()


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.ffmpeg
@pytest.mark.usefixtures("store")
class TestEncoding:
    """The disk becomes full in the middle of the work."""

    def upload(self, clip: Clip) -> Asset:
        with clip("rabbit.mp4", "-vf", "scale=192:108", seconds=1).open("rb") as file:
            return ingest(file, name="rabbit.mp4")

    def waits(self, asset: Asset) -> None:
        asset.refresh_from_db()
        assert (asset.state, asset.message_code) == (AssetState.UPLOADED, ErrorCode.DISK_FULL)
        assert asset.failures == 0
        assert asset.lease_until > timezone.now()
        assert [one for one in pipeline.work_directory().iterdir() if one.is_dir()] == []

    def try_again(self, asset: Asset) -> bool:
        Asset.objects.filter(pk=asset.pk).update(lease_until=timezone.now())
        return process(asset.pk)

    def test_a_file_waits_for_room_however_often_and_is_made_once_there_is_some(
        self, clip: Clip, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        asset = self.upload(clip)
        full = shutil.disk_usage("/")._replace(free=MEGABYTE)
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "disk_usage", lambda path: full)
            for _ in range(settings.MEDIA_MAX_FAILURES + 1):
                assert not self.try_again(asset)
                self.waits(asset)
        assert self.try_again(asset)

    def test_an_encoder_that_meets_a_full_disk_makes_the_file_wait(
        self, clip: Clip, small_disk: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.STATE_DIR = small_disk
        asset = self.upload(clip)
        nothing_asked = lambda *_: None  # noqa: E731
        for module in (pipeline, encode):
            monkeypatch.setattr(module, "require_space", nothing_asked)
        original = asset.size
        filler = small_disk / "filler"
        free = shutil.disk_usage(small_disk).free
        filler.write_bytes(bytes(free - original - 16 * 1024))
        assert not process(asset.pk)
        self.waits(asset)
        filler.unlink()
        assert self.try_again(asset)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB of its own; only the superuser can make one."""
    mounted = folder(tmp_path, "disk")
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(mounted)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("nobody here may mount a small disk")
    yield mounted
    subprocess.run(["umount", "-l", str(mounted)], check=True)
