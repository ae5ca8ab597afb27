"""Reads the box index of a fragmented MP4 (ISO/IEC 14496-12). Pure but for reading the file."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# Sample flag: "is not a keyframe" (section 8.8.3.1).
NON_SYNC = 0x0001_0000
# No header of ours comes near; a larger one is a broken file, not something to hold in memory.
LARGEST_HEADER = 64 * 1024 * 1024


class BoxError(ValueError):
    """The file is not laid out as our encoder writes it; the message names the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box: where it begins, where its content begins, where it ends (byte offsets)."""

    kind: str
    start: int
    body: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """A track of the init section; `codec` as in RFC 6381."""

    number: int
    kind: str
    timescale: int
    codec: str
    default_duration: int
    default_size: int
    default_flags: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A `moof` with its `mdat`: byte range, seconds, and how far its first picture reaches."""

    offset: int
    length: int
    start: float
    end: float
    keyframe_length: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """All that playlists need: the init section's byte range, tracks, fragments in order."""

    init_offset: int
    init_length: int
    tracks: tuple[Track, ...]
    fragments: tuple[Fragment, ...]
    size: int

    @property
    def codecs(self) -> str:
        return ",".join(track.codec for track in self.tracks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One track's part of a fragment."""

    track: Track
    start: int
    duration: int
    data_offset: int
    first_size: int
    first_flags: int


def read_index(path: Path) -> Index:
    """The index of a hybrid-fragmented or plain fragmented file; raises `BoxError`.

    A hybrid file hides the fragments inside an outer `mdat`: the init section and the
    `moof`/`mdat` pairs are read from within, the outer `moov` behind it is for progressive players.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        outer = list(_boxes(file, 0, size))
        inside = _fragmented_part(file, outer)
        moov = next((box for box in inside if box.kind == "moov"), None)
        if moov is None:
            raise BoxError(f"{path.name} has no `moov` before its fragments")
        init = next((box.start for box in inside if box.kind == "ftyp"), moov.start)
        tracks = tuple(_tracks(_load(file, moov)))
        fragments = tuple(_fragments(file, inside, tracks))
    if not fragments:
        raise BoxError(f"{path.name} has no fragments")
    return Index(
        init_offset=init,
        init_length=moov.end - init,
        tracks=tracks,
        fragments=fragments,
        size=size,
    )


def _fragmented_part(file: BinaryIO, outer: list[Box]) -> list[Box]:
    if any(box.kind == "moof" for box in outer):
        return outer
    for box in outer:
        if box.kind == "mdat":
            return list(_boxes(file, box.body, box.end))
    raise BoxError("there is neither a `moof` nor an `mdat`")


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """Boxes side by side in a byte range of the file; only headers are read."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        body = start + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            body = start + 16
        elif size == 0:
            size = end - start
        name = kind.decode("latin-1")
        if size < body - start or start + size > end:
            raise BoxError(f"box `{name}` at {start} reaches beyond its parent")
        yield Box(kind=name, start=start, body=body, end=start + size)
        start += size


def _load(file: BinaryIO, box: Box) -> bytes:
    if box.end - box.body > LARGEST_HEADER:
        raise BoxError(f"box `{box.kind}` at {box.start} is too large to be a header")
    file.seek(box.body)
    return file.read(box.end - box.body)


def _children(data: bytes, start: int = 0) -> Iterator[tuple[str, bytes]]:
    """Kind and content of the boxes in a loaded one."""
    while start + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            header = 16
        if size < header or start + size > len(data):
            raise BoxError(f"box `{kind.decode('latin-1')}` reaches beyond its parent")
        yield kind.decode("latin-1"), data[start + header : start + size]
        start += size


def _find(data: bytes, *path: str) -> bytes:
    for name in path:
        found = next((content for kind, content in _children(data) if kind == name), None)
        if found is None:
            raise BoxError(f"box `{name}` is missing")
        data = found
    return data


def _tracks(moov: bytes) -> Iterator[Track]:
    defaults = {}
    for kind, content in _children(_find(moov, "mvex")):
        if kind == "trex":
            number, _description, duration, size, flags = struct.unpack_from(">5I", content, 4)
            defaults[number] = duration, size, flags
    for kind, trak in _children(moov):
        if kind != "trak":
            continue
        header = _find(trak, "tkhd")
        (number,) = struct.unpack_from(">I", header, 20 if header[0] else 12)
        media = _find(trak, "mdia", "mdhd")
        (timescale,) = struct.unpack_from(">I", media, 20 if media[0] else 12)
        duration, size, flags = defaults.get(number, (0, 0, 0))
        yield Track(
            number=number,
            kind=_find(trak, "mdia", "hdlr")[8:12].decode("latin-1"),
            timescale=timescale,
            codec=_codec(_find(trak, "mdia", "minf", "stbl", "stsd")),
            default_duration=duration,
            default_size=size,
            default_flags=flags,
        )


def _codec(stsd: bytes) -> str:
    """RFC 6381 name of the first entry: AVC from `avcC`, AV1 from `av1C`, AAC from `esds`."""
    kind, entry = next(_children(stsd, 8))
    if kind == "avc1":
        # 78 bytes of a visual sample entry come before its boxes (ISO/IEC 14496-12, 12.1.3).
        configuration = next(body for name, body in _children(entry, 78) if name == "avcC")
        return f"avc1.{configuration[1:4].hex()}"
    if kind == "av01":
        configuration = next(body for name, body in _children(entry, 78) if name == "av1C")
        return _av1_codec(configuration)
    if kind == "mp4a":
        # 28 bytes of an audio sample entry (12.2.3).
        descriptor = next(body for name, body in _children(entry, 28) if name == "esds")
        return f"mp4a.40.{_audio_object_type(descriptor[4:])}"
    raise BoxError(f"sample entry `{kind}` is none that we write")


def _av1_codec(configuration: bytes) -> str:
    """Profile, level, tier and depth (AV1 Codec ISO Media File Format Binding, sections 2.3, 5)."""
    first, second = configuration[1], configuration[2]
    tier = "H" if second & 0x80 else "M"
    depth = (12 if second & 0x20 else 10) if second & 0x40 else 8
    return f"av01.{first >> 5}.{first & 0x1F:02d}{tier}.{depth:02d}"


def _audio_object_type(data: bytes) -> int:
    """First five bits of AudioSpecificConfig, inside three descriptors (ISO/IEC 14496-1, 7.2.6)."""
    position = 0
    # What stands between a descriptor's length and the one inside it.
    for tag, skip in ((0x03, 3), (0x04, 13), (0x05, 0)):
        if data[position] != tag:
            raise BoxError("`esds` has an unexpected descriptor")
        position += 1
        while data[position] & 0x80:
            position += 1
        position += 1 + skip
    return data[position] >> 3


def _fragments(file: BinaryIO, boxes: list[Box], tracks: tuple[Track, ...]) -> Iterator[Fragment]:
    by_number = {track.number: track for track in tracks}
    for moof, mdat in itertools.pairwise(boxes):
        if moof.kind != "moof":
            continue
        if mdat.kind != "mdat":
            raise BoxError(f"`moof` at {moof.start} is followed by `{mdat.kind}`")
        runs = [
            _run(traf, by_number) for kind, traf in _children(_load(file, moof)) if kind == "traf"
        ]
        runs = [run for run in runs if run.duration]
        if not runs:
            raise BoxError(f"`moof` at {moof.start} has no samples")
        picture = next((run for run in runs if run.track.kind == "vide"), None)
        timed = picture or runs[0]
        yield Fragment(
            offset=moof.start,
            length=mdat.end - moof.start,
            start=timed.start / timed.track.timescale,
            end=max((run.start + run.duration) / run.track.timescale for run in runs),
            keyframe_length=_keyframe_length(picture),
        )


def _keyframe_length(picture: _Run | None) -> int | None:
    if picture is None or picture.first_flags & NON_SYNC:
        return None
    return picture.data_offset + picture.first_size


def _run(traf: bytes, tracks: dict[int, Track]) -> _Run:
    """Sum of a track fragment's samples (sections 8.8.7, 8.8.8 and 8.8.12)."""
    header = _find(traf, "tfhd")
    flags, number = struct.unpack_from(">II", header)
    track = tracks[number]
    position, values = 8, [track.default_duration, track.default_size, track.default_flags]
    for bit, width in ((0x01, 8), (0x02, 4)):
        position += width if flags & bit else 0
    for place, bit in enumerate((0x08, 0x10, 0x20)):
        if flags & bit:
            (values[place],) = struct.unpack_from(">I", header, position)
            position += 4
    time = _find(traf, "tfdt")
    (start,) = struct.unpack_from(">Q" if time[0] else ">I", time, 4)
    duration, first = 0, None
    for kind, content in _children(traf):
        if kind == "trun":
            length, run_first = _samples(content, *values)
            duration += length
            first = first or run_first
    offset, size, sample_flags = first or (0, 0, NON_SYNC)
    return _Run(
        track=track,
        start=start,
        duration=duration,
        data_offset=offset,
        first_size=size,
        first_flags=sample_flags,
    )


def _samples(trun: bytes, duration: int, size: int, flags: int) -> tuple[int, tuple[int, int, int]]:
    """Duration of all samples; data offset, size and flags of the first."""
    present, count = struct.unpack_from(">II", trun)
    position, offset, first_flags = 8, 0, flags
    if present & 0x0001:
        (offset,) = struct.unpack_from(">i", trun, position)
        position += 4
    if present & 0x0004:
        (first_flags,) = struct.unpack_from(">I", trun, position)
        position += 4
    fields = [bit for bit in (0x0100, 0x0200, 0x0400, 0x0800) if present & bit]
    row = struct.Struct(f">{len(fields)}I")
    total, first_size = 0, size
    for number in range(count):
        sample = dict(zip(fields, row.unpack_from(trun, position), strict=True))
        position += row.size
        total += sample.get(0x0100, duration)
        if number == 0:
            first_size = sample.get(0x0200, size)
            first_flags = sample.get(0x0400, first_flags)
    return total, (offset, first_size, first_flags)
