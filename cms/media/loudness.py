"""Sound: measured once, brought to one loudness, laid out for the web."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from cms.media.probe import AudioStream
from cms.media.runner import FORMATS, PROTOCOLS, Limits, run

SAMPLE_RATE = 48_000
# EBU R128 counts nothing quieter than −70 LUFS; a room in which nobody speaks stays as it is.
SILENT = -50.0
# More would lift the noise of the microphone with the voice.
MOST_GAIN = 20.0
# Highest true peak of what is served, in dBTP (EBU R128: −1), with room for what AAC adds.
CEILING = -1.5
MOST_CHANNELS = 8
MEASURE_SECONDS = 3600.0
_INTEGRATED = re.compile(r"^\s*I:\s*(-?[\d.]+|-inf|nan) LUFS")
_PEAK = re.compile(r"^\s*Peak:\s*(-?[\d.]+|-inf|nan) dBFS")

Filter = tuple[str, dict[str, Any]]
Stream = Any  # ffmpeg-python has no types


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """EBU R128: integrated loudness (LUFS) and true peak (dBTP)."""

    integrated: float
    peak: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Decibels that every sample is raised by, whether peaks must be held, and why."""

    decibels: float
    limited: bool
    reason: str


AS_IT_IS = Gain(decibels=0.0, limited=False, reason="the sound is left as it is")


def gain(found: Loudness | None, target: float) -> Gain:
    """What brings a sound to `target` LUFS, the same from its beginning to its end."""
    if found is None or found.integrated <= SILENT:
        return AS_IT_IS
    wanted = round(min(MOST_GAIN, target - found.integrated), 2)
    return Gain(
        decibels=wanted,
        limited=found.peak + wanted > CEILING,
        reason=f"{found.integrated:.1f} LUFS in the source, {target:.0f} LUFS wanted",
    )


def wanted(
    binary: str,
    source: Path,
    audio: AudioStream,
    channels: int,
    target: float,
    *,
    tick: Callable[[], None],
) -> Gain:
    """Measure a sound, and say what brings it to `target` LUFS."""
    return gain(measure(binary, source, audio, channels, tick=tick), target)


def measure(
    binary: str, source: Path, audio: AudioStream, channels: int, *, tick: Callable[[], None]
) -> Loudness | None:
    """Loudness of the sound as it will be laid out; None if nothing of it can be decoded."""
    stream = _applied(
        opened(source)[str(audio.index)],
        [
            *layout(audio, channels),
            # One channel comes out of two speakers.
            ("ebur128", {"framelog": "quiet", "peak": "true", "dualmono": str(channels == 1)}),
        ],
    )
    arguments = (
        ffmpeg.output(stream, "-", f="null")
        .global_args("-nostdin", "-nostats", "-hide_banner", "-v", "info")
        .compile(cmd=binary)
    )
    outcome = run(
        arguments, limits=Limits(seconds=MEASURE_SECONDS), on_line=lambda _: None, tick=tick
    )
    lines = outcome.errors.splitlines()
    integrated = [float(match[1]) for line in lines if (match := _INTEGRATED.match(line))]
    peak = [float(match[1]) for line in lines if (match := _PEAK.match(line))]
    if not (outcome.succeeded and integrated and peak):
        return None
    return Loudness(integrated=integrated[-1], peak=peak[-1])


def opened(source: Path, **options: Any) -> Stream:
    """The original as an input that reaches nothing else."""
    return ffmpeg.input(
        str(source), protocol_whitelist=PROTOCOLS, format_whitelist=FORMATS, **options
    )


def ready(stream: Stream, audio: AudioStream, channels: int, given: Gain, seconds: float) -> Stream:
    """Sound from zero on, without holes, as long as the picture and as loud as it should be."""
    return _applied(
        stream,
        [
            *layout(audio, channels),
            *_louder(given),
            ("apad", {"whole_dur": f"{seconds:.6f}"}),
            ("atrim", {"end": f"{seconds:.6f}"}),
        ],
    )


def layout(audio: AudioStream, channels: int) -> list[Filter]:
    """One rate and one layout; of more channels than a cinema has, the first two."""
    many = [("pan", {"args": "stereo|c0=c0|c1=c1"})] if audio.channels > MOST_CHANNELS else []
    return [
        *many,
        ("aresample", {"osr": SAMPLE_RATE, "async": 1, "first_pts": 0}),
        (
            "aformat",
            {"sample_fmts": "fltp", "channel_layouts": "stereo" if channels == 2 else "mono"},
        ),
    ]


def _louder(given: Gain) -> list[Filter]:
    filters: list[Filter] = []
    if given.decibels:
        filters.append(("volume", {"volume": f"{given.decibels}dB"}))
    if given.limited:
        # Peaks between samples are seen at four times the rate.
        filters += [
            ("aresample", {"osr": 4 * SAMPLE_RATE}),
            (
                "alimiter",
                {"limit": f"{CEILING}dB", "attack": 5, "release": 50, "level": 0, "latency": 1},
            ),
            ("aresample", {"osr": SAMPLE_RATE}),
        ]
    return filters


def _applied(stream: Stream, filters: list[Filter]) -> Stream:
    for name, options in filters:
        stream = stream.filter(name, **options)
    return stream
