"""A draft's own texts in the builder's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from wagtail.rich_text import expand_db_html

from content_models.models import HomePage, Publication, StoryPage, UnitPage, VideoPage
from content_models.rights import RIGHTS_BY_CODE
from site_builder.records import Link, Media, Photograph, Rights, Site, Story, Unit, Video

DRAFT = "draft"


def video(page: VideoPage, unit_code: str, media: Media) -> Video:
    """The draft as the watch page shows it."""
    return Video(**_publication(page, unit_code), media=media)


def story(page: StoryPage, unit_code: str, photographs: Iterable[Photograph]) -> Story:
    """The draft of a story with those of its photographs that can be shown now."""
    return Story(**_publication(page, unit_code), photographs=tuple(photographs), video_ids=())


def _publication(page: Publication, unit_code: str) -> dict[str, Any]:
    """What all drafts say; times that are not yet are now."""
    rights = RIGHTS_BY_CODE.get(page.rights) or RIGHTS_BY_CODE[_default_rights()]
    return {
        "id": page.node_id,
        "version": DRAFT,
        "public_id": page.public_id,
        "slug": page.slug,
        "path": page.public_path,
        "title": page.title,
        "synopsis": page.synopsis,
        "body_html": expand_db_html(page.body),
        "incident_date": page.incident_date,
        "incident_place": page.incident_place,
        "published_at": _moment(page.first_published_at),
        "updated_at": _moment(page.last_published_at),
        "credit": page.credit,
        "rights": Rights(code=rights.code, label=str(rights.label), url=rights.url),
        "language": page.language,
        "unit_code": unit_code,
        "category_slugs": tuple(category.slug for category in page.categories.all()),
        "tag_slugs": tuple(item.tag.slug for item in page.tagged_items.all()),
    }


def unit(page: UnitPage) -> Unit:
    """The draft of a unit; where it stands is not the draft's to say."""
    return Unit(
        id=f"unit:{page.code}",
        version=DRAFT,
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
    """The draft of the site's own texts."""
    return Site(
        id="site:site",
        version=DRAFT,
        name=home.title,
        description=home.description,
        about_html=expand_db_html(home.about),
        language=settings.SITE_LANGUAGE,
    )


def category_links(page: Publication) -> list[Link]:
    """Links to the draft's categories."""
    return [
        Link(name=category.name, path=f"/category/{category.slug}/")
        for category in page.categories.all()
    ]


def tag_links(page: Publication) -> list[Link]:
    """Links to the draft's tags."""
    return [
        Link(name=item.tag.name, path=f"/tag/{item.tag.slug}/") for item in page.tagged_items.all()
    ]


def _default_rights() -> str:
    return str(Publication._meta.get_field("rights").default)


def _moment(value: datetime | None) -> datetime:
    return (value or timezone.now()).astimezone(UTC)
