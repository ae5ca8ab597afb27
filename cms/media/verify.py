"""Nothing is stored unless it is what was asked for: streams, sizes, durations, byte ranges."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cms.media import keys
from cms.media.errors import ErrorCode, MediaError
from cms.media.ladder import SEGMENT_SECONDS, Plan
from cms.media.probe import ask
from cms.media.products import Made, MadeRendition
from content_models.models import FileRole, Rendition

MAP = re.compile(r'^#EXT-X-MAP:URI="(?P<uri>[^"]+)",BYTERANGE="(?P<length>\d+)@(?P<offset>\d+)"$')
RANGE = re.compile(r"^#EXT-X-BYTERANGE:(?P<length>\d+)@(?P<offset>\d+)$")


def verify(target: Path, made: Made, plan: Plan, *, tick: Callable[[], None]) -> None:
    """Raises `OUTPUT_INVALID`, naming the file and what is wrong with it."""
    for rendition in made.renditions:
        _verify_rendition(target, rendition, plan)
        tick()
    for file in made.files:
        if file.role == FileRole.PLAYLIST:
            verify_ranges(file.path)


def verify_ranges(playlist: Path) -> int:
    """Every byte range begins at the box it should and ends inside its file; returns how many."""
    lines = playlist.read_text().splitlines()
    found = next((match for line in lines if (match := MAP.match(line))), None)
    if found is None:
        raise _invalid(playlist.name, "it has no EXT-X-MAP")
    media = playlist.with_name(found["uri"])
    size = media.stat().st_size
    ranges = [(found, b"ftyp")]
    ranges += [(match, b"moof") for line in lines if (match := RANGE.match(line))]
    with media.open("rb") as file:
        for match, kind in ranges:
            offset, length = int(match["offset"]), int(match["length"])
            file.seek(offset + 4)
            if offset + length > size or file.read(4) != kind:
                raise _invalid(playlist.name, f"{length}@{offset} is no `{kind.decode()}`")
    if len(ranges) < 2:
        raise _invalid(playlist.name, "it has no segments")
    return len(ranges)


def _verify_rendition(target: Path, made: MadeRendition, plan: Plan) -> None:
    name = keys.rendition(made.name)
    found = ask(target / name)
    if found is None:
        raise _invalid(name, "ffprobe cannot read it")
    streams: dict[str, dict[str, Any]] = {
        stream["codec_type"]: stream for stream in found["streams"]
    }
    wanted = {"audio"} if plan.has_audio else set()
    if made.kind == Rendition.Kind.VIDEO:
        wanted.add("video")
        picture = streams.get("video", {})
        codec = next(rung.codec for rung in plan.all_rungs if rung.name == made.name)
        if picture.get("codec_name") != codec:
            raise _invalid(name, f"its picture is {picture.get('codec_name')} instead of {codec}")
        size = picture.get("width"), picture.get("height")
        if size != (made.variant.width, made.variant.height):
            raise _invalid(name, f"its picture is {size[0]}×{size[1]}")
    if streams.keys() != wanted:
        raise _invalid(name, f"it has {sorted(streams)} instead of {sorted(wanted)}")
    duration = float(found["format"].get("duration", 0))
    if made.kind == Rendition.Kind.VIDEO and abs(duration - plan.duration) > SEGMENT_SECONDS:
        raise _invalid(name, f"it lasts {duration:.1f} s instead of {plan.duration:.1f} s")


def _invalid(name: str, what: str) -> MediaError:
    return MediaError(
        ErrorCode.OUTPUT_INVALID, f"{name} was made wrongly: {what}. It is made again."
    )
