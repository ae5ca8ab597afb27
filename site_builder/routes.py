"""Which artifacts there are: every page kind with its template, policy and paths, by owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from site_builder import keys, periods
from site_builder.search import stretches
from site_builder.store import Store

HTML = "text/html; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
JSON = "application/json; charset=utf-8"
# Read in ranges, so nothing on the way may compress it.
BYTES = "application/octet-stream"
SCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One kind of artifact. `policy` is how caches keep it, in a word of the manifest.

    Without a template the search index writes it (`search/artifacts.py`).
    """

    template: str
    policy: str
    type: str = HTML

    @property
    def group(self) -> str:
        """When it is uploaded: what is urgent may lead to pages, so it follows them."""
        return "listing" if self.policy == "urgent" else self.policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One artifact to be: output path, the kind it is of, the key of what it is about."""

    path: str
    route: str
    owner: str


ROUTES = {
    "home": Route(template="home.html", policy="listing"),
    "unit": Route(template="unit.html", policy="listing"),
    "category": Route(template="category.html", policy="listing"),
    "tag": Route(template="tag.html", policy="listing"),
    "tags": Route(template="tags.html", policy="listing"),
    "period": Route(template="period.html", policy="listing"),
    "archive": Route(template="archive.html", policy="listing"),
    "latest": Route(template="latest.json", policy="listing", type=JSON),
    "ledger": Route(template="ledger.html", policy="listing"),
    "ledger_month": Route(template="ledger_month.html", policy="listing"),
    "ledger_feed": Route(template="ledger_feed.xml", policy="listing", type=ATOM),
    "watch": Route(template="watch.html", policy="page"),
    "embed": Route(template="embed.html", policy="page"),
    "oembed": Route(template="oembed.json", policy="page", type=JSON),
    "story": Route(template="story.html", policy="page"),
    "about": Route(template="about.html", policy="page"),
    "accessibility": Route(template="accessibility.html", policy="page"),
    "offline": Route(template="offline.html", policy="page"),
    "service_worker": Route(template="sw.js", policy="listing", type=SCRIPT),
    "not_found": Route(template="404.html", policy="page"),
    "gone": Route(template="410.html", policy="page"),
    "feed": Route(template="feed.xml", policy="listing", type=ATOM),
    "sitemap_index": Route(template="sitemap_index.xml", policy="listing", type=XML),
    "sitemap_pages": Route(template="sitemap_shard.xml", policy="listing", type=XML),
    "sitemap_news": Route(template="sitemap_news.xml", policy="listing", type=XML),
    "sitemap_period": Route(template="sitemap_shard.xml", policy="listing", type=XML),
    "search": Route(template="search.html", policy="listing"),
    "search_root": Route(template="", policy="listing", type=JSON),
    "search_stretch": Route(template="", policy="listing", type=BYTES),
    "banner": Route(template="banner.json", policy="urgent", type=JSON),
    "banner_style": Route(template="banner.css", policy="urgent", type=STYLE),
    "robots": Route(template="robots.txt", policy="listing", type=TEXT),
}
SITE_PATHS = {
    "index.html": "home",
    "feed.xml": "feed",
    "latest.json": "latest",
    "about/index.html": "about",
    "archive/index.html": "archive",
    "search/index.html": "search",
    "search/root.json": "search_root",
    "tag/index.html": "tags",
    "ledger/index.html": "ledger",
    "ledger/feed.xml": "ledger_feed",
    "accessibility/index.html": "accessibility",
    "offline/index.html": "offline",
    # Its address is its scope, and may never change: browsers come back to it to be told of news.
    "sw.js": "service_worker",
    "404.html": "not_found",
    "410.html": "gone",
    # Asked for by every page, and the only files that an announcement changes.
    "banner.json": "banner",
    "banner.css": "banner_style",
    "robots.txt": "robots",
    "sitemap.xml": "sitemap_index",
    "sitemap/pages.xml": "sitemap_pages",
    "sitemap/news.xml": "sitemap_news",
}
LISTED = ("unit", "category", "tag")
# Kind of publication → route of its page.
PUBLICATIONS = {"video": "watch", "story": "story"}
# Listings whose newest a page that knows only earlier ones may ask for, by script.
LOOKED_FORWARD = ("unit",)


def file_path(url_path: str) -> str:
    """URL path -> output path: `/about/` -> `about/index.html`, `/feed.xml` -> `feed.xml`."""
    return url_path.lstrip("/") + ("index.html" if url_path.endswith("/") else "")


def url_path(path: str) -> str:
    """Output path -> URL path."""
    return "/" + path.removesuffix("index.html") if path.endswith("index.html") else f"/{path}"


def period_path(listing: str, period: str) -> str:
    """URL path of a period of a listing: `/archive/2026/11/`, `/unit/polda-bali/2026/11/27/09/`."""
    base = "archive" if listing == keys.ALL else listing
    return f"/{base}/{period.replace('-', '/').replace('T', '/')}/"


def specs_of(store: Store, owner: str) -> list[Spec]:
    """What an owner (node ID, `site` or a month's key) wants built; nothing if it is not public."""
    kind, _, rest = owner.partition(":")
    if owner == keys.SITE:
        return [Spec(path=path, route=route, owner=owner) for path, route in SITE_PATHS.items()]
    if kind in LISTED and store.has(owner):
        return list(listing_specs(kind, rest, owner))
    if kind in PUBLICATIONS and (path := store.publication_path(owner)):
        return list(publication_specs(owner, path))
    if kind in stretches.KINDS and (found := stretches.stretch(store, owner)):
        return [Spec(path=found.path, route="search_stretch", owner=owner)]
    if place := keys.parse_period(owner):
        return list(_period_specs(store, *place))
    return []


def publication_specs(owner: str, path: str) -> Iterator[Spec]:
    """All that belongs to a publication with this URL path."""
    kind, _, public_id = owner.partition(":")
    yield Spec(path=file_path(path), route=PUBLICATIONS[kind], owner=owner)
    if kind != "video":
        return
    yield Spec(path=f"embed/{public_id}/index.html", route="embed", owner=owner)
    yield Spec(path=f"embed/{public_id}/oembed.json", route="oembed", owner=owner)


def listing_specs(kind: str, name: str, owner: str) -> Iterator[Spec]:
    """All that belongs to a unit, category or tag, but for its months."""
    yield Spec(path=f"{kind}/{name}/index.html", route=kind, owner=owner)
    yield Spec(path=f"{kind}/{name}/feed.xml", route="feed", owner=owner)
    if kind in LOOKED_FORWARD:
        yield Spec(path=f"{kind}/{name}/latest.json", route="latest", owner=owner)


def _period_specs(store: Store, listing: str, period: str) -> Iterator[Spec]:
    owner = keys.period(listing, period)
    if listing == keys.ALL and periods.has_sitemap(store, period):
        yield Spec(path=f"sitemap/{period}.xml", route="sitemap_period", owner=owner)
    is_node = listing not in (keys.ALL, keys.LEDGER)
    if is_node and not store.has(listing.replace("/", ":", 1)):
        return
    if periods.has_page(store, listing, period):
        route = "ledger_month" if listing == keys.LEDGER else "period"
        yield Spec(path=file_path(period_path(listing, period)), route=route, owner=owner)


def all_specs(store: Store) -> Iterator[Spec]:
    """Every artifact of the site but its assets."""
    yield from specs_of(store, keys.SITE)
    for stretch in stretches.all_stretches(store):
        yield Spec(path=stretch.path, route="search_stretch", owner=stretch.owner)
    for listing, month in store.all_months():
        for period in periods.owners(store, listing, month):
            yield from specs_of(store, keys.period(listing, period))
    for kind in ("Unit", "Category", "Tag"):
        for node_id in store.ids(kind):
            yield from specs_of(store, node_id)
    for node_id, path in store.publication_paths():
        yield from publication_specs(node_id, path)
