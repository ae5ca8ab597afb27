"""The player for other sites: its size, the code to copy, its oEmbed answer (https://oembed.com)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from site_builder.records import Site, Unit, Video
from site_builder.settings import Settings

WIDTH = 640
TALLEST = 640
# Quality, captions and the link below the picture.
BAR = 64
DAY = 86_400
FRAME = Markup(
    '<iframe src="{address}" width="{width}" height="{height}" title="{title}" loading="lazy" '
    'style="border:0;max-width:100%" allow="fullscreen; picture-in-picture" '
    "allowfullscreen></iframe>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed:
    """What a watch page says of its player; addresses absolute, size in CSS pixels."""

    address: str
    oembed_address: str
    width: int
    height: int
    code: str


def path(public_id: str) -> str:
    """URL path of the player of a video."""
    return f"/embed/{public_id}/"


def of(video: Video, settings: Settings) -> Embed:
    """The player of a video: as wide as WIDTH, or for a tall picture as high as TALLEST."""
    width, height = video.media.width or 16, video.media.height or 9
    scale = min(WIDTH / width, TALLEST / height)
    size = {"width": round(width * scale), "height": round(height * scale) + BAR}
    address = settings.absolute(path(video.public_id))
    return Embed(
        address=address,
        oembed_address=f"{address}oembed.json",
        code=str(FRAME.format(address=address, title=video.title, **size)),
        **size,
    )


def oembed(video: Video, unit: Unit, site: Site, settings: Settings) -> dict[str, Any]:
    """The answer of oEmbed 1.0 about a watch page: `video`, or `rich` for sound alone."""
    player = of(video, settings)
    poster = video.media.poster
    return {
        "version": "1.0",
        "type": "rich" if video.media.kind == "AUDIO" else "video",
        "title": video.title,
        "author_name": unit.name,
        "author_url": settings.absolute(unit.path),
        "provider_name": site.name,
        "provider_url": settings.absolute("/"),
        "cache_age": DAY,
        "thumbnail_url": poster.url,
        "thumbnail_width": poster.width,
        "thumbnail_height": poster.height,
        "html": player.code,
        "width": player.width,
        "height": player.height,
    }
