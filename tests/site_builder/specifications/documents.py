"""Feeds and sitemaps against their specifications: a grammar for their form, rules for the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

HERE = Path(__file__).parent
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
VIDEO = "{http://www.google.com/schemas/sitemap-video/1.1}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MOST_URLS = 50_000
MOST_BYTES = 50 * 1024 * 1024
MOST_NEWS = 1_000


@cache
def _grammar(name: str) -> etree.RelaxNG:
    return etree.RelaxNG(file=str(HERE / f"{name}.rng"))


def feed_faults(content: bytes, *, address: str) -> list[str]:
    """What RFC 4287 finds wrong with the feed that is published at an address."""
    feed, faults = _formed("atom", content)
    return faults or [*_feed_rules(feed, address)]


def sitemap_faults(content: bytes, *, address: str) -> list[str]:
    """What sitemaps.org and Google find wrong with the sitemap that is published at an address."""
    root, faults = _formed("sitemap", content)
    return faults or [*_sitemap_rules(root, content, address)]


def _formed(name: str, content: bytes) -> tuple[etree._Element, list[str]]:
    root = etree.fromstring(content)
    grammar = _grammar(name)
    if grammar.validate(root):
        return root, []
    return root, [f"line {error.line}: {error.message}" for error in grammar.error_log]


def _feed_rules(feed: etree._Element, address: str) -> Iterator[str]:
    entries = feed.findall(f"{ATOM}entry")
    if [link.get("href") for link in _links(feed, "self")] != [address]:
        yield f"4.1.1: its own link is not {address}"
    # 4.1.1: an author of the feed's, or one of each entry's.
    if feed.find(f"{ATOM}author") is None and not all(
        entry.find(f"{ATOM}author") is not None for entry in entries
    ):
        yield "4.1.1: an entry has no author, nor has the feed"
    for element in (feed, *entries):
        kinds = Counter((link.get("type"), link.get("hreflang")) for link in _links(element))
        if any(count > 1 for count in kinds.values()):
            yield "4.1.1: two alternates of one type and language"
    ids = Counter(entry.findtext(f"{ATOM}id") for entry in entries)
    for repeated in (name for name, count in ids.items() if count > 1):
        yield f"4.2.6: {repeated} is the ID of two entries"
    newest = max((_moment(entry, "updated") for entry in entries), default=None)
    if newest and _moment(feed, "updated") < newest:
        yield "4.2.15: the feed is older than its newest entry"
    for entry in entries:
        yield from _entry_rules(entry)


def _entry_rules(entry: etree._Element) -> Iterator[str]:
    name = entry.findtext(f"{ATOM}id")
    content = entry.find(f"{ATOM}content")
    if content is None and not _links(entry):
        yield f"4.1.2: {name} has neither content nor an alternate"
    published = entry.find(f"{ATOM}published")
    if published is not None and _moment(entry, "published") > _moment(entry, "updated"):
        yield f"4.2.9: {name} was updated before it was published"
    if not (entry.findtext(f"{ATOM}title") or "").strip():
        yield f"4.2.14: {name} has no title"
    for link in _links(entry, "enclosure"):
        if not link.get("type") or not int(link.get("length") or 0):
            yield f"4.2.7: an enclosure of {name} lacks its type or length"


def _links(element: etree._Element, rel: str = "alternate") -> list[etree._Element]:
    found = element.findall(f"{ATOM}link")
    return [link for link in found if (link.get("rel") or "alternate") == rel]


def _moment(element: etree._Element, name: str) -> datetime:
    return datetime.fromisoformat(element.findtext(f"{ATOM}{name}") or "")


def _sitemap_rules(root: etree._Element, content: bytes, address: str) -> Iterator[str]:
    if len(content) > MOST_BYTES:
        yield f"{len(content)} bytes; {MOST_BYTES} are the most"
    places = [found.text or "" for found in root.findall(f"*/{SITEMAP}loc")]
    if len(places) > MOST_URLS:
        yield f"{len(places)} addresses; {MOST_URLS} are the most"
    for repeated in (place for place, count in Counter(places).items() if count > 1):
        yield f"{repeated} is named twice"
    host = urlsplit(address)[:2]
    for foreign in (place for place in places if urlsplit(place)[:2] != host):
        yield f"{foreign} is on another host"
    for url in root.findall(f"{SITEMAP}url"):
        page = url.findtext(f"{SITEMAP}loc")
        for video in url.findall(f"{VIDEO}video"):
            if page in {video.findtext(f"{VIDEO}{name}") for name in ("content_loc", "player_loc")}:
                yield f"{page}: a file or player cannot be the page itself"
    if len(root.findall(f"*/{NEWS}news")) > MOST_NEWS:
        yield f"{MOST_NEWS} news are the most in a sitemap"
