"""HLS playlists over one file per rendition (RFC 8216, byte ranges). Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from cms.media.boxes import Fragment, Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A byte range and its length in seconds."""

    offset: int
    length: int
    duration: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What the master playlist says of a rendition; size and rate are None for sound alone.

    `score` is None where nothing is to be chosen but by bandwidth; else all have one.
    """

    playlist: str
    codecs: str
    bandwidth: int
    average_bandwidth: int
    width: int | None = None
    height: int | None = None
    frame_rate: Fraction | None = None
    score: float | None = None


def segments(index: Index) -> list[Segment]:
    """Fragments as segments; each lasts until the next begins."""
    following: list[Fragment | None] = [*index.fragments[1:], None]
    return [
        Segment(
            offset=fragment.offset,
            length=fragment.length,
            duration=(after.start if after else fragment.end) - fragment.start,
        )
        for fragment, after in zip(index.fragments, following, strict=True)
    ]


def keyframes(index: Index) -> list[Segment]:
    """The first picture of each fragment, with the header in front that makes it readable."""
    return [
        Segment(offset=segment.offset, length=fragment.keyframe_length, duration=segment.duration)
        for segment, fragment in zip(segments(index), index.fragments, strict=True)
        if fragment.keyframe_length is not None
    ]


def media_playlist(file: str, index: Index) -> str:
    """All segments of one file."""
    return _playlist(file, index, segments(index), ["#EXT-X-INDEPENDENT-SEGMENTS"])


def iframe_playlist(file: str, index: Index) -> str:
    """Keyframes only, for seeking with pictures (RFC 8216, section 4.3.3.6)."""
    return _playlist(file, index, keyframes(index), ["#EXT-X-I-FRAMES-ONLY"])


def master_playlist(variants: list[Variant], iframes: Variant | None = None) -> str:
    """All renditions. Players that do not measure begin with the first, so a modest one leads."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for variant in variants:
        lines += [f"#EXT-X-STREAM-INF:{_attributes(variant)}", variant.playlist]
    if iframes is not None:
        lines.append(f'#EXT-X-I-FRAME-STREAM-INF:{_attributes(iframes)},URI="{iframes.playlist}"')
    return "\n".join(lines) + "\n"


def peak_bandwidth(parts: list[Segment]) -> int:
    """Largest bit rate of neighbouring segments that together last half to one and a half target
    durations (RFC 8216, section 4.3.4.2)."""
    target = max(part.duration for part in parts)
    peak = 0.0
    for first in range(len(parts)):
        size, seconds = 0, 0.0
        for part in parts[first:]:
            size += part.length
            seconds += part.duration
            if seconds > 1.5 * target:
                break
            if seconds >= 0.5 * target:
                peak = max(peak, size * 8 / seconds)
    return math.ceil(peak)


def average_bandwidth(parts: list[Segment]) -> int:
    """Bits a second over the whole."""
    return math.ceil(sum(part.length for part in parts) * 8 / sum(part.duration for part in parts))


def _playlist(file: str, index: Index, parts: list[Segment], tags: list[str]) -> str:
    # Rounded as the reader rounds (RFC 8216, section 4.3.3.1).
    target = max(1, math.floor(max(part.duration for part in parts) + 0.5))
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        *tags,
        f'#EXT-X-MAP:URI="{file}",BYTERANGE="{index.init_length}@{index.init_offset}"',
    ]
    for part in parts:
        lines += [
            f"#EXTINF:{part.duration:.6f},",
            f"#EXT-X-BYTERANGE:{part.length}@{part.offset}",
            file,
        ]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def _attributes(variant: Variant) -> str:
    attributes = [
        f"BANDWIDTH={variant.bandwidth}",
        f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
        f'CODECS="{variant.codecs}"',
    ]
    if variant.width and variant.height:
        attributes.append(f"RESOLUTION={variant.width}x{variant.height}")
    if variant.frame_rate:
        attributes.append(f"FRAME-RATE={float(variant.frame_rate):.3f}")
    if variant.score is not None:
        attributes.append(f"SCORE={variant.score:.1f}")
    return ",".join(attributes)
