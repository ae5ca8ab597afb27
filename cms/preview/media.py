"""What a draft's player plays: private files behind links that end when the preview's does."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from cms.media.interface import presigned_url, staged_text
from content_models.models import (
    Asset,
    AssetKind,
    Captions,
    FileRole,
    Ladder,
    LadderFile,
    Poster,
)
from content_models.transcript import passages
from site_builder import records
from site_builder.settings import origin

# Texts that name other files; the door hands them out with those names made into links.
INDEXES = (FileRole.MASTER, FileRole.PLAYLIST, FileRole.STORYBOARD)
CAPTIONS = re.compile(r"captions-(\d+)\.vtt")
SIGNER = "signer"
BLANK = {"width": 1280, "height": 720}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where one link's files are: texts under `base` (absolute, with a slash), media presigned."""

    base: str
    seconds: int
    _signed: dict[str, str] = field(default_factory=dict)

    def url(self, file: LadderFile | Poster) -> str:
        """Address of a file: of the door itself for a text that names others."""
        if isinstance(file, LadderFile) and file.role in INDEXES:
            return self.base + file.name
        if file.key not in self._signed:
            self._signed[file.key] = presigned_url(file.key, expires=self.seconds)
        return self._signed[file.key]

    def beside(self, name: str) -> Door:
        """The door of another asset's files: texts name their like by file name alone."""
        return Door(base=f"{self.base}{name}/", seconds=self.seconds)

    def captions_url(self, captions: Captions) -> str:
        """Address of timed text, which lies in the database until it is public."""
        return f"{self.base}captions-{captions.pk}.vtt"


def origins() -> tuple[str, ...]:
    """Hosts that media come from: private ones of the draft, public ones in lists."""
    return tuple(dict.fromkeys((origin(presigned_url("-")), origin(settings.MEDIA_BASE_URL))))


def note(asset: Asset | None) -> str:
    """Why there is nothing to play; empty if there is."""
    if asset is None:
        return _("No video file has been chosen yet.")
    if asset.ladder is not None:
        return ""
    if asset.is_unusable:
        return _("This video file cannot be used: see its page for the reason.")
    return _("The video file is still being processed. It will play here once it is ready.")


def text(asset: Asset | None, name: str, door: Door) -> tuple[str, str] | None:
    """Content and media type of a text of the asset that is shown; None if it has no such text."""
    if asset is None:
        return None
    if found := CAPTIONS.fullmatch(name):
        captions = asset.captions.filter(pk=found[1]).first()
        return (captions.text, "text/vtt") if captions else None
    if asset.ladder is None:
        return None
    files = {file.name: file for file in asset.ladder.files.select_related("ladder")}
    index = files.get(name)
    if index is None or index.role not in INDEXES:
        return None
    return _linked(staged_text(index.key), files, door), index.content_type


def media(
    asset: Asset | None, signer: Asset | None, door: Door, *, blank_poster: str
) -> records.Media:
    """What can be played now."""
    ladder = asset.ladder if asset else None
    files = list(ladder.files.select_related("ladder")) if ladder else []
    poster = _poster(asset, files)
    master = next((file for file in files if file.role == FileRole.MASTER), None)
    blank = records.Image(url=blank_poster, **BLANK, size=0, sha256="")
    renditions = _renditions(ladder, door) if ladder else ()
    top = next((one for one in renditions if one.width and one.height), None)
    return records.Media(
        kind=(asset.kind if asset else AssetKind.VIDEO).upper(),
        duration=(asset.duration if asset else None) or 0.0,
        width=(top.width if top else None) or BLANK["width"],
        height=(top.height if top else None) or BLANK["height"],
        frame_rate=(asset.frame_rate if asset else None) or 0.0,
        has_audio=bool(asset and asset.has_audio),
        original_sha256=asset.sha256 if asset else "",
        hls_url=door.url(master) if master else "",
        poster=_image(poster, door) if poster else blank,
        storyboard=_storyboard(ladder, files, door) if ladder else None,
        renditions=renditions,
        captions=tuple(_captions(one, door) for one in asset.captions.all()) if asset else (),
        sign_language=_sign_language(signer, door.beside(SIGNER)),
    )


