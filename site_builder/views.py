"""What templates may see of the store; every look is recorded as a dependency, an empty one too."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

from site_builder import decode, keys, membership, periods, public_ledger, transcript
from site_builder.keys import Window
from site_builder.membership import MAX_DEPTH, as_played
from site_builder.records import (
    Banner,
    Card,
    Category,
    Entry,
    Image,
    LedgerEntry,
    LedgerLine,
    Link,
    Month,
    Period,
    Publication,
    Shard,
    Site,
    Statistics,
    Story,
    Tag,
    Unit,
    Video,
    Year,
)
from site_builder.routes import period_path
from site_builder.search import stretches
from site_builder.search.documents import Document, body
from site_builder.store import Store

LEVELS = {level: rank for rank, level in enumerate(("MABES", "POLDA", "POLRES", "POLSEK"))}
Node = dict[str, Any]


NO_SITE = Site(id="", version="", name="", description="", about_html="", language="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The newest of a listing below `top`, newest first; `is_last` if there is nothing older."""

    top: str
    rows: list[tuple[str, str]]
    is_last: bool


@dataclass(slots=True)
class Recorder:
    """Dependencies of the one artifact that is being rendered."""

    keys: set[str] = field(default_factory=set)
    windows: set[Window] = field(default_factory=set)


class Stretches:
    """Listings read a stretch ahead: pages that are rendered in order of time share them."""

    SHORTEST = 24
    LONGEST = 384
    MOST = 4_000

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, Stretch] = {}

    def below(self, listing: str, own: str, count: int) -> list[tuple[str, str]]:
        """Up to `count` videos below a sort key, newest first, as `(sort, ID)`."""
        stretch = self._known.get(listing)
        if stretch and own <= stretch.top:
            start = bisect_left(stretch.rows, True, key=lambda row: row[0] < own)
            found = stretch.rows[start : start + count]
            if len(found) == count or stretch.is_last:
                return found
        size = min(2 * len(stretch.rows), self.LONGEST) if stretch else self.SHORTEST
        size = max(size, self.SHORTEST, count)
        rows = self._store.newest(listing, count=size, below=own)
        if len(self._known) >= self.MOST:
            self._known.clear()
        self._known[listing] = Stretch(top=own, rows=rows, is_last=len(rows) < size)
        return rows[:count]


