"""What ffprobe says of a file, as values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from cms.media import tools
from cms.media.errors import ErrorCode, MediaError
from cms.media.runner import FORMATS, PROTOCOLS, Limits, Outcome, run

SECONDS = 60.0
SCAN_SECONDS = 1800.0
MOST_TRACKS_TRIED = 8
LONG_GAP = 1.0
MOST_GAPS = 200
STILL_CODECS = frozenset({"png", "mjpeg", "gif", "bmp", "webp", "tiff", "jpeg2000", "ansi"})

# Nothing that a file's maker may have written at any length, such as lyrics.
ENTRIES = (
    "format=format_name,duration:stream=index,codec_type,codec_name,width,height,pix_fmt,"
    "sample_aspect_ratio,avg_frame_rate,r_frame_rate,field_order,color_transfer,color_primaries,"
    "color_space,color_range,sample_rate,channels:stream_disposition=attached_pic,default:"
    "stream_side_data=rotation"
)


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
    primaries: str = ""
    matrix: str = ""
    colour_range: str = ""

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
    # Of picture and sound alone: captions and data may reach further.
    shown_duration: float = 0.0
    # Where one picture stands for more than a second, from when to when; the first of them.
    gaps: tuple[tuple[float, float], ...] = ()
    longest_gap: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds that picture or sound can be played; as declared where no packet tells."""
        return self.shown_duration or self.readable_duration or self.declared_duration or 0.0

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
    found = _ask(path, ["-show_entries", ENTRIES], tick)
    if found is None or not found.get("streams"):
        with path.open("rb") as file:
            return Unreadable(
                errors="" if found is None else "no streams",
                first_bytes=file.read(64),
                size=path.stat().st_size,
            )
    video = _video(found["streams"])
    audio = [stream for stream in found["streams"] if stream.get("codec_type") == "audio"]
    chosen = _audio(path, audio, tick)
    scan = _scan(path, video.index if video else -1, chosen.index if chosen else -1, tick)
    return Probe(
        format=found["format"]["format_name"],
        size=path.stat().st_size,
        declared_duration=_seconds(found["format"].get("duration")),
        readable_duration=scan.all.seconds,
        shown_duration=scan.shown.seconds,
        frames=scan.frames if video and _decodes(path, video.index, tick) else 0,
        video=video,
        audio=chosen,
        audio_streams=len(audio),
        gaps=scan.gaps,
        longest_gap=scan.longest_gap,
    )


def ask(path: Path) -> dict[str, Any] | None:
    """Format and streams as ffprobe's JSON has them; None if it reads nothing."""
    wanted = ["-show_format", "-show_streams", "-show_data_hash", "sha256"]
    return _ask(path, wanted, lambda: None)


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


class _Span:
    """From the first moment to the last."""

    def __init__(self) -> None:
        self.start, self.end = float("inf"), float("-inf")

    @property
    def seconds(self) -> float:
        return max(0.0, self.end - self.start)

    def widen(self, at: float, length: float) -> None:
        self.start, self.end = min(self.start, at), max(self.end, at + length)


class _Scan:
    """What the packets tell as they pass: how many pictures, from when to when."""

    def __init__(self, video_index: int, audio_index: int) -> None:
        self.video_index, self.audio_index = str(video_index), str(audio_index)
        self.frames = 0
        self.longest_gap = 0.0
        self._untimed = 0.0
        self._gaps: list[tuple[float, float]] = []
        self.all, self.shown, self._pictures = _Span(), _Span(), _Span()

    def note(self, line: str) -> None:
        """Take in `index,moment,length,flags`, as ffprobe writes a packet."""
        index, moment, length, flags = [*line.split(","), "", "", ""][:4]
        # Outside the edit list: read to decode others, never shown.
        if "D" in flags:
            return
        self.frames += index == self.video_index
        at, lasts = _seconds(moment, least=-1e9), _seconds(length) or 0.0
        if at is None:
            self._untimed += lasts if index == self.video_index else 0.0
            return
        self.all.widen(at, lasts)
        if index in (self.video_index, self.audio_index):
            self.shown.widen(at, lasts)
        if index == self.video_index:
            if self._pictures.seconds:
                self._note_gap(self._pictures.end, at)
            self._pictures.widen(at, 0.000_001)

    def end(self) -> None:
        """Pictures without times, as recorders of cameras write them bare, follow one another."""
        if self.all.seconds == 0.0 and self._untimed:
            for span in (self.all, self.shown):
                span.widen(0.0, self._untimed)

    @property
    def gaps(self) -> tuple[tuple[float, float], ...]:
        """Counted as ffmpeg counts: zero is where the first stream begins."""
        return tuple((start - self.all.start, end - self.all.start) for start, end in self._gaps)

    def _note_gap(self, start: float, end: float) -> None:
        self.longest_gap = max(self.longest_gap, end - start)
        if end - start > LONG_GAP and len(self._gaps) < MOST_GAPS:
            self._gaps.append((start, end))


def _scan(path: Path, video_index: int, audio_index: int, tick: Callable[[], None]) -> _Scan:
    """Read the times of every packet; no data is decoded."""
    scan = _Scan(video_index, audio_index)
    entries = "packet=stream_index,pts_time,duration_time,flags"
    run(
        command(path, ["-show_entries", entries, "-of", "csv=p=0"]),
        limits=Limits(seconds=SCAN_SECONDS),
        on_line=scan.note,
        tick=tick,
    )
    scan.end()
    return scan


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
                primaries=stream.get("color_primaries", ""),
                matrix=stream.get("color_space", ""),
                colour_range=stream.get("color_range", ""),
            )
    return None


def _audio(
    path: Path, streams: list[dict[str, Any]], tick: Callable[[], None]
) -> AudioStream | None:
    """The track its maker marked as default, else the first, of those that can be heard."""
    usable = [stream for stream in streams if int(stream.get("channels") or 0) > 0]
    usable.sort(key=lambda stream: -stream.get("disposition", {}).get("default", 0))
    for stream in usable[:MOST_TRACKS_TRIED]:
        if _decodes(path, stream["index"], tick):
            return AudioStream(
                index=stream["index"],
                codec=stream.get("codec_name", ""),
                sample_rate=int(stream.get("sample_rate") or 0),
                channels=int(stream["channels"]),
            )
    return None


def _decodes(path: Path, index: int, tick: Callable[[], None]) -> bool:
    """At least one picture or a moment of sound comes out of a stream.

    A tool that fails without a word says nothing of the file: then the encoder is to tell. One
    that cannot even show a picture of its own raises `TOOL_FAILED`.
    """
    opened = ["-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-i", str(path)]
    decoded, outcome = _one_frame([*opened, "-map", f"0:{index}"], tick)
    if decoded or outcome.status < 0 or not (outcome.succeeded or outcome.errors):
        return True
    if not outcome.succeeded and not _one_frame(["-f", "lavfi", "-i", "color=s=16x16"], tick)[0]:
        raise MediaError(
            ErrorCode.TOOL_FAILED,
            f"ffmpeg ended with status {outcome.status}, whatever it is given.",
            detail=outcome.errors,
        )
    return False


def _one_frame(source: list[str], tick: Callable[[], None]) -> tuple[bool, Outcome]:
    lines: list[str] = []
    outcome = run(
        [
            *(tools.ffmpeg(), "-nostdin", "-nostats", "-hide_banner", "-v", "error", *source),
            *("-frames", "1", "-f", "framecrc", "-"),
        ],
        limits=Limits(seconds=SCAN_SECONDS),
        on_line=lines.append,
        tick=tick,
    )
    return any(not line.startswith("#") for line in lines), outcome


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