def _sign_language(signer: Asset | None, door: Door) -> records.SignLanguage | None:
    """Nothing while it is processed: the preview shows the rest."""
    if signer is None or signer.ladder is None:
        return None
    files = {file.role: file for file in signer.ladder.files.select_related("ladder")}
    poster, master = files.get(FileRole.POSTER), files.get(FileRole.MASTER)
    renditions = tuple(one for one in _renditions(signer.ladder, door) if one.kind == "VIDEO")
    if poster is None or master is None or not renditions:
        return None
    return records.SignLanguage(
        duration=signer.duration or 0.0,
        width=renditions[0].width or BLANK["width"],
        height=renditions[0].height or BLANK["height"],
        original_sha256=signer.sha256,
        hls_url=door.url(master),
        poster=_image(poster, door),
        renditions=renditions,
    )


def _poster(asset: Asset | None, files: list[LadderFile]) -> LadderFile | Poster | None:
    """The editor's choice, else the one chosen by itself."""
    chosen: Poster | None = getattr(asset, "poster", None)
    return chosen or next((file for file in files if file.role == FileRole.POSTER), None)


def _linked(index: str, files: dict[str, LadderFile], door: Door) -> str:
    """The text with the names of media files as links; names of texts resolve beside it."""
    names = [name for name, file in files.items() if file.role not in INDEXES]
    if not names:
        return index
    either = "|".join(map(re.escape, names))
    pattern = re.compile(rf"(?<![\w./-])(?:{either})(?![\w./-])")
    return pattern.sub(lambda found: door.url(files[found[0]]), index)


def _renditions(ladder: Ladder, door: Door) -> tuple[records.Rendition, ...]:
    related = ladder.renditions.select_related("file__ladder", "playlist__ladder")
    return tuple(
        records.Rendition(
            name=one.name,
            kind=one.kind.upper(),
            url=door.url(one.file),
            playlist_url=door.url(one.playlist),
            width=one.width,
            height=one.height,
            frame_rate=one.frame_rate,
            codecs=one.codecs,
            bandwidth=one.bandwidth,
            average_bandwidth=one.average_bandwidth,
            size=one.file.size,
            sha256=one.file.sha256,
            content_type=one.file.content_type,
        )
        for one in related
    )


def _storyboard(ladder: Ladder, files: list[LadderFile], door: Door) -> records.Storyboard | None:
    sprites = sorted((f for f in files if f.role == FileRole.SPRITE), key=lambda f: f.name)
    index = next((f for f in files if f.role == FileRole.STORYBOARD), None)
    if not sprites or index is None:
        return None
    return records.Storyboard(
        vtt_url=door.url(index),
        sprites=tuple(_image(sprite, door) for sprite in sprites),
        columns=ladder.storyboard["columns"],
        rows=ladder.storyboard["rows"],
        tile_width=ladder.storyboard["tile_width"],
        tile_height=ladder.storyboard["tile_height"],
        interval=ladder.storyboard["interval"],
    )


def _captions(captions: Captions, door: Door) -> records.Captions:
    return records.Captions(
        language=captions.language,
        label=str(captions.get_language_display()),
        kind=captions.kind,
        url=door.captions_url(captions),
        size=captions.size,
        sha256=captions.sha256,
        transcript=tuple(
            records.Passage(start=passage.start, text=passage.text)
            for passage in passages(captions.text)
        ),
    )


def _image(file: LadderFile | Poster, door: Door) -> records.Image:
    return records.Image(
        url=door.url(file),
        width=file.width or BLANK["width"],
        height=file.height or BLANK["height"],
        size=file.size,
        sha256=file.sha256,
    )