class Views:
    """Reading for one artifact after another; records are kept for the length of a build."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # A video's page and player are rendered one after the other.
        self._video = lru_cache(maxsize=8)(store.video)
        self._played = lru_cache(maxsize=8)(self._read_played)
        self._unit = lru_cache(maxsize=20_000)(store.unit)
        self._category = lru_cache(maxsize=5_000)(store.category)
        self._tag = lru_cache(maxsize=20_000)(store.tag)
        self._brief = lru_cache(maxsize=20_000)(self._read_brief)
        self._link_of = lru_cache(maxsize=20_000)(self._read_link)
        # A month of a busy site: its cards stand on several pages each.
        self._stored = lru_cache(maxsize=2_000)(store.card)
        self._cards = lru_cache(maxsize=6_000)(self._read_card)
        self._entries = lru_cache(maxsize=1_000)(self._read_entry)
        self._stretches = Stretches(store)
        self._site = store.site()
        self._face = replace(self._site, about_html="", version="") if self._site else NO_SITE
        self.recorder = Recorder()

    def begin(self) -> Recorder:
        """Start recording for the next artifact."""
        self.recorder = Recorder()
        return self.recorder

    def _note(self, *noted: str) -> None:
        self.recorder.keys.update(noted)

    def site(self) -> Site:
        """The site as every page may know it; `site` makes all pages dirty, so none records it."""
        return self._face

    def site_in_full(self) -> Site:
        """The site with what its about page says."""
        self._note(keys.page("site:site"))
        return self._site or self.site()

    def banner(self) -> Banner | None:
        """The emergency announcement, if there is one."""
        self._note(keys.page(keys.BANNER))
        return self._store.banner()

    def video(self, public_id: str) -> Video | None:
        """All of one video."""
        self._note(keys.page(f"video:{public_id}"))
        return self._video(public_id)

    def played(self, public_id: str) -> Video | None:
        """A video as its player alone shows it."""
        self._note(keys.player(f"video:{public_id}"))
        return self._played(public_id)

    def _read_played(self, public_id: str) -> Video | None:
        video = self._video(public_id)
        return as_played(video) if video else None

    def story(self, public_id: str) -> Story | None:
        """All of one story."""
        self._note(keys.page(f"story:{public_id}"))
        return self._store.story(public_id)

    def videos(self, public_ids: Iterable[str]) -> list[Card]:
        """The cards of some videos, of those that are public, in the given order."""
        found: list[Card] = []
        for public_id in public_ids:
            # Whether it is there; and then what its own place in the archive shows.
            node_id = f"video:{public_id}"
            self._note(node_id)
            if self._store.has(node_id):
                card = self._card(node_id)
                sort = keys.sort_key(card.published_at, public_id)
                self._watch("list", keys.ALL, sort, keys.after(sort))
                found.append(card)
        return found

    def unit(self, code: str) -> Unit | None:
        """All of one unit."""
        self._note(keys.page(f"unit:{code}"))
        unit = self._unit(code)
        return replace(unit, ancestor_codes=self._above(unit)) if unit else None

    def unit_in_brief(self, code: str) -> Unit | None:
        """A unit as its publications show it."""
        unit, noted = self._brief(code)
        self._note(*noted)
        return unit

    def _read_brief(self, code: str) -> tuple[Unit | None, tuple[str, ...]]:
        """The same with the keys that it takes to know it."""
        unit = self._unit(code)
        if unit is None:
            return None, (f"unit:{code}",)
        above, noted = self._chain(unit)
        brief = replace(unit, summary="", region_code="", version="", ancestor_codes=above)
        return brief, (f"unit:{code}", *noted)

    def unit_link(self, code: str) -> Link | None:
        """Name, path and level of a unit."""
        self._note(f"unit:{code}")
        return self._link_of(code)

    def _read_link(self, code: str) -> Link | None:
        unit = self._unit(code)
        return Link(name=unit.name, path=unit.path, level=unit.level) if unit else None

    def ancestors(self, code: str) -> list[Link]:
        """The units above a unit, from the top down."""
        unit = self._unit(code)
        self._note(f"unit:{code}")
        codes = self._above(unit) if unit else ()
        return [link for above in codes if (link := self.unit_link(above))]

    def _above(self, unit: Unit) -> tuple[str, ...]:
        codes, noted = self._chain(unit)
        self._note(*noted)
        return codes

    def _chain(self, unit: Unit) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Codes of the units above, from the top down, and the keys that were looked at."""
        codes: list[str] = []
        noted: list[str] = []
        current: Unit | None = unit
        while current and current.parent_code and len(codes) < MAX_DEPTH:
            noted.append(f"unit:{current.parent_code}")
            if current := self._unit(current.parent_code):
                codes.append(current.code)
        return tuple(reversed(codes)), tuple(noted)

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

    def all_tags(self) -> list[Link]:
        """Every tag, by name."""
        self._note(keys.TAGS)
        return self.tag_links(node_id[4:] for node_id in self._store.ids("Tag"))

    def latest(self, listing: str, count: int) -> list[Card]:
        """The newest cards of a listing."""
        return [self._card(video_id) for video_id in self._newest("list", listing, count)]

    def latest_entries(self, listing: str, count: int) -> list[Entry]:
        """The newest entries of a listing, as feeds carry them."""
        return [self._entry(video_id) for video_id in self._newest("feed", listing, count)]

    def older(self, listings: Sequence[str], shown: Publication, count: int) -> list[Card]:
        """The newest cards of the listings together that are older than a publication."""
        own = keys.sort_key(shown.published_at, shown.public_id)
        found: dict[str, str] = {}
        for listing in listings:
            found.update(self._stretches.below(listing, own, count))
        sorts = sorted(found, reverse=True)[:count]
        for listing in listings:
            self._watch("list", listing, _lowest(sorts, count), own)
        return [self._card(found[sort]) for sort in sorts]

    def news(self, days: int, most: int) -> list[Card]:
        """The newest cards of the site, none older than some days before the very newest."""
        rows = self._store.newest(keys.ALL, count=most)
        oldest = keys.days_before(rows[0][0], days) if rows else keys.LOWEST
        shown = [video_id for sort, video_id in rows if sort >= oldest]
        low = max(oldest, _lowest([sort for sort, _ in rows], most))
        self._watch("list", keys.ALL, low, keys.HIGHEST)
        return [self._card(video_id) for video_id in shown]

    def _newest(self, facet: str, listing: str, count: int) -> list[str]:
        rows = self._store.newest(listing, count=count)
        self._watch(facet, listing, _lowest([sort for sort, _ in rows], count), keys.HIGHEST)
        return [video_id for _, video_id in rows]

    def in_period(self, listing: str, period: str) -> list[Card]:
        """All cards of a period of a listing, newest first."""
        return [self._card(video_id) for video_id in self._between(listing, period, "list")]

    def entries_in(self, period: str) -> list[Entry]:
        """All entries of a period of the whole site, newest first."""
        low, high = keys.bounds(period)
        self._watch("feed", keys.ALL, low, high)
        entries = map(self._entry_of, self._store.cards_between(keys.ALL, low, high))
        return [self._noted(entry) for entry in entries]

    def _between(self, listing: str, period: str, facet: str) -> list[str]:
        low, high = keys.bounds(period)
        self._watch(facet, listing, low, high)
        return [video_id for _, video_id in self._store.between(listing, low, high)]

    def parts(self, listing: str, period: str) -> list[Period]:
        """What a period is divided into, newest first; nothing if its page lists all itself."""
        if not periods.is_divided(self._store, listing, period):
            return []
        self._watch("list", listing, *keys.bounds(period))
        return [
            period_view(listing, part, count)
            for part, count in periods.parts(self._store, listing, period)
        ]

    def _watch(self, facet: str, listing: str, low: str, high: str) -> None:
        self.recorder.windows.add(Window(facet=facet, listing=listing, low=low, high=high))

    def months(self, listing: str) -> list[Month]:
        """The months a listing has, newest first."""
        self._note(keys.months(listing))
        return [month_view(listing, month) for month in self._store.months(listing)]

    def statistics(self, listing: str) -> Statistics | None:
        """What is counted of a listing; None while it has no video."""
        self._note(keys.tally(listing))
        ends = self._store.ends(listing)
        if ends is None:
            return None
        years: dict[int, int] = {}
        for month, count in self._store.counts(listing):
            year = int(month.partition("-")[0])
            years[year] = years.get(year, 0) + count
        return Statistics(
            count=sum(years.values()),
            years=tuple(Year(year=year, count=count) for year, count in years.items()),
            first=keys.moment_of(ends[0]),
            latest=keys.moment_of(ends[1]),
        )

    def sitemaps(self) -> list[Shard]:
        """The periods of the sitemap, newest first; URLs are still paths."""
        self._note(keys.months(keys.ALL), keys.SITEMAPS)
        found: list[Shard] = []
        for period in periods.sitemaps(self._store):
            updated = max(filter(None, map(self._store.updated_on, periods.days(period))))
            found.append(Shard(url=f"/sitemap/{period}.xml", updated_at=decode.moment(updated)))
        return found

    def index_stretches(self) -> list[stretches.Stretch]:
        """All stretches of the search index, oldest first."""
        self._note(keys.STRETCHES)
        return list(stretches.all_stretches(self._store))

    def index_stretch(self, owner: str) -> stretches.Stretch | None:
        """One stretch of the search index."""
        self._note(owner)
        return stretches.stretch(self._store, owner)

    def documents(self, stretch: stretches.Stretch) -> Iterator[Document]:
        """What the search finds in a stretch, newest first, one after another."""
        self._watch("search", keys.ALL, stretch.low, stretch.high)
        for node_id in self._store.documents(stretch.low, stretch.high):
            record = self._store.node(node_id)
            if isinstance(record, Publication):
                yield self._document(record)

    def _document(self, shown: Publication) -> Document:
        code, card = shown.unit_code, membership.card(shown)
        unit = self.unit_link(code) or Link(name=code, path=f"/unit/{code}/")
        above = self.ancestors(code)
        subjects = self.category_links(shown.category_slugs)
        tags = self.tag_links(shown.tag_slugs)
        spoken = transcript.chosen(shown) if isinstance(shown, Video) else None
        return Document(
            kind=card["kind"],
            public_id=shown.public_id,
            path=shown.path,
            title=shown.title,
            synopsis=shown.synopsis,
            body=body(shown),
            place=shown.incident_place,
            published_at=shown.published_at,
            language=shown.language,
            poster=Image(**card["poster"]),
            duration=card["duration"],
            has_captions=card["has_captions"],
            unit=unit,
            names=tuple(link.name for link in (unit, *above, *subjects, *tags)),
            filters=tuple(
                link.path.strip("/").replace("/", ":", 1)
                for link in (unit, *above, *subjects, *tags)
            ),
            passages=spoken.transcript if spoken else (),
        )

    def newest_lines(self, count: int) -> list[LedgerLine]:
        """The newest lines of the public ledger."""
        self._note(keys.NEWEST_LINES)
        return [self._line(entry) for entry in public_ledger.newest(self._store, count)]

    def lines_in_month(self, month: str) -> list[LedgerLine]:
        """All lines of a month of the public ledger, newest first."""
        self._note(keys.lines(month))
        return [self._line(entry) for entry in public_ledger.in_month(self._store, month)]

    def _line(self, entry: LedgerEntry) -> LedgerLine:
        self._note(entry.node_id)
        known = self._store.title_and_path(entry.node_id)
        anchor = f"c{entry.sequence}"
        return LedgerLine(
            kind=entry.kind,
            public_id=entry.public_id,
            at=entry.at,
            changed=entry.changed,
            published_at=entry.published_at,
            item=Link(name=known[0], path=known[1]) if known else None,
            unit=self.unit_link(entry.unit_code),
            path=f"{period_path(keys.LEDGER, keys.month_of(entry.at))}#{anchor}",
            anchor=anchor,
            reason=entry.reason,
        )

    def page_paths(self) -> list[str]:
        """URL paths of all units and categories, in order.

        Tags are found from the list of them, which is among the site's pages: anybody who may tag
        makes new ones, and a sitemap holds 50,000 addresses.
        """
        self._note(keys.PATHS)
        return sorted(
            f"/{node_id.replace(':', '/', 1)}/"
            for kind in ("Unit", "Category")
            for node_id in self._store.ids(kind)
        )

    def _card(self, video_id: str) -> Card:
        card = self._cards(video_id)
        self._note_unit(card)
        return card

    def _entry(self, video_id: str) -> Entry:
        return self._noted(self._entries(video_id))

    def _noted(self, entry: Entry) -> Entry:
        self._note_unit(entry)
        return entry

    def _note_unit(self, card: Card) -> None:
        # The unit's path is made of its code, whether the unit is there or not.
        self._note(f"unit:{card.unit.path[6:-1]}")

    def _read_card(self, video_id: str) -> Card:
        return Card(**self._card_fields(self._stored(video_id)))

    def _read_entry(self, video_id: str) -> Entry:
        return self._entry_of(self._stored(video_id))

    def _entry_of(self, stored: Node) -> Entry:
        return Entry(
            **self._card_fields(stored),
            updated_at=decode.moment(stored["updated_at"]),
            content_url=stored["content_url"],
            content_type=stored["content_type"],
            content_size=stored["content_size"],
            image_urls=tuple(stored.get("image_urls", ())),
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
            "unit": self._link_of(code) or Link(name=code, path=f"/unit/{code}/"),
        }


def month_view(listing: str, month: str) -> Month:
    """`yyyy-mm` of a listing as templates get it."""
    year, number = month.split("-")
    return Month(year=int(year), month=int(number), path=period_path(listing, month))


def period_view(listing: str, period: str, count: int = 0) -> Period:
    """A period of a listing as templates get it."""
    return Period(
        length=periods.LENGTHS[len(period)],
        begin=keys.begin_of(period),
        path=period_path(listing, period),
        count=count,
    )


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
