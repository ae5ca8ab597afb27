"""What each page kind hands to its template: one function a kind, reading through views only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from site_builder import (
    announcement,
    embed,
    fragments,
    i18n,
    keys,
    periods,
    structured,
    texts,
    transcript,
)
from site_builder.membership import default_rendition, signing_rendition
from site_builder.records import (
    Card,
    Link,
    Month,
    Page,
    Publication,
    Shard,
    Site,
    Statistics,
    Story,
    Surroundings,
    Unit,
    Video,
)
from site_builder.routes import Spec, url_path
from site_builder.settings import Settings
from site_builder.views import Views, period_view

Context = dict[str, Any]
Found = TypeVar("Found")
LATEST = 24
LATEST_OF_SUBJECT = 48
RELATED = 6
IN_FEED = 24
NEWEST_LINES = 50
IN_FRAGMENT = 12
# What a news sitemap may hold (ADR 19).
NEWS_DAYS = 2
IN_NEWS = 200
HOME_LEVELS = ("MABES", "POLDA")
# When the accessibility statement was last held against the site; change both together.
REVIEWED = date(2026, 11, 26)
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
        self._formats = i18n.formats(settings.language)
        self._period_name = self._formats["period_name"]

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
            statistics=views.statistics(listing),
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
        statistics: Statistics | None = None,
    ) -> tuple[Head, Context]:
        """A unit's page, of the store or of a draft."""
        return self._listing_head(site, unit.name, unit.path, unit.summary), {
            "unit": unit,
            "children": list(children),
            "latest": list(latest),
            "months": list(months),
            "statistics": statistics,
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
            "breadcrumbs": [self.home_link(), self._tags_link()],
        }

    def _tags(self, views: Views, _owner: str) -> tuple[Head, Context]:
        description = texts.tags_description(self._gettext)
        return Head(title=self._tags_link().name, description=description), {
            "tags": views.all_tags(),
            "breadcrumbs": [self.home_link()],
        }

    def _tags_link(self) -> Link:
        return Link(name=texts.tags(self._gettext), path="/tag/")

    def _listing_head(self, site: Site, name: str, path: str, description: str) -> Head:
        own = description or texts.listing_description(self._gettext, name, site.name)
        return Head(title=name, description=own, feed_path=f"{path}feed.xml")

    def _period(self, views: Views, owner: str) -> tuple[Head, Context]:
        listing, period = keys.parse_period(owner) or ("", "")
        up = self._listing_link(views, listing)
        kind, _, code = listing.partition("/")
        above = views.ancestors(code) if kind == "unit" else []
        views_of = [period_view(listing, one) for one in periods.down_to(period)]
        *around, view = [Link(name=self._period_name(one), path=one.path) for one in views_of]
        heading = texts.period_heading(self._gettext, up.name, view.name)
        description = texts.listing_description(self._gettext, heading, views.site().name)
        parts = views.parts(listing, period)
        cards = [] if parts else views.in_period(listing, period)
        return Head(title=heading, description=description), {
            "period": views_of[-1],
            "heading": heading,
            "listing": up,
            "parts": parts,
            "cards": cards,
            "count": sum(part.count for part in parts) or len(cards),
            "breadcrumbs": [self.home_link(), *above, up, *around],
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

    def _latest(self, views: Views, owner: str) -> tuple[Head, Context]:
        listing = keys.ALL if owner == keys.SITE else owner.replace(":", "/", 1)
        cards = views.latest(listing, IN_FRAGMENT)
        return Head(title="", description=""), {
            "recordings": [fragments.recording(card, self._formats) for card in cards]
        }

    def _ledger(self, views: Views, _owner: str) -> tuple[Head, Context]:
        return self._ledger_head(), {
            "lines": views.newest_lines(NEWEST_LINES),
            "months": views.months(keys.LEDGER),
            "breadcrumbs": [self.home_link()],
        }

    def _ledger_month(self, views: Views, owner: str) -> tuple[Head, Context]:
        _, month = keys.parse_period(owner) or ("", "")
        view = period_view(keys.LEDGER, month)
        up = Link(name=texts.ledger(self._gettext), path="/ledger/")
        heading = texts.period_heading(self._gettext, up.name, self._period_name(view))
        return Head(title=heading, description=texts.ledger_description(self._gettext)), {
            "period": view,
            "lines": views.lines_in_month(month),
            "breadcrumbs": [self.home_link(), up],
        }

    def _ledger_feed(self, views: Views, _owner: str) -> tuple[Head, Context]:
        lines = views.newest_lines(IN_FEED)
        return self._ledger_head(), {
            "lines": lines,
            "updated": max((line.at for line in lines), default=NEVER),
        }

    def _ledger_head(self) -> Head:
        return Head(
            title=texts.ledger(self._gettext),
            description=texts.ledger_description(self._gettext),
            feed_path="/ledger/feed.xml",
        )

    def _watch(self, views: Views, owner: str) -> tuple[Head, Context]:
        video = _public(views.video(owner.partition(":")[2]), owner)
        return self.watch(video, around=self._around(views, video))

    def watch(
        self, video: Video, *, around: Surroundings, player_note: str = ""
    ) -> tuple[Head, Context]:
        """A watch page, of the store or of a draft; a draft without a film says why instead."""
        signed = video.media.sign_language
        head = Head(title=video.title, description=video.synopsis, image_url=video.media.poster.url)
        return head, self._publication(video, around) | {
            "video": video,
            "default_rendition": default_rendition(video.media),
            "signing_rendition": signing_rendition(signed.renditions) if signed else None,
            "transcript": transcript.shown(video),
            "player_note": player_note,
            "embed": embed.of(video, self.settings),
            "structured_data": structured.media_object(video, around, self.settings),
        }

    def _story(self, views: Views, owner: str) -> tuple[Head, Context]:
        story = _public(views.story(owner.partition(":")[2]), owner)
        videos = views.videos(story.video_ids)
        return self.story(story, around=self._around(views, story), videos=videos)

    def story(
        self, story: Story, *, around: Surroundings, videos: Sequence[Card] = (), note: str = ""
    ) -> tuple[Head, Context]:
        """A story's page, of the store or of a draft; a `note` stands where a picture will."""
        image = story.photographs[0].jpegs[0].url if story.photographs else None
        head = Head(title=story.title, description=story.synopsis, image_url=image)
        return head, self._publication(story, around) | {
            "story": story,
            "videos": list(videos),
            "note": note,
            "structured_data": structured.news_article(story, around, self.settings),
        }

    def _around(self, views: Views, shown: Publication) -> Surroundings:
        """What the store knows around a publication."""
        code = shown.unit_code
        listings = [f"unit/{code}", *(f"category/{slug}" for slug in sorted(shown.category_slugs))]
        return Surroundings(
            site=views.site(),
            unit=_public(views.unit_in_brief(code), f"unit:{code}"),
            ancestors=views.ancestors(code),
            categories=views.category_links(shown.category_slugs),
            tags=views.tag_links(shown.tag_slugs),
            related=views.older(listings, shown, RELATED),
        )

    def _publication(self, shown: Publication, around: Surroundings) -> Context:
        """What the pages of all publications say."""
        unit = around.unit
        above = Link(name=unit.name, path=unit.path, level=unit.level)
        steps = [self.home_link(), *around.ancestors, above]
        whole = [*steps, Link(name=shown.title, path=shown.path)]
        return {
            "item": shown,
            "unit": unit,
            "ancestors": list(around.ancestors),
            "categories": list(around.categories),
            "tags": list(around.tags),
            "related": list(around.related),
            "breadcrumb_data": structured.breadcrumb_list(whole, self.settings),
            "breadcrumbs": steps,
        }

    def _embed(self, views: Views, owner: str) -> tuple[Head, Context]:
        video = _public(views.played(owner.partition(":")[2]), owner)
        signed = video.media.sign_language
        head = Head(title=video.title, description="", image_url=video.media.poster.url)
        return head, {
            "video": video,
            "address": self.settings.absolute(video.path),
            "default_rendition": default_rendition(video.media),
            "signing_rendition": signing_rendition(signed.renditions) if signed else None,
        }

    def _oembed(self, views: Views, owner: str) -> tuple[Head, Context]:
        video = _public(views.played(owner.partition(":")[2]), owner)
        unit = _public(views.unit_in_brief(video.unit_code), f"unit:{video.unit_code}")
        answer = embed.oembed(video, unit, views.site(), self.settings)
        return Head(title="", description=""), {"oembed": answer}

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

    def _accessibility(self, views: Views, _owner: str) -> tuple[Head, Context]:
        description = texts.accessibility_description(self._gettext, views.site().name)
        head = Head(title=texts.accessibility(self._gettext), description=description)
        return head, {"reviewed": REVIEWED, "breadcrumbs": [self.home_link()]}

    def _offline(self, views: Views, _owner: str) -> tuple[Head, Context]:
        return Head(title=texts.offline(self._gettext), description=views.site().name), {}

    def _service_worker(self, _views: Views, _owner: str) -> tuple[Head, Context]:
        return Head(title="", description=""), {}

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
        shards = [
            Shard(url=self.settings.absolute(shard.url), updated_at=shard.updated_at)
            for shard in views.sitemaps()
        ]
        pages = Shard(url=self.settings.absolute("/sitemap/pages.xml"), updated_at=None)
        news = Shard(url=self.settings.absolute("/sitemap/news.xml"), updated_at=None)
        return Head(title="", description=""), {"shards": [pages, news, *shards]}

    def _sitemap_pages(self, views: Views, _owner: str) -> tuple[Head, Context]:
        paths = ["/", "/about/", "/accessibility/", "/archive/", "/ledger/", "/tag/"]
        paths += views.page_paths()
        urls = [self.settings.absolute(path) for path in paths]
        return Head(title="", description=""), {"urls": urls, "entries": []}

    def _sitemap_news(self, views: Views, _owner: str) -> tuple[Head, Context]:
        return Head(title="", description=""), {"cards": views.news(NEWS_DAYS, IN_NEWS)}

    def _sitemap_period(self, views: Views, owner: str) -> tuple[Head, Context]:
        _, period = keys.parse_period(owner) or ("", "")
        return Head(title="", description=""), {"urls": [], "entries": views.entries_in(period)}

    def _banner(self, views: Views, _owner: str) -> tuple[Head, Context]:
        shown = announcement.told(views.banner(), self.settings.language)
        return Head(title="", description=""), {"announcement": shown}

    def _robots(self, _views: Views, _owner: str) -> tuple[Head, Context]:
        return Head(title="", description=""), {}


def _public(found: Found | None, owner: str) -> Found:
    if found is None:
        raise LookupError(f"{owner} is not public")
    return found


PAGE_KINDS = {
    "sitemap_index": "sitemap",
    "sitemap_pages": "sitemap",
    "sitemap_period": "sitemap",
    "sitemap_news": "news",
}
Maker = Callable[[Contexts, Views, str], tuple[Head, Context]]
MAKERS: dict[str, Maker] = {
    "home": Contexts._home,
    "unit": Contexts._unit,
    "category": Contexts._category,
    "tag": Contexts._tag,
    "tags": Contexts._tags,
    "period": Contexts._period,
    "archive": Contexts._archive,
    "latest": Contexts._latest,
    "ledger": Contexts._ledger,
    "ledger_month": Contexts._ledger_month,
    "ledger_feed": Contexts._ledger_feed,
    "watch": Contexts._watch,
    "story": Contexts._story,
    "embed": Contexts._embed,
    "oembed": Contexts._oembed,
    "about": Contexts._about,
    "search": Contexts._search,
    "accessibility": Contexts._accessibility,
    "offline": Contexts._offline,
    "service_worker": Contexts._service_worker,
    "not_found": Contexts._not_found,
    "gone": Contexts._gone,
    "feed": Contexts._feed,
    "sitemap_index": Contexts._sitemap_index,
    "sitemap_pages": Contexts._sitemap_pages,
    "sitemap_period": Contexts._sitemap_period,
    "sitemap_news": Contexts._sitemap_news,
    "banner": Contexts._banner,
    "banner_style": Contexts._banner,
    "robots": Contexts._robots,
}
