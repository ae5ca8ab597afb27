"""A draft in the builder's words, its media behind short-lived links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import Page
from wagtail.rich_text import expand_db_html

from cms.media.interface import presigned_url
from content_models.models import Asset, FileRole, HomePage, LadderFile, UnitPage, VideoPage
from content_models.rights import RIGHTS_BY_CODE
from site_builder.records import Captions, Image, Link, Media, Rendition, Rights, Site, Unit, Video

LINK_SECONDS = 3600


def video(page: VideoPage, unit: UnitPage, *, blank_poster: str) -> Video:
    """The draft as the watch page shows it; times that are not yet are now."""
    rights = RIGHTS_BY_CODE[page.rights]
    with translation.override(settings.SITE_LANGUAGE):
        rights_label = str(rights.label)
    public_id = page.public_id
    return Video(
        id=f"video:{public_id}",
        version="draft",
        public_id=public_id,
        slug=page.slug,
        path=page.public_path,
        title=page.title,
        synopsis=page.synopsis,
        body_html=expand_db_html(page.body),
        incident_date=page.incident_date,
        incident_place=page.incident_place,
        published_at=_moment(page.first_published_at),
        updated_at=_moment(page.last_published_at),
        credit=page.credit,
        rights=Rights(code=rights.code, label=rights_label, url=rights.url),
        language=page.language,
        unit_code=unit.code,
        category_slugs=tuple(category.slug for category in page.categories.all()),
        tag_slugs=tuple(item.tag.slug for item in page.tagged_items.all()),
        media=_media(page.asset, blank_poster),
    )


def unit(page: UnitPage) -> Unit:
    """The unit the draft belongs to."""
    return Unit(
        id=f"unit:{page.code}",
        version="draft",
        code=page.code,
        name=page.title,
        level=page.level.upper(),
        region_code=page.region_code,
        summary=page.summary,
        path=page.public_path,
        parent_code=None,
        ancestor_codes=(),
    )


def site(home: HomePage) -> Site:
    """The site the draft would be published on."""
    return Site(
        id="site",
        version="draft",
        name=home.title,
        description=home.description,
        about_html="",
        language=settings.SITE_LANGUAGE,
    )


def unit_links(pages: Sequence[Page]) -> tuple[Link, ...]:
    """Links to the units above, from the top."""
    return tuple(
        Link(name=page.title, path=page.public_path, level=page.level.upper()) for page in pages
    )


def category_links(page: VideoPage) -> tuple[Link, ...]:
    """Links to the draft's categories."""
    return tuple(
        Link(name=category.name, path=f"/category/{category.slug}/")
        for category in page.categories.all()
    )


def tag_links(page: VideoPage) -> tuple[Link, ...]:
    """Links to the draft's tags."""
    return tuple(
        Link(name=item.tag.name, path=f"/tag/{item.tag.slug}/") for item in page.tagged_items.all()
    )


def _moment(value: datetime | None) -> datetime:
    return (value or timezone.now()).astimezone(UTC)


def _media(asset: Asset | None, blank_poster: str) -> Media:
    """What can be played now; without a ladder a player with nothing in it.

    There is no adaptive stream: its playlists name their files without a signature.
    """
    ladder = asset.ladder if asset else None
    files = list(ladder.files.select_related("ladder")) if ladder else []
    poster = next((file for file in files if file.role == FileRole.POSTER), None)
    blank = Image(url=blank_poster, width=1280, height=720, size=0, sha256="")
    return Media(
        duration=(asset.duration if asset else None) or 0.0,
        width=(asset.width if asset else None) or 1280,
        height=(asset.height if asset else None) or 720,
        frame_rate=(asset.frame_rate if asset else None) or 25.0,
        has_audio=bool(asset and asset.has_audio),
        original_sha256=asset.sha256 if asset else "",
        hls_url="",
        poster=_image(poster) if poster else blank,
        storyboard=None,
        renditions=tuple(
            Rendition(
                name=one.name,
                kind=one.kind.upper(),
                url=_link(one.file),
                playlist_url="",
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
            for one in (ladder.renditions.select_related("file__ladder") if ladder else ())
        ),
        captions=tuple(_captions(asset) if asset else ()),
    )


def _captions(asset: Asset) -> list[Captions]:
    with translation.override(settings.SITE_LANGUAGE):
        return [
            Captions(
                language=one.language,
                label=str(one.get_language_display()),
                kind=one.kind,
                url=reverse("video_files:captions_text", args=[asset.pk, one.pk]),
                size=one.size,
                sha256=one.sha256,
            )
            for one in asset.captions.all()
        ]


def _image(file: LadderFile) -> Image:
    return Image(
        url=_link(file),
        width=file.width or 1280,
        height=file.height or 720,
        size=file.size,
        sha256=file.sha256,
    )


def _link(file: LadderFile) -> str:
    return presigned_url(file.key, expires=LINK_SECONDS)
