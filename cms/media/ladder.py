"""Which qualities are made of a source, each with its reason. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from cms.media.probe import Probe

STEPS = (1080, 720, 480, 360, 240, 144)
# A rung is as high as its name says and at most this much longer (a 20:9 phone would
# otherwise make 2400-pixel pictures that cheap decoders refuse).
LONGEST_ASPECT = Fraction(16, 9)
# A source this much above the next rung keeps a rung of its own size.
OWN_SIZE_FROM = 1.1
FASTEST = Fraction(60)
SLOWEST = Fraction(5)
USUAL_RATES = (24, 25, 30, 50, 60)
FALLBACK_RATE = Fraction(25)
# Bits a second of 1080p at up to 30 frames a second; others by their area to this power.
TOP_MAXRATE = 4_500_000
AREA_POWER = 0.75
CRF = 23
# Of the economy set, from so many lines on and below: about the XPSNR of H.264 (bench/README.md).
ECONOMY_LARGE_FROM = 720
ECONOMY_CRFS = (32, 37)
ECONOMY_MAXRATE_SHARE = 0.65
AUDIO_ONLY_BITRATE = 96_000
# A keyframe begins a segment, and there are no others (docs/adr/0012).
SEGMENT_SECONDS = 6


class Codec(StrEnum):
    """How pictures are written; sound is AAC beside either."""

    H264 = "h264"
    AV1 = "av1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One video quality: even size in pixels, ceilings in bits a second."""

    name: str
    width: int
    height: int
    maxrate: int
    audio_bitrate: int
    crf: int
    reason: str
    codec: Codec = Codec.H264


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that one encode makes: rungs from the highest down, one frame rate for all.

    `economy` is empty, or has the twin of each rung: the same pictures in fewer bytes.
    """

    rungs: tuple[Rung, ...]
    frame_rate: Fraction
    frame_rate_reason: str
    duration: float
    audio_channels: int
    economy: tuple[Rung, ...] = ()

    @property
    def all_rungs(self) -> tuple[Rung, ...]:
        """Those that every player plays, then the economy set."""
        return (*self.rungs, *self.economy)

    @property
    def frames(self) -> int:
        """Pictures of every rung: sound that goes on is heard over the last of them."""
        return max(1, round(self.duration * self.frame_rate))

    @property
    def segment(self) -> int:
        """Pictures of one segment: from one keyframe to the next, the same in every rung."""
        return math.ceil(self.frame_rate * SEGMENT_SECONDS)

    @property
    def has_audio(self) -> bool:
        return self.audio_channels > 0

    @property
    def bytes_at_most(self) -> int:
        """What all outputs can come to: for limits and for space on the disk."""
        rates = sum(rung.maxrate + rung.audio_bitrate for rung in self.all_rungs)
        rates += AUDIO_ONLY_BITRATE if self.has_audio else 0
        return int(rates / 8 * (self.duration + 10) * 1.15) + 20_000_000


def plan(found: Probe, *, economy: bool = False) -> Plan:
    """The ladder of an accepted source, with its economy set if that is wanted."""
    if found.video is None:
        raise ValueError("A source without video has no ladder; judge it first.")
    rate, rate_reason = frame_rate(
        found.video.average_rate, found.video.base_rate, found.frames, found.duration
    )
    channels = min(2, found.audio.channels) if found.audio else 0
    chosen = rungs(*found.video.display_size, rate=rate)
    return Plan(
        rungs=chosen,
        economy=tuple(map(twin, chosen)) if economy else (),
        frame_rate=rate,
        frame_rate_reason=rate_reason,
        duration=found.duration,
        audio_channels=channels,
    )


def rungs(width: int, height: int, *, rate: Fraction) -> tuple[Rung, ...]:
    """Rungs for a picture of this size as seen, highest first; never larger than it."""
    own = _nominal(width, height)
    chosen = [(step, f"the source reaches {step}p") for step in STEPS if step <= own]
    if not chosen:
        chosen = [(own, f"the source is smaller than {STEPS[-1]}p and keeps its own size")]
    elif own < STEPS[0] and own >= chosen[0][0] * OWN_SIZE_FROM:
        chosen.insert(0, (own, f"the source keeps its own {own}p, well above {chosen[0][0]}p"))
    elif own > STEPS[0]:
        chosen[0] = (STEPS[0], f"the source has {own}p; no more than {STEPS[0]}p is made")
    return tuple(_rung(step, reason, width, height, rate) for step, reason in chosen)


def twin(rung: Rung) -> Rung:
    """The same pictures for whom data is dear and whose player reads AV1."""
    large = min(rung.width, rung.height) >= ECONOMY_LARGE_FROM
    return replace(
        rung,
        name=f"{rung.name}-{Codec.AV1}",
        codec=Codec.AV1,
        crf=ECONOMY_CRFS[0 if large else 1],
        maxrate=round(rung.maxrate * ECONOMY_MAXRATE_SHARE / 1000) * 1000,
        reason=f"as {rung.name}, for less data",
    )


def frame_rate(
    average: Fraction, base: Fraction, frames: int, duration: float
) -> tuple[Fraction, str]:
    """One constant rate for all rungs, at most 60 Hz, with its reason."""
    counted = Fraction(frames / duration).limit_denominator(1000) if duration > 0 else Fraction(0)
    seen = average if 0 < average <= 1000 else counted
    if not 0 < seen <= 1000:
        return FALLBACK_RATE, "the source states no usable rate"
    if seen > FASTEST * Fraction(101, 100):
        halved = next((seen / n for n in (2, 4) if 48 <= seen / n <= FASTEST), FASTEST)
        return halved, f"{float(seen):.2f} is more than {FASTEST}"
    if seen < SLOWEST:
        return SLOWEST, f"{float(seen):.2f} is less than {SLOWEST}"
    if abs(base - seen) <= seen / 50:
        return min(seen, FASTEST), "the source's own"
    # Variable, or a time base posing as a rate: the usual rate that loses no picture.
    if seen.denominator in (1, 1001) or seen * 2 == base:
        return min(seen, FASTEST), "the source's average"
    usual = next((rate for rate in USUAL_RATES if rate >= seen * Fraction(98, 100)), 60)
    return Fraction(usual), f"variable, {float(seen):.2f} on average"


def _nominal(width: int, height: int) -> int:
    """The `p` of a size: its short side, or the 16:9 height that holds its long side."""
    short, long = sorted((width, height))
    return max(short, math.ceil(long / LONGEST_ASPECT))


def _rung(step: int, reason: str, width: int, height: int, rate: Fraction) -> Rung:
    short, long = sorted((width, height))
    scale = min(
        Fraction(1), Fraction(step, short), Fraction(math.ceil(step * LONGEST_ASPECT), long)
    )
    wide, high = _even(width * scale, width), _even(height * scale, height)
    share = (wide * high / (1920 * 1080)) ** AREA_POWER
    faster = 1.4 if rate > 31 else 1.0
    return Rung(
        name=f"{step}p",
        width=wide,
        height=high,
        maxrate=max(100_000, round(TOP_MAXRATE * share * faster / 1000) * 1000),
        audio_bitrate=128_000 if step >= 720 else 96_000 if step >= 360 else 64_000,
        crf=CRF,
        reason=reason,
    )


def _even(value: Fraction, most: int) -> int:
    """Nearest even number, never above `most` (chroma is stored in pairs of pixels)."""
    return max(2, min(2 * round(value / 2), most - most % 2))
