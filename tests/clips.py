"""Real footage for tests: the licensed clips beside the project, or generated stand-ins."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

REAL_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "media"


def cut(destination: Path, *, name: str, start: float, seconds: float) -> Path:
    """Cut `seconds` out of a real clip, freshly encoded, so that its bytes are like no other's."""
    source = REAL_CLIPS / name
    if source.exists():
        inputs = ["-ss", str(start), "-i", str(source)]
    elif os.environ.get("CI") == "true":
        pytest.fail(f"CI must have the real clips: {name} is not beside the project.")
    else:
        inputs = ["-f", "lavfi", "-i", "testsrc2=size=768x432:rate=25"]
        inputs += ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y"),
            *inputs,
            *("-t", str(seconds), "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"),
            *("-metadata", f"comment={destination.name}-{os.urandom(8).hex()}"),
            str(destination),
        ],
        check=True,
    )
    return destination
