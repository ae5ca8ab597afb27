"""Clips and a store of its own for every test of the media pipeline."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cms.embedded.object_storage import RunningStore
from cms.media import samples, storage, tools
from cms.media.interface import ingest
from cms.media.pipeline import process
from cms.media.storage import Bucket, setup_storage
from content_models.models import Asset

REAL = Path(__file__).resolve().parents[4] / "shared" / "media"

# What stands in where the real clips are not: same shape and sound.
STAND_INS = {
    "street-traffic.mp4": samples.Sample(
        name="street-traffic.mp4",
        picture="testsrc2",
        sound=samples.VOICE,
        width=768,
        height=432,
        seconds=8,
    ),
    "counter-no-audio.mp4": samples.Sample(
        name="counter-no-audio.mp4",
        picture="testsrc2",
        sound=None,
        width=640,
        height=360,
        rate=30,
        seconds=8,
    ),
    "rabbit.mp4": samples.Sample(
        name="rabbit.mp4",
        picture="mandelbrot",
        sound=samples.TONE,
        width=720,
        height=480,
        rate=30,
        seconds=8,
    ),
}

Clip = Callable[..., Path]


def processed(path: Path) -> Asset:
    """A file of this machine taken in and worked on, until it is ready or refused."""
    with path.open("rb") as file:
        asset = ingest(file, name=path.name)
    process(asset.pk)
    asset.refresh_from_db()
    return asset


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A whole clip by name: the real one, which CI must have, else one drawn in its shape."""
    folder = tmp_path_factory.mktemp("clips")

    def find(name: str) -> Path:
        real = REAL / name
        if real.exists():
            return real
        assert os.environ.get("CI") != "true", f"{real} is required in CI"
        drawn = folder / name
        return drawn if drawn.exists() else samples.make(STAND_INS[name], folder)

    return find


@pytest.fixture
def clip(clips: Callable[[str], Path], tmp_path: Path) -> Clip:
    """The first seconds of a clip, cut fresh, with any ffmpeg output options."""

    def cut(name: str, *options: str, seconds: float = 3, to: str = "", before: Any = ()) -> Path:
        target = tmp_path / (to or f"cut-{name}")
        chosen = options or ("-c", "copy")
        ffmpeg(*before, "-i", clips(name), "-t", seconds, *chosen, target)
        return target

    return cut


def ffmpeg(*arguments: Any) -> None:
    """Run ffmpeg on test material; fails with its words."""
    command = [tools.ffmpeg(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def store(object_storage: RunningStore, settings: Any, tmp_path: Path) -> Iterator[RunningStore]:
    """The store with buckets of this test's own, and a state folder of its own."""
    settings.S3_ENDPOINT_URL = object_storage.endpoint_url
    settings.S3_ACCESS_KEY_ID = object_storage.access_key
    settings.S3_SECRET_ACCESS_KEY = object_storage.secret_key
    settings.S3_BUCKET_PREFIX = f"test{secrets.token_hex(4)}"
    settings.MEDIA_BASE_URL = f"{object_storage.endpoint_url}/{settings.S3_BUCKET_PREFIX}-media"
    settings.MEDIA_CORS_ORIGINS = ["http://site.example"]
    settings.STATE_DIR = tmp_path / "state"
    names = setup_storage()
    yield object_storage
    # Every bucket holds volumes of the store, of which there are not many.
    for bucket, name in zip(Bucket, names, strict=True):
        storage.delete_prefix(bucket, "")
        storage.client().delete_bucket(Bucket=name)
