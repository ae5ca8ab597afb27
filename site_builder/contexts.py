"""What each page kind hands to its template: one function a kind, reading through views only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from site_builder import i18n, keys, structured, texts, transcript
from site_builder.membership import default_rendition, signing_rendition
from site_builder.records import Card, Link, Month, Page, Shard, Site, Unit, Video
from site_builder.routes import Spec, url_path
from site_builder.settings import Settings
from site_builder.views import Views, month_view

Context = dict[str, Any]
Found = TypeVar("Found")
LATEST = 24
LATEST_OF_SUBJECT = 48
RELATED = 6
IN_FEED = 24
HOME_LEVELS = ("MABES", "POLDA")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a page says of itself, before addresses are made absolute."""

    title: str
    description: str
    feed_path: str | None = None
    image_url: str | None = None


class Contexts:
    """Contexts in one site's language and address."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._gettext = i18n.translations(settings.language).gettext
        self._month_name = i18n.formats(settings.language)["month_name"]

    def of(self, spec: Spec, views: Views) -> Context:
        """The whole context of an artifact; raises LookupError if its subject is not public."""
        make = MAKERS[spec.route]
        head, extra = make(self, views, spec.owner)
        return self.finished(spec.route, url_path(spec.path), head, extra, views.site())

    def finished(self, kind: str, path: str, head: Head, extra: Context, site: Site) -> Context:
        """A context with what every template gets."""
        page = Page(
            kind=PAGE_KINDS.get(kind, kind),
            title=head.title or site.name,
            description=head.description,
            path=path,
            canonical_url=self.settings.absolute(path),
            image_url=head.image_url,
            feed_path=head.feed_path,
        )
        return {"site": site, "breadcrumbs": [], "page": page, **extra}

    def home_link(self) -> Link:
        """The first step of every breadcrumb."""
        return Link(name=texts.home(self._gettext), path="/")

    def _home(self, views: Views, _owner: str) -> tuple[Head, Context]:
        return self.home(
            views.site(),
            latest=views.latest(keys.ALL, LATEST),
            units=views.units_at(*HOME_LEVELS),
            categories=views.all_categories(),
        )

    def home(
        self,
        site: Site,
        *,
        latest: Sequence[Card],
        units: Sequence[Link],
        categories: Sequence[Link],
    ) -> tuple[Head, Context]:
        """The home page, of the store or of a draft."""
        head = Head(title=site.name, description=site.description, feed_path="/feed.xml")
        return head, {
            "latest": list(latest),
            "units": list(units),
            "categories": list(categories),
        }

    def _unit(self, views: Views, owner: str) -> tuple[Head, Context]:
        code = owner.partition(":")[2]
        unit = _public(views.unit(code), owner)
        listing = f"unit/{code}"
        return self.unit(
            unit,
            site=views.site(),
            ancestors=views.ancestors(code),
            children=views.children(code),
            latest=views.latest(listing, LATEST),
            months=views.months(listing),
        )

    def unit(
        self,
        unit: Unit,
        *,
        site: Site,
        ancestors: Sequence[Link],
        children: Sequence[Link],
        latest: Sequence[Card],
        months: Sequence[Month],
    ) -> tuple[Head, Context]:
        """A unit's page, of the store or of a draft."""
        return self._listing_head(site, unit.name, unit.path, unit.summary), {
            "unit": unit,
            "children": list(children),
            "latest": list(latest),
            "months": list(months),
            "breadcrumbs": [self.home_link(), *ancestors],
        }

    def _category(self, views: Views, owner: str) -> tuple[Head, Context]:
        slug = owner.partition(":")[2]
        category = _public(views.category(slug), owner)
        listing = f"category/{slug}"
        head = self._listing_head(views.site(), category.name, category.path, category.description)
        return head, {
            "category": category,
            "latest": views.latest(listing, LATEST_OF_SUBJECT),
            "months": views.months(listing),
            "breadcrumbs": [self.home_link()],
        }

    def _tag(self, views: Views, owner: str) -> tuple[Head, Context]:
        slug = owner.partition(":")[2]
        tag = _public(views.tag(slug), owner)
        return self._listing_head(views.site(), tag.name, tag.path, ""), {
            "tag": tag,
            "latest": views.latest(f"tag/{slug}", LATEST_OF_SUBJECT),
            "breadcrumbs": [self.home_link()],
        }

    def _listing_head(self, site: Site, name: str, path: str, description: str) -> Head:
        own = description or texts.listing_description(self._gettext, name, site.name)
        return Head(title=name, description=own, feed_path=f"{path}feed.xml")

    def _month(self, views: Views, owner: str) -> tuple[Head, Context]:
        listing, month = keys.parse_month(owner) or ("", "")
        view = month_view(listing, month)
        up = self._listing_link(views, listing)
        kind, _, code = listing.partition("/")
        above = views.ancestors(code) if kind == "unit" else []
        heading = texts.month_heading(self._gettext, up.name, self._month_name(view))
        description = texts.listing_description(self._gettext, heading, views.site().name)
        return Head(title=heading, description=description), {
            "month": view,
            "heading": heading,
            "listing": up,
            "cards": views.in_month(listing, month),
            "breadcrumbs": [self.home_link(), *above, up],
        }

    def _listing_link(self, views: Views, listing: str) -> Link:
        kind, _, rest = listing.partition("/")
        if kind == "unit":
            return _public(views.unit_link(rest), listing)
        if kind in ("category", "tag"):
            links = views.category_links([rest]) if kind == "category" else views.tag_links([rest])
            return _public(links[0] if links else None, listing)
        return Link(name=texts.archive(self._gettext), path="/archive/")

    def _archive(self, views: Views, _owner: str) -> tuple[Head, Context]:
        description = texts.archive_description(self._gettext)
        head = Head(
            title=texts.archive(self._gettext), description=description, feed_path="/feed.xml"
        )
        return head, {"months": views.months(keys.ALL), "breadcrumbs": [self.home_link()]}

    def _watch(self, views: Views, owner: str) -> tuple[Head, Context]:
        video = _public(views.video(owner.partition(":")[2]), owner)
        unit = _public(views.unit_in_brief(video.unit_code), f"unit:{video.unit_code}")
        slugs = sorted(video.category_slugs)
        listings = [f"unit/{video.unit_code}", *(f"category/{slug}" for slug in slugs)]
        return self.watch(
            video,
            site=views.site(),
            unit=unit,
            ancestors=views.ancestors(video.unit_code),
            categories=views.category_links(video.category_slugs),
            tags=views.tag_links(video.tag_slugs),
            related=views.older(listings, video, RELATED),
        )

    def watch(
        self,
        video: Video,
        *,
        site: Site,
        unit: Unit,
        ancestors: Sequence[Link],
        categories: Sequence[Link],
        tags: Sequence[Link],
        related: Sequence[Card],
        player_note: str = "",
    ) -> tuple[Head, Context]:
        """A watch page, of the store or of a draft; a draft without a film says why instead."""
        steps = [
            self.home_link(),
            *ancestors,
            Link(name=unit.name, path=unit.path, level=unit.level),
        ]
        head = Head(title=video.title, description=video.synopsis, image_url=video.media.poster.url)
        signed = video.media.sign_language
        whole = [*steps, Link(name=video.title, path=video.path)]
        return head, {
            "video": video,
            "unit": unit,
            "ancestors": list(ancestors),
            "categories": list(categories),
            "tags": list(tags),
            "related": list(related),
            "default_rendition": default_rendition(video.media),
            "signing_rendition": signing_rendition(signed.renditions) if signed else None,
            "transcript": transcript.shown(video),
            "player_note": player_note,
            "structured_data": structured.media_object(video, unit, site, tags, self.settings),
            "breadcrumb_data": structured.breadcrumb_list(whole, self.settings),
            "breadcrumbs": steps,
        }

    def _about(self, views: Views, _owner: str) -> tuple[Head, Context]:
        return self.about(views.site_in_full())

    def about(self, site: Site) -> tuple[Head, Context]:
        """The about page, of the store or of a draft."""
        head = Head(title=texts.about(self._gettext), description=site.description)
        return head, {"site": site, "breadcrumbs": [self.home_link()]}

    def _search(self, views: Views, _owner: str) -> tuple[Head, Context]:
        head = Head(
            title=texts.search(self._gettext), description=texts.search_description(self._gettext)
        )
        return head, {
            "units": views.units_at(*HOME_LEVELS),
            "categories": views.all_categories(),
            "breadcrumbs": [self.home_link()],
        }

    def _not_found(self, views: Views, _owner: str) -> tuple[Head, Context]:
        return Head(title=texts.not_found(self._gettext), description=views.site().name), {}

    def _gone(self, views: Views, _owner: str) -> tuple[Head, Context]:
        return Head(title=texts.gone(self._gettext), description=views.site().name), {}

    def _feed(self, views: Views, owner: str) -> tuple[Head, Context]:
        site = views.site()
        if owner == keys.SITE:
            listing, link = keys.ALL, Link(name=site.name, path="/")
        else:
            listing = owner.replace(":", "/", 1)
            link = self._listing_link(views, listing)
        entries = views.latest_entries(listing, IN_FEED)
        title = link.name if owner == keys.SITE else f"{link.name} – {site.name}"
        return Head(title=title, description=site.description), {
            "feed_title": title,
            "feed_path": f"{link.path}feed.xml",
            "listing": link,
            "cards": entries,
            "updated": max((entry.updated_at for entry in entries), default=NEVER),
        }

    def _sitemap_index(self, views: Views, _owner: str) -> tuple[Head, Context]:
        months = [
            Shard(url=self.settings.absolute(shard.url), updated_at=shard.updated_at)
            for shard in views.sitemap_months()
        ]
        pages = Shard(url=self.settings.absolute("/sitemap/pages.xml"), updated_at=None)
        return Head(title="", description=""), {"shards": [pages, *months]}

    def _sitemap_pages(self, views: Views, _owner: str) -> tuple[Head, Context]:
        paths = ["/", "/about/", "/archive/", *views.page_paths()]
        urls = [self.settings.absolute(path) for path in paths]
        return Head(title="", description=""), {"urls": urls, "entries": []}

    def _sitemap_month(self, views: Views, owner: str) -> tuple[Head, Context]:
        _, month = keys.parse_month(owner) or ("", "")
        return Head(title="", description=""), {
            "urls": [],
            "entries": views.entries_in_month(month),
        }

    def _robots(self, _views: Views, _owner: str) -> tuple[Head, Context]:
        return Head(title="", description=""), {}


def _public(found: Found | None, owner: str) -> Found:
    if found is None:
        raise LookupError(f"{owner} is not public")
    return found


PAGE_KINDS = {
    "sitemap_index": "sitemap",
    "sitemap_pages": "sitemap",
    "sitemap_month": "sitemap",
}
Maker = Callable[[Contexts, Views, str], tuple[Head, Context]]
MAKERS: dict[str, Maker] = {
    "home": Contexts._home,
    "unit": Contexts._unit,
    "category": Contexts._category,
    "tag": Contexts._tag,
    "month": Contexts._month,
    "archive": Contexts._archive,
    "watch": Contexts._watch,
    "about": Contexts._about,
    "search": Contexts._search,
    "not_found": Contexts._not_found,
    "gone": Contexts._gone,
    "feed": Contexts._feed,
    "sitemap_index": Contexts._sitemap_index,
    "sitemap_pages": Contexts._sitemap_pages,
    "sitemap_month": Contexts._sitemap_month,
    "robots": Contexts._robots,
}
