"""What storage gives back is looked at as a player would: only then is an asset ready.

Each file's bytes were read back and hashed as it was stored. Here the ladder is asked whether it
plays from there: each rendition by ranges over HTTP, each playlist against what is really stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from cms.media import keys, storage, tools
from cms.media.errors import ErrorCode, MediaError
from cms.media.products import Made, MadeRendition
from cms.media.runner import FORMATS, Limits, run
from cms.media.storage import Bucket
from content_models.models import FileRole, Rendition

# The only time that a tool may reach the network: a link to a file of our own.
PROTOCOLS = "http,https,tcp,tls"
SECONDS = 60.0
# Far less than a segment: what is cut off is cut where one ends.
TOLERATED_SECONDS = 2.0
SILENCE_MICROSECONDS = 15_000_000
RANGE = re.compile(r'BYTERANGE[:=]"?(?P<length>\d+)@(?P<offset>\d+)')
ADDRESS = re.compile(r'URI="(?P<uri>[^"]+)"')
BOXES = (b"ftyp", b"moof")

Tick = Callable[[], None]


def verify_stored(prefix: str, made: Made, *, tick: Tick) -> None:
    """Raises `OUTPUT_INVALID`, naming the file and what is wrong with it, or `STORAGE`."""
    sizes = {file.name: file.size for file in made.files}
    for name, size in sizes.items():
        there = storage.head(Bucket.STAGING, prefix + name)
        if there is None or there["ContentLength"] != size:
            raise _invalid(name, "it is not stored whole")
        tick()
    for rendition in made.renditions:
        _verify_rendition(prefix, rendition, made, tick)
        tick()
    for file in made.files:
        if file.role in {FileRole.PLAYLIST, FileRole.MASTER}:
            _verify_playlist(prefix, file.name, sizes)
            tick()


def _verify_rendition(prefix: str, rendition: MadeRendition, made: Made, tick: Tick) -> None:
    name = keys.rendition(rendition.name)
    found = _ask(storage.presigned_url(prefix + name), tick)
    if found is None:
        raise _invalid(name, "ffprobe cannot read it from storage")
    wanted = {"audio"} if made.has_audio else set()
    if rendition.kind == Rendition.Kind.VIDEO:
        wanted.add("video")
    streams = {stream["codec_type"] for stream in found["streams"]}
    if streams != wanted:
        raise _invalid(name, f"it has {sorted(streams)} instead of {sorted(wanted)}")
    duration = float(found["format"].get("duration", 0))
    if abs(duration - made.duration) > TOLERATED_SECONDS:
        raise _invalid(name, f"it lasts {duration:.1f} s instead of {made.duration:.1f} s")


def _ask(address: str, tick: Tick) -> dict[str, Any] | None:
    lines: list[str] = []
    outcome = run(
        [
            tools.ffprobe(),
            *("-v", "error", "-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS),
            *("-rw_timeout", str(SILENCE_MICROSECONDS), "-show_format", "-show_streams"),
            *("-of", "json", "-i", address),
        ],
        limits=Limits(seconds=SECONDS, network=True),
        on_line=lines.append,
        tick=tick,
    )
    return json.loads("\n".join(lines)) if outcome.succeeded else None


def _verify_playlist(prefix: str, name: str, sizes: dict[str, int]) -> None:
    """Every file that it names is stored, every range inside it; first and last are looked up."""
    text = b"".join(storage.read(Bucket.STAGING, prefix + name)).decode(errors="replace")
    if not text.startswith("#EXTM3U"):
        raise _invalid(name, "it is no playlist")
    ranges = []
    media = ""
    for uri, span in _references(text):
        media = uri or media
        if media not in sizes:
            raise _invalid(name, f"it names {media or 'nothing'}, which is not stored")
        if span is not None:
            offset, length = span
            if offset + length > sizes[media]:
                raise _invalid(name, f"{length}@{offset} goes beyond the end of {media}")
            ranges.append((media, offset))
    for uri, offset in ranges[:1] + ranges[-1:]:
        head = storage.read_range(Bucket.STAGING, prefix + uri, offset, 8)
        if head[4:] not in BOXES:
            raise _invalid(name, f"storage has no fragment of {uri} at {offset}")


def _references(text: str) -> list[tuple[str, tuple[int, int] | None]]:
    """File and range (offset, length) of each line that speaks of one."""
    found: list[tuple[str, tuple[int, int] | None]] = []
    for line in text.splitlines():
        span = RANGE.search(line)
        place = (int(span["offset"]), int(span["length"])) if span else None
        address = ADDRESS.search(line)
        if line and not line.startswith("#"):
            found.append((line, None))
        elif address or place:
            found.append((address["uri"] if address else "", place))
    return found


def _invalid(name: str, what: str) -> MediaError:
    return MediaError(
        ErrorCode.OUTPUT_INVALID, f"{name} is not what was made: {what}. It is made again."
    )
