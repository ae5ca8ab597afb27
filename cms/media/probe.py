"""What ffprobe says of a file, as values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from cms.media import tools
from cms.media.runner import FORMATS, PROTOCOLS, Limits, run

SECONDS = 60.0
SCAN_SECONDS = 1800.0
STILL_CODECS = frozenset({"png", "mjpeg", "gif", "bmp", "webp", "tiff", "jpeg2000", "ansi"})


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """The picture: coded size (pixels), shape of a pixel, clockwise turn (degrees), rates (Hz)."""

    index: int
    codec: str
    width: int
    height: int
    pixel_aspect: Fraction
    rotation: int
    average_rate: Fraction
    base_rate: Fraction
    pixel_format: str
    field_order: str
    transfer: str

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height as seen: pixels made square without losing any, then turned."""
        width, height = Fraction(self.width), Fraction(self.height)
        if self.pixel_aspect > 1:
            width *= self.pixel_aspect
        else:
            height /= self.pixel_aspect
        size = round(width), round(height)
        return size[::-1] if self.rotation % 180 == 90 else size


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """The sound: rate in Hz."""

    index: int
    codec: str
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A container: what it declares (seconds, None if it does not) and what could be read of it."""

    format: str
    size: int
    declared_duration: float | None
    readable_duration: float
    frames: int
    video: VideoStream | None
    audio: AudioStream | None
    audio_streams: int

    @property
    def duration(self) -> float:
        """Seconds; what is readable where nothing is declared."""
        return self.declared_duration or self.readable_duration

    def as_json(self) -> dict[str, Any]:
        """For the asset's `probe` field."""
        return json.loads(json.dumps(asdict(self), default=str))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """ffprobe found no media in the file; `first_bytes` tell what was meant."""

    errors: str
    first_bytes: bytes
    size: int


def probe(path: Path, *, tick: Callable[[], None] = lambda: None) -> Probe | Unreadable:
    """Ask ffprobe for the streams, then read every packet's time; the file stays on this disk."""
    found = _ask(path, ["-show_format", "-show_streams"], tick)
    if found is None or not found.get("streams"):
        with path.open("rb") as file:
            return Unreadable(
                errors="" if found is None else "no streams",
                first_bytes=file.read(64),
                size=path.stat().st_size,
            )
    video = _video(found["streams"])
    audio = [stream for stream in found["streams"] if stream.get("codec_type") == "audio"]
    frames, readable = _scan(path, video.index if video else -1, tick)
    return Probe(
        format=found["format"]["format_name"],
        size=path.stat().st_size,
        declared_duration=_seconds(found["format"].get("duration")),
        readable_duration=readable,
        frames=frames,
        video=video,
        audio=_audio(audio),
        audio_streams=len(audio),
    )


def ask(path: Path) -> dict[str, Any] | None:
    """Format and streams as ffprobe's JSON has them; None if it reads nothing."""
    return _ask(path, ["-show_format", "-show_streams"], lambda: None)


def command(path: Path, wanted: list[str]) -> list[str]:
    """Arguments of ffprobe that can reach nothing but `path`."""
    return [
        tools.ffprobe(),
        "-v",
        "error",
        "-protocol_whitelist",
        PROTOCOLS,
        "-format_whitelist",
        FORMATS,
        *wanted,
        "-i",
        str(path),
    ]


def _ask(path: Path, wanted: list[str], tick: Callable[[], None]) -> dict[str, Any] | None:
    lines: list[str] = []
    outcome = run(
        command(path, [*wanted, "-of", "json"]),
        limits=Limits(seconds=SECONDS),
        on_line=lines.append,
        tick=tick,
    )
    return json.loads("\n".join(lines)) if outcome.succeeded else None


def _scan(path: Path, video_index: int, tick: Callable[[], None]) -> tuple[int, float]:
    """Number of pictures and seconds from first to last moment that the packets reach."""
    frames, start, end = 0, float("inf"), 0.0

    def note(line: str) -> None:
        nonlocal frames, start, end
        index, _, times = line.partition(",")
        moment, _, length = times.partition(",")
        frames += index == str(video_index)
        if (at := _seconds(moment, least=-1e9)) is not None:
            start = min(start, at)
            end = max(end, at + (_seconds(length.strip(",")) or 0.0))

    run(
        command(
            path,
            ["-show_entries", "packet=stream_index,pts_time,duration_time", "-of", "csv=p=0"],
        ),
        limits=Limits(seconds=SCAN_SECONDS),
        on_line=note,
        tick=tick,
    )
    return frames, max(0.0, end - start) if frames or end else 0.0


def _video(streams: list[dict[str, Any]]) -> VideoStream | None:
    """The first moving picture; covers of music and thumbnails are none."""
    for stream in streams:
        still = stream.get("disposition", {}).get("attached_pic") == 1
        if stream.get("codec_type") == "video" and not still and stream.get("width"):
            return VideoStream(
                index=stream["index"],
                codec=stream.get("codec_name", ""),
                width=stream["width"],
                height=stream["height"],
                pixel_aspect=_fraction(stream.get("sample_aspect_ratio"), Fraction(1)),
                rotation=_rotation(stream),
                average_rate=_fraction(stream.get("avg_frame_rate"), Fraction(0)),
                base_rate=_fraction(stream.get("r_frame_rate"), Fraction(0)),
                pixel_format=stream.get("pix_fmt", ""),
                field_order=stream.get("field_order", ""),
                transfer=stream.get("color_transfer", ""),
            )
    return None


def _audio(streams: list[dict[str, Any]]) -> AudioStream | None:
    """The track its maker marked as default, else the first with sound in it."""
    usable = [stream for stream in streams if int(stream.get("channels") or 0) > 0]
    usable.sort(key=lambda stream: -stream.get("disposition", {}).get("default", 0))
    if not usable:
        return None
    stream = usable[0]
    return AudioStream(
        index=stream["index"],
        codec=stream.get("codec_name", ""),
        sample_rate=int(stream.get("sample_rate") or 0),
        channels=int(stream["channels"]),
    )


def _rotation(stream: dict[str, Any]) -> int:
    """Degrees clockwise, 0 to 359, from the display matrix (ffprobe counts the other way)."""
    for side_data in stream.get("side_data_list", []):
        if "rotation" in side_data:
            return round(-float(side_data["rotation"])) % 360
    return 0


def _fraction(text: str | None, otherwise: Fraction) -> Fraction:
    """`16:11` or `30000/1001`; the default for what is absent, zero or divides by zero."""
    numerator, _, denominator = (text or "").replace(":", "/").partition("/")
    try:
        value = Fraction(int(numerator), int(denominator or 1))
    except (ValueError, ZeroDivisionError):
        return otherwise
    return value if value > 0 else otherwise


def _seconds(text: str | None, *, least: float = 0.0) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if least < value < 1e7 else None
