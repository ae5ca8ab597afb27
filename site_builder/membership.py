"""Which keys a changed record makes dirty: pure functions of the record before and after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from site_builder import keys
from site_builder.records import (
    Category,
    Image,
    Media,
    Photograph,
    Publication,
    Rendition,
    Rights,
    Site,
    Story,
    Tag,
    Unit,
    Video,
)

MAX_DEPTH = 32
NO_JS_HEIGHT = 480
CARD_WIDTH = 640
SIGN_LINES = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A publication's place on the site: its listings, its place there and what they show of it."""

    node_id: str
    path: str
    title: str
    sort: str
    day: str
    listings: frozenset[str]
    record_digest: str
    card_digest: str
    entry_digest: str
    player_digest: str


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


def still(photograph: Photograph) -> Image:
    """The smallest copy that still fills a card."""
    enough = [copy for copy in photograph.jpegs if max(copy.width, copy.height) >= CARD_WIDTH]
    return (enough or photograph.jpegs)[-1]


def card(shown: Publication) -> dict[str, Any]:
    """What an HTML listing shows of a publication, as stored (the unit by its code)."""
    return {
        "public_id": shown.public_id,
        "path": shown.path,
        "title": shown.title,
        "synopsis": shown.synopsis,
        "published_at": shown.published_at.isoformat(),
        "incident_date": shown.incident_date.isoformat() if shown.incident_date else None,
        "incident_place": shown.incident_place,
        "language": shown.language,
        "unit": shown.unit_code,
        **_face(shown),
    }


def _face(shown: Publication) -> dict[str, Any]:
    """What a card says of what there is to see or to hear."""
    if isinstance(shown, Story):
        lead = still(shown.photographs[0])
        return {"poster": _stored(lead), "kind": "STORY", "duration": 0.0, "has_captions": False}
    if not isinstance(shown, Video):
        raise TypeError(f"no card shows a {type(shown).__name__}")
    media = shown.media
    return {
        "poster": _stored(media.poster),
        "kind": media.kind,
        "duration": media.duration,
        "has_captions": bool(media.captions),
    }


def _stored(image: Image) -> dict[str, Any]:
    return {
        "url": image.url,
        "width": image.width,
        "height": image.height,
        "size": image.size,
        "sha256": image.sha256,
    }


def entry(shown: Publication) -> dict[str, Any]:
    """What feeds and sitemaps carry of a publication beyond its card."""
    return {"updated_at": shown.updated_at.isoformat(), **_enclosure(shown)}


def _enclosure(shown: Publication) -> dict[str, Any]:
    """The file that a reader of feeds may fetch."""
    if isinstance(shown, Story):
        lead = shown.photographs[0].jpegs[0]
        return {
            "content_url": lead.url,
            "content_type": lead.content_type,
            "content_size": lead.size,
            "image_urls": [photograph.jpegs[0].url for photograph in shown.photographs],
        }
    if not isinstance(shown, Video):
        raise TypeError(f"no feed carries a {type(shown).__name__}")
    file = default_rendition(shown.media)
    return {
        "content_url": file.url if file else shown.media.hls_url,
        "content_type": file.content_type if file else "application/vnd.apple.mpegurl",
        "content_size": file.size if file else 0,
    }


def as_played(video: Video) -> Video:
    """A video as its player alone shows it: what that does not show is empty."""
    captions = tuple(replace(one, transcript=()) for one in video.media.captions)
    return replace(
        video,
        version="",
        synopsis="",
        body_html="",
        incident_date=None,
        incident_place="",
        updated_at=video.published_at,
        credit="",
        rights=Rights(code="", label="", url=""),
        category_slugs=(),
        tag_slugs=(),
        media=replace(video.media, captions=captions),
    )


def chain(code: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """A unit and the units above it, from the top down; empty if the unit is not public."""
    steps: list[str] = []
    current: str | None = code
    while current is not None and current in parents and len(steps) < MAX_DEPTH:
        steps.append(current)
        current = parents[current]
    return tuple(reversed(steps))


def listings(shown: Publication, unit_chain: tuple[str, ...]) -> frozenset[str]:
    """Every listing that shows the publication."""
    return frozenset(
        [
            keys.ALL,
            *(f"unit/{code}" for code in unit_chain),
            *(f"category/{slug}" for slug in shown.category_slugs),
            *(f"tag/{slug}" for slug in shown.tag_slugs),
        ]
    )


def has_months(listing: str) -> bool:
    """Tags are listed by their newest only; all other listings have an archive."""
    return not listing.startswith("tag/")


def publication_keys(before: Placed | None, after: Placed | None) -> Iterator[str]:
    """Dirty keys of a publication that appears, changes or goes; the store counts months."""
    known = before or after
    if known is None:
        return
    yield from _identity_keys(known.node_id, before, after)
    yield from _tally_keys(before, after)
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


def _identity_keys(node_id: str, before: Placed | None, after: Placed | None) -> Iterator[str]:
    if (before.record_digest if before else None) != (after.record_digest if after else None):
        yield keys.page(node_id)
    if (before.player_digest if before else None) != (after.player_digest if after else None):
        yield keys.player(node_id)
    if _link(before) != _link(after):
        yield node_id


def _tally_keys(before: Placed | None, after: Placed | None) -> Iterator[str]:
    old = dict.fromkeys(before.listings, before.sort) if before else {}
    new = dict.fromkeys(after.listings, after.sort) if after else {}
    for listing in old.keys() | new.keys():
        if old.get(listing) != new.get(listing) and has_months(listing):
            yield keys.tally(listing)


def _link(placed: Placed | None) -> tuple[str, str] | None:
    return (placed.title, placed.path) if placed else None


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
        yield keys.TAGS


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
