"""What surrounds a draft: lists as the public has them, asked for as the public asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from wagtail.models import Page

from cms.api.interface import execute
from cms.publishing.interface import visibility
from content_models.models import UnitPage, VideoPage
from site_builder import decode
from site_builder.documents import with_fragments
from site_builder.errors import BuilderError, ErrorCode
from site_builder.keys import ZONE
from site_builder.preview import LATEST, card
from site_builder.records import Card, Link, Month, Publication, Site
from site_builder.views import month_view

SITE = 'query { nodes(ids: ["site:site"]) { ...SiteRecord } }'
ABOVE = "query ($code: String!) { unit(code: $code) { ancestors { ...UnitRecord } ...UnitRecord } }"
LATEST_VIDEOS = """query ($first: Int!, $code: String) {
  found: videos(first: $first, unit: $code) { nodes { ...VideoRecord unit { name path level } } }
}"""
LATEST_STORIES = """query ($first: Int!, $code: String) {
  found: stories(first: $first, unit: $code) { nodes { ...StoryRecord unit { name path level } } }
}"""
VIDEOS = """query ($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Video { ...VideoRecord unit { name path level } } }
}"""
CHILDREN = "query ($code: String!) { units(first: 500, parent: $code) { nodes { ...UnitRecord } } }"
TOP_UNITS = """query {
  mabes: units(first: 500, level: MABES) { nodes { ...UnitRecord } }
  polda: units(first: 500, level: POLDA) { nodes { ...UnitRecord } }
}"""
CATEGORIES = "query { categories(first: 100) { nodes { ...CategoryRecord } } }"

Node = dict[str, Any]


def site() -> Site:
    """The site; before it is public, with its name alone."""
    (node,) = _ask(SITE)["nodes"]
    if node is not None:
        return decode.site(node)
    return Site(
        id="site:site",
        version="",
        name=settings.WAGTAIL_SITE_NAME,
        description="",
        about_html="",
        language=settings.SITE_LANGUAGE,
    )


def ancestors(page: Page) -> list[Link]:
    """Public units down to and with this page, from the top."""
    above = visibility.public_units().ancestor_of(page, inclusive=True).order_by("-depth").first()
    if above is None:
        return []
    node = _ask(ABOVE, code=above.code)["unit"]
    return [_link(one) for one in (*node["ancestors"], node)] if node else []


def latest(unit_code: str | None = None) -> list[Card]:
    """The newest of the site, or of a unit and the units below it."""
    found = [
        _card(node)
        for query in (LATEST_VIDEOS, LATEST_STORIES)
        for node in _ask(query, first=LATEST, code=unit_code)["found"]["nodes"]
    ]
    found.sort(key=lambda one: (one.published_at, one.public_id), reverse=True)
    return found[:LATEST]


def videos(pages: Iterable[VideoPage]) -> list[Card]:
    """Those of the videos that are public, in the given order."""
    ids = [page.node_id for page in pages]
    return [_card(node) for node in _ask(VIDEOS, ids=ids)["nodes"] if node] if ids else []


def _card(node: Node) -> Card:
    record = decode.record(node)
    if not isinstance(record, Publication):
        raise LookupError(f"{record.id} stands in no list")
    return card(record, _link(node["unit"]))


def children(unit_code: str) -> list[Link]:
    """The units directly below a unit."""
    return [_link(node) for node in _ask(CHILDREN, code=unit_code)["units"]["nodes"]]


def top_units() -> list[Link]:
    """The units that the home page lists."""
    found = _ask(TOP_UNITS)
    return [_link(node) for level in ("mabes", "polda") for node in found[level]["nodes"]]


def categories() -> list[Link]:
    """Every category."""
    nodes = _ask(CATEGORIES)["categories"]["nodes"]
    return [Link(name=node["name"], path=node["path"]) for node in nodes]


def months(unit: UnitPage) -> list[Month]:
    """The months in which a unit and the units below it have published, newest first."""
    found: set[str] = set()
    for kind in visibility.PUBLICATIONS:
        public = visibility.recorded(visibility.released(kind)).filter(path__startswith=unit.path)
        moments = public.datetimes("first_published_at", "month", tzinfo=ZONE)
        found.update(moment.strftime("%Y-%m") for moment in moments)
    return [month_view(f"unit/{unit.code}", month) for month in sorted(found, reverse=True)]


def _ask(query: str, /, **variables: Any) -> Node:
    answer = execute(with_fragments(query), variables)
    if answer.get("errors"):
        raise BuilderError(
            ErrorCode.API_REFUSED, f"The API refused a preview's query: {answer['errors']}"
        )
    data: Node = answer["data"]
    return data


def _link(node: Node) -> Link:
    return Link(name=node["name"], path=node["path"], level=node.get("level", ""))
