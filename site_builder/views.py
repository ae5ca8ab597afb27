"""What templates may see of the store; every look is recorded as a dependency, an empty one too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from site_builder import decode, keys
from site_builder.keys import Window
from site_builder.membership import MAX_DEPTH
from site_builder.records import (
    Card,
    Category,
    Entry,
    Image,
    Link,
    Month,
    Shard,
    Site,
    Tag,
    Unit,
    Video,
)
from site_builder.routes import month_path
from site_builder.store import Store

LEVELS = {level: rank for rank, level in enumerate(("MABES", "POLDA", "POLRES", "POLSEK"))}
Node = dict[str, Any]


@dataclass(slots=True)
class Recorder:
    """Dependencies of the one artifact that is being rendered."""

    keys: set[str] = field(default_factory=set)
    windows: set[Window] = field(default_factory=set)


class Views:
    """Reading for one artifact after another; records are kept for the length of a build."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._unit = lru_cache(maxsize=20_000)(store.unit)
        self._category = lru_cache(maxsize=5_000)(store.category)
        self._tag = lru_cache(maxsize=20_000)(store.tag)
        self._site = store.site()
        self.recorder = Recorder()

    def begin(self) -> Recorder:
        """Start recording for the next artifact."""
        self.recorder = Recorder()
        return self.recorder

    def _note(self, *noted: str) -> None:
        self.recorder.keys.update(noted)

    def site(self) -> Site:
        """The site as every page may know it; `site` makes all pages dirty, so none records it."""
        site = self._site
        if site is None:
            return Site(id="", version="", name="", description="", about_html="", language="")
        return replace(site, about_html="", version="")

    def site_in_full(self) -> Site:
        """The site with what its about page says."""
        self._note(keys.page("site:site"))
        return self._site or self.site()

    def video(self, public_id: str) -> Video | None:
        """All of one video."""
        self._note(keys.page(f"video:{public_id}"))
        return self._store.video(public_id)

    def unit(self, code: str) -> Unit | None:
        """All of one unit."""
        self._note(keys.page(f"unit:{code}"))
        unit = self._unit(code)
        return replace(unit, ancestor_codes=self._above(unit)) if unit else None

    def unit_in_brief(self, code: str) -> Unit | None:
        """A unit as its videos show it."""
        self._note(f"unit:{code}")
        unit = self._unit(code)
        if unit is None:
            return None
        above = self._above(unit)
        return replace(unit, summary="", region_code="", version="", ancestor_codes=above)

    def unit_link(self, code: str) -> Link | None:
        """Name, path and level of a unit."""
        self._note(f"unit:{code}")
        unit = self._unit(code)
        return Link(name=unit.name, path=unit.path, level=unit.level) if unit else None

    def ancestors(self, code: str) -> list[Link]:
        """The units above a unit, from the top down."""
        unit = self._unit(code)
        self._note(f"unit:{code}")
        codes = self._above(unit) if unit else ()
        return [link for above in codes if (link := self.unit_link(above))]

    def _above(self, unit: Unit) -> tuple[str, ...]:
        codes: list[str] = []
        current: Unit | None = unit
        while current and current.parent_code and len(codes) < MAX_DEPTH:
            self._note(f"unit:{current.parent_code}")
            if current := self._unit(current.parent_code):
                codes.append(current.code)
        return tuple(reversed(codes))

    def children(self, code: str) -> list[Link]:
        """The units directly below a unit, by level and name."""
        self._note(keys.units_under(code))
        return self._unit_links(self._store.units_under(code))

    def units_at(self, *levels: str) -> list[Link]:
        """All units of the levels, by level and name."""
        self._note(*(keys.units_at(level) for level in levels))
        return self._unit_links(code for level in levels for code in self._store.units_at(level))

    def _unit_links(self, codes: Iterable[str]) -> list[Link]:
        return by_level(link for code in codes if (link := self.unit_link(code)))

    def category(self, slug: str) -> Category | None:
        """All of one category."""
        self._note(keys.page(f"category:{slug}"))
        return self._category(slug)

    def category_links(self, slugs: Iterable[str]) -> list[Link]:
        """Names and paths of categories, by name."""
        found: list[Link] = []
        for slug in slugs:
            self._note(f"category:{slug}")
            if category := self._category(slug):
                found.append(Link(name=category.name, path=category.path))
        return by_name(found)

    def all_categories(self) -> list[Link]:
        """Every category, by name."""
        self._note(keys.CATEGORIES)
        return self.category_links(node_id[9:] for node_id in self._store.ids("Category"))

    def tag(self, slug: str) -> Tag | None:
        """All of one tag."""
        self._note(keys.page(f"tag:{slug}"))
        return self._tag(slug)

    def tag_links(self, slugs: Iterable[str]) -> list[Link]:
        """Names and paths of tags, by name."""
        found: list[Link] = []
        for slug in slugs:
            self._note(f"tag:{slug}")
            if tag := self._tag(slug):
                found.append(Link(name=tag.name, path=tag.path))
        return by_name(found)

    def latest(self, listing: str, count: int) -> list[Card]:
        """The newest cards of a listing."""
        return [self._card(card) for card in self._newest("list", listing, count)]

    def latest_entries(self, listing: str, count: int) -> list[Entry]:
        """The newest entries of a listing, as feeds carry them."""
        return [self._entry(card) for card in self._newest("feed", listing, count)]

    def older(self, listings: Sequence[str], video: Video, count: int) -> list[Card]:
        """The newest cards of the listings together that are older than a video."""
        own = keys.sort_key(video.published_at, video.public_id)
        found: dict[str, Node] = {}
        for listing in listings:
            found.update(self._store.newest(listing, count=count, below=own))
        shown = sorted(found, reverse=True)[:count]
        for listing in listings:
            self._watch("list", listing, _lowest(shown, count), own)
        return [self._card(found[sort]) for sort in shown]

    def _newest(self, facet: str, listing: str, count: int) -> list[Node]:
        rows = self._store.newest(listing, count=count)
        self._watch(facet, listing, _lowest([sort for sort, _ in rows], count), keys.HIGHEST)
        return [card for _, card in rows]

    def in_month(self, listing: str, month: str) -> list[Card]:
        """All cards of a month of a listing, newest first."""
        return [self._card(card) for card in self._month(listing, month, "list")]

    def entries_in_month(self, month: str) -> list[Entry]:
        """All entries of a month of the whole site, newest first."""
        return [self._entry(card) for card in self._month(keys.ALL, month, "feed")]

    def _month(self, listing: str, month: str, facet: str) -> list[Node]:
        low, high = keys.month_bounds(month)
        self._watch(facet, listing, low, high)
        return [card for _, card in self._store.between(listing, low, high)]

    def _watch(self, facet: str, listing: str, low: str, high: str) -> None:
        self.recorder.windows.add(Window(facet=facet, listing=listing, low=low, high=high))

    def months(self, listing: str) -> list[Month]:
        """The months a listing has, newest first."""
        self._note(keys.months(listing))
        return [month_view(listing, month) for month in self._store.months(listing)]

    def sitemap_months(self) -> list[Shard]:
        """The months of the sitemap, newest first; URLs are still paths."""
        self._note(keys.months(keys.ALL), keys.SITEMAPS)
        found: list[Shard] = []
        for month in self._store.months(keys.ALL):
            updated = self._store.updated_in(month)
            moment = decode.moment(updated) if updated else None
            found.append(Shard(url=f"/sitemap/{month}.xml", updated_at=moment))
        return found

    def page_paths(self) -> list[str]:
        """URL paths of all units, categories and tags, in order."""
        self._note(keys.PATHS)
        return sorted(
            f"/{node_id.replace(':', '/', 1)}/"
            for kind in ("Unit", "Category", "Tag")
            for node_id in self._store.ids(kind)
        )

    def _card(self, stored: Node) -> Card:
        return Card(**self._card_fields(stored))

    def _entry(self, stored: Node) -> Entry:
        return Entry(
            **self._card_fields(stored),
            updated_at=decode.moment(stored["updated_at"]),
            content_url=stored["content_url"],
            content_type=stored["content_type"],
            content_size=stored["content_size"],
        )

    def _card_fields(self, stored: Node) -> Node:
        incident = stored["incident_date"]
        code = stored["unit"]
        return {
            "public_id": stored["public_id"],
            "path": stored["path"],
            "title": stored["title"],
            "synopsis": stored["synopsis"],
            "kind": stored.get("kind", "VIDEO"),
            "poster": Image(**stored["poster"]),
            "duration": stored["duration"],
            "published_at": decode.moment(stored["published_at"]),
            "incident_date": date.fromisoformat(incident) if incident else None,
            "incident_place": stored["incident_place"],
            "language": stored["language"],
            "has_captions": stored["has_captions"],
            "unit": self.unit_link(code) or Link(name=code, path=f"/unit/{code}/"),
        }


def month_view(listing: str, month: str) -> Month:
    """`yyyy-mm` of a listing as templates get it."""
    year, number = month.split("-")
    return Month(year=int(year), month=int(number), path=month_path(listing, month))


def by_level(links: Iterable[Link]) -> list[Link]:
    """Units as every list shows them: headquarters first, then by name."""
    return sorted(links, key=lambda link: (_rank(link.level), *_name_key(link)))


def by_name(links: Iterable[Link]) -> list[Link]:
    """Categories and tags as every list shows them."""
    return sorted(links, key=_name_key)


def _rank(level: str) -> int:
    return LEVELS.get(level, len(LEVELS))


def _name_key(link: Link) -> tuple[str, str]:
    return link.name.casefold(), link.path


def _lowest(shown: Sequence[str], count: int) -> str:
    """Where a list of the newest `count` ends: what comes below changes nothing."""
    return shown[-1] if len(shown) == count else keys.LOWEST
