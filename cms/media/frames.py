"""One picture of a video at a second, from the few megabytes of a rendition that hold it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from cms.media import keys, storage, tools
from cms.media.errors import ErrorCode, MediaError
from cms.media.pictures import Still, still_of
from cms.media.runner import FORMATS, GIGABYTE, PROTOCOLS, Limits, run
from cms.media.space import require_space
from cms.media.storage import Bucket
from cms.media.verify import MAP, RANGE
from content_models.models import Ladder, Rendition

# An editor waits for it, and so does a thread of the web process.
LIMITS = Limits(seconds=20, memory=2 * GIGABYTE, file_size=64 * 1024**2)
MOST_BYTES = 64 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where the fragment of a moment lies: offsets and lengths in bytes, `begins` in seconds."""

    init: tuple[int, int]
    fragment: tuple[int, int]
    begins: float
    ends: float


def frame(ladder: Ladder, seconds: float) -> Still:
    """The picture that the best rendition shows at a second, the last one past its end.

    Only the fragment is fetched, and ffmpeg reads it from disk. Raises `NO_FRAME`, `STORAGE`,
    `DISK_FULL` or `TIME_LIMIT`.
    """
    top = ladder.renditions.filter(kind=Rendition.Kind.VIDEO).select_related("file", "playlist")
    rendition = top.first()
    if rendition is None:
        raise MediaError(ErrorCode.NO_FRAME, f"{ladder.prefix} has no picture.")
    prefix = ladder.prefix
    playlist = b"".join(storage.read(Bucket.STAGING, prefix + rendition.playlist.name)).decode()
    part = part_at(playlist, seconds)
    key = prefix + keys.rendition(rendition.name)
    with tempfile.TemporaryDirectory(prefix="frame-") as folder:
        source = Path(folder) / "part.mp4"
        require_space(source.parent, 2 * part.fragment[1])
        source.write_bytes(
            storage.read_range(Bucket.STAGING, key, *part.init)
            + storage.read_range(Bucket.STAGING, key, *part.fragment)
        )
        return _decoded(source, min(max(seconds, part.begins), part.ends))


def part_at(playlist: str, seconds: float) -> Part:
    """The segment of a byte-range playlist that plays at a second; the last one past the end."""
    init: tuple[int, int] | None = None
    length, clock = 0.0, 0.0
    found: Part | None = None
    for line in playlist.splitlines():
        if line.startswith("#EXTINF:"):
            length = float(line.removeprefix("#EXTINF:").partition(",")[0])
        elif match := MAP.match(line):
            init = int(match["offset"]), int(match["length"])
        elif (match := RANGE.match(line)) and init:
            fragment = int(match["offset"]), int(match["length"])
            found = Part(init=init, fragment=fragment, begins=clock, ends=clock + length)
            clock += length
            if seconds < clock:
                break
    if found is None or found.fragment[1] > MOST_BYTES:
        raise MediaError(ErrorCode.NO_FRAME, f"There is no picture to take at {seconds:.1f} s.")
    return found


def _decoded(source: Path, seconds: float) -> Still:
    """The picture on screen at a moment: the last one that begins no later."""
    target = source.with_name("frame.png")
    chosen = f"select='lte(t,{seconds + 0.0005:.4f})'"
    arguments = [
        tools.ffmpeg(), "-nostdin", "-hide_banner", "-v", "error", "-copyts",
        "-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-i", str(source),
        "-an", "-vf", chosen, "-fps_mode", "passthrough", "-update", "1", "-y", str(target),
    ]  # fmt: skip
    outcome = run(arguments, limits=LIMITS, on_line=lambda line: None, tick=lambda: None)
    if not outcome.succeeded or not target.exists():
        raise MediaError(
            ErrorCode.NO_FRAME,
            f"No picture could be taken at {seconds:.1f} s.",
            detail=outcome.errors,
        )
    with target.open("rb") as file:
        return still_of(file, size=0, shortest=1)
