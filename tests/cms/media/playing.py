"""Plays what the encoder made, as a player would: pictures and samples, not metadata."""

from __future__ import annotations

import array
import json
import math
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from cms.media import encode as encoding
from cms.media import judge, ladder, tools
from cms.media.probe import Probe, Unreadable, probe
from cms.media.products import Made
from cms.media.verify import verify

HEARD_RATE = 16_000


@dataclass(frozen=True, kw_only=True)
class Played:
    """All pictures of a rendition, evenly spaced, and its first channel of sound from −1 to 1."""

    pictures: list[Image.Image]
    rate: float
    samples: list[float]

    @property
    def seconds(self) -> float:
        return len(self.pictures) / self.rate

    @property
    def seconds_of_sound(self) -> float:
        return len(self.samples) / HEARD_RATE

    @property
    def middle(self) -> Image.Image:
        return self.pictures[len(self.pictures) // 2]

    @property
    def level(self) -> float:
        """Root mean square of the sound, in dB of full scale."""
        power = sum(sample * sample for sample in self.samples) / max(1, len(self.samples))
        return 10 * math.log10(max(power, 1e-12))

    def pitch(self) -> float:
        """Cycles a second, counted where the sound crosses zero upwards."""
        crossings = sum(
            before < 0 <= after
            for before, after in zip(self.samples, self.samples[1:], strict=False)
        )
        return crossings / self.seconds_of_sound


def look(path: Path, *wanted: str) -> dict[str, Any]:
    """What ffprobe says of a file, which must be without fault."""
    return json.loads(_run(tools.ffprobe(), "-v", "error", *wanted, "-of", "json", str(path)))


def play(path: Path, *, every: int = 1) -> Played:
    """Decode a file, or a playlist beside its file, to the end; keep one picture of so many."""
    streams = look(path, "-show_streams")["streams"]
    picture = next(stream for stream in streams if stream["codec_type"] == "video")
    width, height = picture["width"], picture["height"]
    rate = eval_rate(picture["r_frame_rate"])
    raw = _decode(
        path,
        "-map",
        "0:v:0",
        "-vf",
        f"select=not(mod(n\\,{every}))",
        "-fps_mode",
        "passthrough",
        "-pix_fmt",
        "rgb24",
    )
    size = width * height * 3
    pictures = [
        Image.frombytes("RGB", (width, height), raw[at : at + size])
        for at in range(0, len(raw), size)
    ]
    heard = array.array("f")
    if any(stream["codec_type"] == "audio" for stream in streams):
        heard.frombytes(
            _decode(
                path,
                *("-map", "0:a:0", "-af", "pan=mono|c0=c0", "-ar", str(HEARD_RATE)),
                as_="f32le",
            )
        )
    return Played(pictures=pictures, rate=rate / every, samples=heard.tolist())


def eval_rate(ratio: str) -> float:
    numerator, _, denominator = ratio.partition("/")
    return int(numerator) / int(denominator or 1)


def loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness (LUFS) and true peak (dBTP), by ffmpeg's own meter."""
    command = [tools.ffmpeg(), "-nostdin", "-hide_banner", "-nostats", "-i", str(path)]
    command += ["-map", "0:a:0", "-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    integrated = re.findall(r"I:\s+(-?[\d.]+) LUFS", done.stderr)
    peaks = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", done.stderr)
    return float(integrated[-1]), float(peaks[-1])


def examined(source: Path) -> tuple[Probe | Unreadable, judge.Verdict]:
    """What the pipeline finds, and how it judges."""
    size = judge.judge_size(source.stat().st_size)
    found = probe(source)
    return found, judge.judge(found) if size.accepted else size


def encoded(source: Path, folder: Path, **options: Any) -> tuple[Made, ladder.Plan]:
    """The whole ladder of an accepted original, made and verified as the worker does it."""
    found, verdict = examined(source)
    assert isinstance(found, Probe), found
    assert verdict.accepted, verdict
    plan = ladder.plan(found, economy=options.pop("economy", False))
    folder.mkdir(exist_ok=True)
    heard: Callable[[float], None] = options.pop("on_share", lambda share: None)
    made = encoding.encode(source, folder, found, plan, on_share=heard, **options)
    verify(folder, made, plan, tick=lambda: None)
    return made, plan


def _decode(path: Path, *options: str, as_: str = "rawvideo") -> bytes:
    command = [tools.ffmpeg(), "-nostdin", "-v", "error", "-allowed_extensions", "ALL"]
    if path.suffix != ".m3u8":
        del command[-2:]
    command += ["-i", str(path), *options, "-f", as_, "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert not done.stderr, done.stderr.decode()
    return done.stdout


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout
