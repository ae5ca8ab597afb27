"""What one encode leaves behind, file by file, and the playlists written beside it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from cms.media import boxes, keys, playlists, stills
from cms.media.errors import ErrorCode, MediaError
from cms.media.graph import STILL_PATTERN
from cms.media.ladder import Plan
from content_models.models import FileRole, Rendition

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
# The master playlist begins with the highest rung up to this: it plays at once on a phone.
FIRST_RUNG_UP_TO = 480
# How names of codecs begin that every player knows.
EVERYWHERE = ("avc1.", "mp4a.")
# Pictures for seeking come from the lowest rung that still shows something.
IFRAMES_FROM = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """A finished file: size in bytes, SHA-256 in hex, pixels where it has any."""

    path: Path
    role: FileRole
    content_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRendition:
    """A quality: its files by name and what a player must know of it (bits a second)."""

    name: str
    kind: Rendition.Kind
    variant: playlists.Variant
    index: boxes.Index = field(repr=False)

    @property
    def plays_everywhere(self) -> bool:
        """Not of the economy set."""
        return self.variant.codecs.startswith(EVERYWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All that was made of an asset, on local disk: duration in seconds, rate in Hz if it moves."""

    files: tuple[MadeFile, ...]
    renditions: tuple[MadeRendition, ...] = ()
    storyboard: stills.Storyboard | None = None
    duration: float = 0.0
    frame_rate: Fraction | None = None
    has_audio: bool = False

    @property
    def bytes(self) -> int:
        return sum(made.size for made in self.files)


def finish(target: Path, plan: Plan, board: stills.Storyboard) -> Made:
    """Index what ffmpeg wrote, write playlists, choose the poster; raises `OUTPUT_INVALID`."""
    try:
        renditions = tuple(_renditions(target, plan))
        _write_playlists(target, renditions)
        files = [*_rendition_files(target, renditions), *_playlist_files(target, renditions)]
        files += _still_files(target, board, plan.duration)
    except (boxes.BoxError, OSError, ValueError) as error:
        raise MediaError(
            ErrorCode.OUTPUT_INVALID,
            f"The encoder's output is not what was asked for: {error}. It is tried again.",
        ) from error
    return Made(
        files=tuple(files),
        renditions=renditions,
        storyboard=board,
        duration=plan.duration,
        frame_rate=plan.frame_rate,
        has_audio=plan.has_audio,
    )


def _renditions(target: Path, plan: Plan) -> list[MadeRendition]:
    made = [
        rendition(target, rung.name, Rendition.Kind.VIDEO, rung.width, rung.height, plan.frame_rate)
        for rung in plan.all_rungs
    ]
    if plan.has_audio:
        made.append(rendition(target, keys.AUDIO, Rendition.Kind.AUDIO, None, None, None))
    return made


def rendition(
    target: Path,
    name: str,
    kind: Rendition.Kind,
    width: int | None,
    height: int | None,
    frame_rate: Fraction | None,
) -> MadeRendition:
    index = boxes.read_index(target / keys.rendition(name))
    parts = playlists.segments(index)
    return MadeRendition(
        name=name,
        kind=kind,
        index=index,
        variant=playlists.Variant(
            playlist=keys.playlist(name),
            codecs=index.codecs,
            bandwidth=playlists.peak_bandwidth(parts),
            average_bandwidth=playlists.average_bandwidth(parts),
            width=width,
            height=height,
            frame_rate=frame_rate,
        ),
    )


def _write_playlists(target: Path, renditions: tuple[MadeRendition, ...]) -> None:
    for made in renditions:
        text = playlists.media_playlist(keys.rendition(made.name), made.index)
        (target / keys.playlist(made.name)).write_text(text)
    source = _iframe_source(renditions)
    (target / keys.IFRAMES).write_text(
        playlists.iframe_playlist(keys.rendition(source.name), source.index)
    )
    (target / keys.MASTER).write_text(
        playlists.master_playlist(
            [made.variant for made in _in_master_order(_scored(renditions))],
            _iframe_variant(source),
        )
    )


def _scored(renditions: tuple[MadeRendition, ...]) -> tuple[MadeRendition, ...]:
    """Where there is an economy set: who can play it prefers it, among equals in size."""
    if all(made.plays_everywhere for made in renditions):
        return renditions
    sizes = sorted({_short_side(made) for made in renditions})
    return tuple(
        replace(
            made,
            variant=replace(
                made.variant,
                score=1.0 + sizes.index(_short_side(made)) + 0.5 * (not made.plays_everywhere),
            ),
        )
        for made in renditions
    )


def _in_master_order(renditions: tuple[MadeRendition, ...]) -> list[MadeRendition]:
    videos = _for_everybody(renditions)
    first = next((made for made in videos if _short_side(made) <= FIRST_RUNG_UP_TO), videos[-1])
    return [first, *(made for made in renditions if made is not first)]


def _for_everybody(renditions: tuple[MadeRendition, ...]) -> list[MadeRendition]:
    return [one for one in renditions if one.kind == Rendition.Kind.VIDEO and one.plays_everywhere]


def _iframe_source(renditions: tuple[MadeRendition, ...]) -> MadeRendition:
    videos = _for_everybody(renditions)
    return next((made for made in reversed(videos) if _short_side(made) >= IFRAMES_FROM), videos[0])


def _short_side(made: MadeRendition) -> int:
    return min(made.variant.width or 0, made.variant.height or 0)


def _iframe_variant(source: MadeRendition) -> playlists.Variant:
    parts = playlists.keyframes(source.index)
    if not parts:
        raise boxes.BoxError("no fragment begins with a keyframe")
    picture = next(track for track in source.index.tracks if track.kind == "vide")
    return playlists.Variant(
        playlist=keys.IFRAMES,
        codecs=picture.codec,
        bandwidth=playlists.peak_bandwidth(parts),
        average_bandwidth=playlists.average_bandwidth(parts),
        width=source.variant.width,
        height=source.variant.height,
    )


def _rendition_files(target: Path, renditions: tuple[MadeRendition, ...]) -> list[MadeFile]:
    return [
        file_made(
            target / keys.rendition(made.name),
            FileRole.RENDITION,
            "audio/mp4" if made.kind == Rendition.Kind.AUDIO else "video/mp4",
            (made.variant.width, made.variant.height),
        )
        for made in renditions
    ]


def _playlist_files(target: Path, renditions: tuple[MadeRendition, ...]) -> list[MadeFile]:
    names = [*(keys.playlist(made.name) for made in renditions), keys.IFRAMES]
    files = [file_made(target / name, FileRole.PLAYLIST, PLAYLIST_TYPE) for name in names]
    return [*files, file_made(target / keys.MASTER, FileRole.MASTER, PLAYLIST_TYPE)]


def _still_files(target: Path, board: stills.Storyboard, duration: float) -> list[MadeFile]:
    sprite, index = target / keys.SPRITE, target / keys.STORYBOARD
    index.write_text(stills.storyboard_vtt(board, keys.SPRITE, duration))
    return [
        *_posters(target),
        file_made(sprite, FileRole.SPRITE, "image/jpeg", stills.image_size(sprite)),
        file_made(index, FileRole.STORYBOARD, "text/vtt; charset=utf-8"),
    ]


def _posters(target: Path) -> list[MadeFile]:
    """The still that shows most is the poster; the others stay for an editor to choose from."""
    found = stills.by_information(list(target.glob(STILL_PATTERN.replace("%d", "*"))))
    if not found:
        raise ValueError("no poster was written")
    names = [keys.POSTER, *(keys.CANDIDATE.format(number) for number in range(1, len(found)))]
    roles = [FileRole.POSTER, *[FileRole.CANDIDATE] * (len(found) - 1)]
    return [
        file_made(path, role, "image/jpeg", stills.image_size(path))
        for role, path in zip(
            roles,
            (still.rename(target / name) for still, name in zip(found, names, strict=True)),
            strict=True,
        )
    ]


def file_made(
    path: Path,
    role: FileRole,
    content_type: str,
    size: tuple[int | None, int | None] = (None, None),
) -> MadeFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return MadeFile(
        path=path,
        role=role,
        content_type=content_type,
        size=path.stat().st_size,
        sha256=digest,
        width=size[0],
        height=size[1],
    )
