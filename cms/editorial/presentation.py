"""What an editor reads of a video file: state in plain words, sizes, the ladder as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cms.media.interface import describe, presigned_url
from content_models.models import Asset, AssetState, FileRole, LadderFile, Rendition

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
    """What the asset's page plays and shows; every URL is short-lived and private."""

    poster: str
    video: str
    content_type: str
    width: int
    height: int
    rungs: tuple[Rung, ...]
    total_size: int


def playback(asset: Asset) -> Playback | None:
    """Player and ladder of a ready asset, else None. Two queries, whatever the ladder's length."""
    if asset.ladder is None:
        return None
    files = list(asset.ladder.files.select_related("ladder"))
    renditions = list(asset.ladder.renditions.select_related("file", "file__ladder"))
    videos = [one for one in renditions if one.kind == Rendition.Kind.VIDEO]
    small = [one for one in videos if min(one.width or 0, one.height or 0) <= PREVIEW_HEIGHT]
    shown = next(iter(small or videos[-1:] or renditions), None)
    if shown is None:
        return None
    return Playback(
        poster=poster_url(next((one for one in files if one.role == FileRole.POSTER), None)),
        video=_link(shown.file),
        content_type=shown.file.content_type,
        width=shown.width or 0,
        height=shown.height or 0,
        rungs=tuple(
            Rung(
                name=_("Audio only") if one.kind == Rendition.Kind.AUDIO else one.name,
                resolution=f"{one.width} × {one.height}" if one.width else "",
                codecs=one.codecs,
                rate=bit_rate(one.average_bandwidth),
                size=one.file.size,
            )
            for one in renditions
        ),
        total_size=sum(one.size for one in files),
    )


def poster_url(poster: LadderFile | None) -> str:
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


def _link(file: LadderFile) -> str:
    # `staging` holds every ladder, whether public or not.
    return presigned_url(file.key, expires=LINK_SECONDS)
