"""What an editor reads of a video file: state in plain words, sizes, the ladder as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cms.editorial.forms import PosterForm
from cms.media.interface import describe, posters, presigned_url
from content_models.models import (
    Asset,
    AssetKind,
    AssetState,
    FileRole,
    LadderFile,
    Poster,
    Rendition,
)

# Players begin with a rung that suits a phone.
PREVIEW_HEIGHT = 480
LINK_SECONDS = 3600


def status_json(asset: Asset) -> dict[str, Any]:
    """The state in plain words, as shown in pages and told to the page that polls."""
    status = describe(asset)
    return {
        "state": status.state,
        "label": status.label,
        "stage": status.stage_label,
        "progress": 100 if asset.state == AssetState.READY else status.progress,
        "message": " ".join(filter(None, [status.message, *status.notes])),
        "settled": status.is_settled,
        "can_retry": status.can_retry,
        "can_cancel": status.can_cancel,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One line of the ladder table. Bytes."""

    name: str
    resolution: str
    codecs: str
    rate: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """What the asset's page plays and shows; every URL is short-lived and private.

    `kind` is `video`, `audio` or `photo`; `file` is what the browser plays or draws. Pixels, bytes.
    """

    kind: str
    poster: str
    file: str
    content_type: str
    width: int
    height: int
    rungs: tuple[Rung, ...]
    file_count: int
    total_size: int


def playback(asset: Asset) -> Playback | None:
    """Player and ladder of a ready asset, else None. Two queries, whatever the ladder's length."""
    if asset.ladder is None:
        return None
    files = list(asset.ladder.files.select_related("ladder"))
    renditions = list(asset.ladder.renditions.select_related("file", "file__ladder"))
    photos = sorted(
        (one for one in files if one.role == FileRole.PHOTO), key=lambda one: -(one.width or 0)
    )
    shown = _to_play(renditions)
    file = shown.file if shown else next(iter(photos), None)
    if file is None:
        return None
    return Playback(
        kind=shown.kind if shown else AssetKind.PHOTO,
        poster=poster_url(_shown(asset, files)),
        file=_link(file),
        content_type=file.content_type,
        width=file.width or 0,
        height=file.height or 0,
        rungs=tuple(map(_rung, renditions)) or tuple(map(_photo_rung, photos)),
        file_count=len(files),
        total_size=sum(one.size for one in files),
    )


def _to_play(renditions: list[Rendition]) -> Rendition | None:
    """A quality that suits a phone; sound where there is no picture."""
    videos = [
        one for one in renditions if one.kind == Rendition.Kind.VIDEO and one.plays_everywhere
    ]
    small = [one for one in videos if min(one.width or 0, one.height or 0) <= PREVIEW_HEIGHT]
    return next(iter(small or videos[-1:] or renditions), None)


def _rung(one: Rendition) -> Rung:
    return Rung(
        name=_("Audio only")
        if one.kind == Rendition.Kind.AUDIO
        else one.name.replace("-av1", " AV1"),
        resolution=f"{one.width} × {one.height}" if one.width else "",
        codecs=one.codecs,
        rate=bit_rate(one.average_bandwidth),
        size=one.file.size,
    )


def _photo_rung(file: LadderFile) -> Rung:
    return Rung(
        name=file.name,
        resolution=f"{file.width} × {file.height}" if file.width else "",
        codecs=file.content_type,
        rate="",
        size=file.size,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StillChoice:
    """A picture that may stand for the video; `name` is the form's value."""

    name: str
    label: str
    url: str
    width: int
    height: int
    chosen: bool


def still_choices(asset: Asset) -> list[StillChoice]:
    """The poster in use, if somebody chose it, then those that the video offers."""
    chosen: Poster | None = getattr(asset, "poster", None)
    found: list[tuple[str, str, LadderFile | Poster]] = []
    if chosen is not None:
        found.append((PosterForm.KEEP, _("The chosen one"), chosen))
    for number, file in enumerate(posters.candidates(asset)):
        automatic = file.role == FileRole.POSTER
        label = _("Chosen by itself") if automatic else _("Picture %(n)d") % {"n": number}
        found.append((PosterForm.AUTOMATIC if automatic else file.name, label, file))
    return [
        StillChoice(
            name=name,
            label=label,
            url=_link(file),
            width=file.width or 0,
            height=file.height or 0,
            chosen=number == 0,
        )
        for number, (name, label, file) in enumerate(found)
    ]


def poster_of(asset: Asset) -> LadderFile | Poster | None:
    """The still that stands for the asset."""
    files = asset.ladder.files.select_related("ladder") if asset.ladder else ()
    return _shown(asset, files)


def _shown(asset: Asset, files: Iterable[LadderFile]) -> LadderFile | Poster | None:
    chosen: Poster | None = getattr(asset, "poster", None)
    return chosen or next((one for one in files if one.role == FileRole.POSTER), None)


def poster_url(poster: LadderFile | Poster | None) -> str:
    """Short-lived address of a poster, empty without one."""
    return _link(poster) if poster else ""


def bit_rate(bits: int) -> str:
    """Bits per second as people write them: `4.2 Mbit/s`, with the language's comma."""
    if bits >= 1_000_000:
        return f"{number_format(bits / 1_000_000, 1)} Mbit/s"
    return f"{number_format(round(bits / 1000))} kbit/s"


def length(seconds: float) -> str:
    """A duration as a clock shows it: `4:05`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _link(file: LadderFile | Poster) -> str:
    # `staging` holds every ladder, whether public or not.
    return presigned_url(file.key, expires=LINK_SECONDS)
