"""A setting that this machine cannot follow is refused at the start, in words."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest

from cms.media.checks import BOUNDS, NO_AV1, bounds, encoders

pytestmark = pytest.mark.ffmpeg


def test_the_economy_set_can_be_made_with_the_ffmpeg_that_comes_along(settings: Any) -> None:
    settings.MEDIA_AV1 = True
    assert encoders() == []


def test_an_ffmpeg_without_the_encoder_is_refused_only_if_that_is_wanted(
    settings: Any, tmp_path: Path
) -> None:
    bare = tmp_path / "ffmpeg"
    bare.write_text("#!/bin/sh\necho 'Codec libsvtav1 is not recognized by FFmpeg.' >&2\n")
    bare.chmod(bare.stat().st_mode | stat.S_IXUSR)
    settings.FFMPEG = str(bare)
    assert encoders() == []
    settings.MEDIA_AV1 = True
    (found,) = encoders()
    assert found.id == NO_AV1
    assert str(bare) in found.msg
    assert "MEDIA_AV1" in found.hint


@pytest.mark.parametrize("name", BOUNDS)
def test_a_number_that_would_lose_files_is_refused_by_its_name(name: str, settings: Any) -> None:
    assert bounds() == []
    for value in (-1e9, float("nan"), 1e15):
        setattr(settings, name, value)
        (found,) = bounds()
        assert name in found.msg
        assert name in found.hint


def test_a_missing_ffmpeg_is_told_too(settings: Any) -> None:
    settings.MEDIA_AV1 = True
    settings.FFMPEG = "/nowhere/ffmpeg"
    (found,) = encoders()
    assert "/nowhere/ffmpeg" in found.msg or "FFMPEG" in found.msg
