"""Which keys a changed record makes dirty: pure functions of the record before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from site_builder import keys
from site_builder.records import Category, Media, Rendition, Site, Tag, Unit, Video

MAX_DEPTH = 32
NO_JS_HEIGHT = 480
SIGN_LINES = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A video's place on the site: its listings, its place in them and what they show of it."""

    video_id: str
    path: str
    sort: str
    month: str
    listings: frozenset[str]
    record_digest: str
    card_digest: str
    entry_digest: str


def digest(value: object) -> str:
    """SHA-256 over the canonical JSON of a value."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def default_rendition(media: Media) -> Rendition | None:
    """What plays without JavaScript: the best picture up to 480 lines, else the smallest."""
    pictures = [one for one in media.renditions if one.kind == "VIDEO" and one.plays_everywhere]
    modest = [rendition for rendition in pictures if (rendition.height or 0) <= NO_JS_HEIGHT]
    if modest:
        return max(modest, key=lambda rendition: (rendition.height or 0, rendition.bandwidth))
    return min(
        pictures or media.renditions, key=lambda rendition: rendition.bandwidth, default=None
    )


def signing_rendition(renditions: Sequence[Rendition]) -> Rendition | None:
    """What shows the signer without JavaScript: hands can be read from 240 lines on."""
    known = [one for one in renditions if one.plays_everywhere]
    legible = [one for one in known if min(one.width or 0, one.height or 0) >= SIGN_LINES]
    return min(legible or known, key=lambda one: one.bandwidth, default=None)


def card(video: Video) -> dict[str, Any]:
    """What an HTML listing shows of a video, as stored (the unit by its code)."""
    poster = video.media.poster
    return {
        "public_id": video.public_id,
        "path": video.path,
        "title": video.title,
        "synopsis": video.synopsis,
        "poster": {
            "url": poster.url,
            "width": poster.width,
            "height": poster.height,
            "size": poster.size,
            "sha256": poster.sha256,
        },
        "kind": video.media.kind,
        "duration": video.media.duration,
        "published_at": video.published_at.isoformat(),
        "incident_date": video.incident_date.isoformat() if video.incident_date else None,
        "incident_place": video.incident_place,
        "language": video.language,
        "has_captions": bool(video.media.captions),
        "unit": video.unit_code,
    }


def entry(video: Video) -> dict[str, Any]:
    """What feeds and sitemaps carry of a video beyond its card."""
    file = default_rendition(video.media)
    return {
        "updated_at": video.updated_at.isoformat(),
        "content_url": file.url if file else video.media.hls_url,
        "content_type": file.content_type if file else "application/vnd.apple.mpegurl",
        "content_size": file.size if file else 0,
    }


def chain(code: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """A unit and the units above it, from the top down; empty if the unit is not public."""
    steps: list[str] = []
    current: str | None = code
    while current is not None and current in parents and len(steps) < MAX_DEPTH:
        steps.append(current)
        current = parents[current]
    return tuple(reversed(steps))


def listings(video: Video, unit_chain: tuple[str, ...]) -> frozenset[str]:
    """Every listing that shows the video."""
    return frozenset(
        [
            keys.ALL,
            *(f"unit/{code}" for code in unit_chain),
            *(f"category/{slug}" for slug in video.category_slugs),
            *(f"tag/{slug}" for slug in video.tag_slugs),
        ]
    )


def has_months(listing: str) -> bool:
    """Tags are listed by their newest only; all other listings are archived by month."""
    return not listing.startswith("tag/")


def video_keys(before: Placed | None, after: Placed | None) -> Iterator[str]:
    """Dirty keys of a video that appears, changes or goes; months are counted by the store."""
    known = before or after
    if known is None:
        return
    yield from _identity_keys(known.video_id, before, after)
    if before and after and _same_cards(before, after):
        for listing in before.listings ^ after.listings:
            yield from _point_keys(listing, after.sort)
        if before.entry_digest != after.entry_digest:
            yield keys.SITEMAPS
            for listing in before.listings & after.listings:
                yield keys.point("feed", listing, after.sort)
        return
    yield keys.SITEMAPS
    for side in (before, after):
        for listing in side.listings if side else ():
            yield from _point_keys(listing, side.sort if side else "")


def _identity_keys(video_id: str, before: Placed | None, after: Placed | None) -> Iterator[str]:
    if (before.record_digest if before else None) != (after.record_digest if after else None):
        yield keys.page(video_id)
    if (before.path if before else None) != (after.path if after else None):
        yield video_id


def _same_cards(before: Placed, after: Placed) -> bool:
    return before.card_digest == after.card_digest and before.sort == after.sort


def _point_keys(listing: str, sort: str) -> Iterator[str]:
    yield keys.point("list", listing, sort)
    yield keys.point("feed", listing, sort)


def unit_keys(before: Unit | None, after: Unit | None) -> Iterator[str]:
    """Dirty keys of a unit that appears, changes or goes."""
    known = before or after
    if known is None or before == after:
        return
    yield keys.page(known.id)
    if _unit_link(before) != _unit_link(after):
        yield known.id
        for side in (before, after):
            if side:
                yield keys.units_under(side.parent_code)
                yield keys.units_at(side.level)
    yield from _path_keys(before, after)


def _unit_link(unit: Unit | None) -> tuple[str, str, str, str | None] | None:
    return (unit.name, unit.path, unit.level, unit.parent_code) if unit else None


def category_keys(before: Category | None, after: Category | None) -> Iterator[str]:
    """Dirty keys of a category that appears, changes or goes."""
    known = before or after
    if known is None or before == after:
        return
    yield keys.page(known.id)
    if (before.name if before else None) != (after.name if after else None):
        yield known.id
        yield keys.CATEGORIES
    yield from _path_keys(before, after)


def tag_keys(before: Tag | None, after: Tag | None) -> Iterator[str]:
    """Dirty keys of a tag that appears, changes or goes."""
    known = before or after
    if known is None or before == after:
        return
    yield keys.page(known.id)
    if (before.name if before else None) != (after.name if after else None):
        yield known.id
    yield from _path_keys(before, after)


def _path_keys(before: object | None, after: object | None) -> Iterator[str]:
    if (before is None) != (after is None):
        yield keys.PATHS


def site_keys(before: Site | None, after: Site | None) -> Iterator[str]:
    """Dirty keys of the site's own record: its text on the about page, or its name everywhere."""
    if after is None or before == after:
        return
    yield keys.page(after.id)
    if before is None or _site_face(before) != _site_face(after):
        yield keys.SITE


def _site_face(site: Site) -> tuple[str, str, str]:
    return site.name, site.description, site.language
