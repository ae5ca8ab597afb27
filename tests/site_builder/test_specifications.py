"""Feeds, sitemaps and structured data keep their specifications, whatever editors write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from site_builder.routes import url_path
from tests.site_builder.newsroom import Place, identifier, moment, newsroom, publish
from tests.site_builder.specifications import structured
from tests.site_builder.specifications.documents import feed_faults, sitemap_faults
from tests.site_builder.test_rendering import LD, NASTY
from tests.site_builder.test_theme_pages import real_place

SITE = "https://tube.test"
ID = identifier(3)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A site of our own templates with names and texts at their worst."""
    api = newsroom(30)
    api.put_video(ID, title=NASTY, synopsis=NASTY, incidentPlace=NASTY, credit=NASTY)
    api.put_video(identifier(4), title="x" * 255, synopsis="kata " * 900, incidentPlace="")
    api.put_video(identifier(5), synopsis="", bodyHtml="", incidentDate=None, language="jv")
    api.put_unit("satker-ñandú", parent="polda-bali", level="SATKER", name=NASTY)
    publish(api, 31, unit="satker-ñandú")
    api.put_story("7s00001", title=NASTY, synopsis=NASTY, credit=NASTY, publishedAt=moment(9),
                  updatedAt=moment(9), unit="polres-badung", videos=[ID])  # fmt: skip
    api.put_tag("helm", name=NASTY)
    api.put_tag("kosong")
    api.put_category("narkoba", name=NASTY, description=NASTY)
    made = real_place(tmp_path_factory.mktemp("specifications"))
    assert made.build(api).failed == ()
    return made


def of_type(place: Place, start: str) -> Iterator[tuple[str, str, bytes]]:
    """Output path, absolute address and bytes of all artifacts of a media type."""
    for shard in place.shards().values():
        for found in shard["artifacts"]:
            if found["type"].startswith(start):
                path = found["path"]
                yield path, SITE + quote(url_path(path), safe="/~"), (place.out / path).read_bytes()


def test_every_feed_is_what_rfc_4287_asks_for(place: Place) -> None:
    feeds = list(of_type(place, "application/atom+xml"))
    assert {path.partition("/")[0] for path, _, _ in feeds} >= {"feed.xml", "unit", "category"}

    for path, address, content in feeds:
        assert feed_faults(content, address=address) == [], path


def test_every_sitemap_is_what_its_protocol_and_google_ask_for(place: Place) -> None:
    sitemaps = list(of_type(place, "application/xml"))
    assert len(sitemaps) >= 3

    for path, address, content in sitemaps:
        assert sitemap_faults(content, address=address) == [], path


def test_all_structured_data_is_what_schema_org_and_google_ask_for(place: Place) -> None:
    kinds: dict[str, int] = {}
    for path, address, content in of_type(place, "text/html"):
        for text in LD.findall(content.decode()):
            data = json.loads(text)
            kinds[str(data.get("@type"))] = kinds.get(str(data.get("@type")), 0) + 1
            assert structured.faults(data, page=address) == [], path

    watch_pages = [path for path, _, _ in of_type(place, "text/html") if path[:6] == "video/"]
    assert len(watch_pages) == 31
    assert kinds["VideoObject"] == 31
    assert kinds["NewsArticle"] == 1
    assert kinds["BreadcrumbList"] >= 31


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("<updated>2026", "<updated>kemarin 2026", "line"),
        ("<author><name>Policetube</name></author>", "<author/>", "line"),
        ("<title>Kejadian", "<judul>x</judul><title>Kejadian", "line"),
        ('rel="self"', 'rel="related"', "4.1.1"),
        ("/video/", "/video/x</id><id>", "line"),
        ("<published>2026", "<published>2027", "4.2.9"),
        ('length="3000000000"', 'length="0"', "4.2.7"),
        ("<updated>2026", "<updated>2025", "4.2.15"),
    ],
)
def test_a_feed_that_breaks_its_rules_is_told(place: Place, old: str, new: str, fault: str) -> None:
    text = place.text("feed.xml")
    assert old in text
    broken = text.replace(old, new, 1).encode()

    found = feed_faults(broken, address=f"{SITE}/feed.xml")

    assert found
    assert found[0].startswith(fault)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<video:title>", "<video:judul>x</video:judul><video:title>"),
        ("<video:duration>61<", "<video:duration>0<"),
        ("<lastmod>", "<lastmod>kemarin "),
        ("<loc>https://tube.test/video/", "<loc>https://lain.test/video/"),
        ("<loc>https://tube.test/", "<loc>/"),
    ],
)
def test_a_sitemap_that_breaks_its_rules_is_told(place: Place, old: str, new: str) -> None:
    text = place.text("sitemap/2026-06.xml")
    assert old in text

    broken = text.replace(old, new, 1).encode()
    assert sitemap_faults(broken, address=f"{SITE}/sitemap/2026-06.xml")


def video(**other: Any) -> dict[str, Any]:
    """A sound VideoObject, but for what a test changes (None: taken out)."""
    sound = {
        "@context": "https://schema.org",
        "@type": "VideoObject",
        "name": "x",
        "description": "x",
        "thumbnailUrl": ["https://media.test/p.webp"],
        "uploadDate": "2026-11-21T09:30:00+00:00",
        "duration": "PT1M1S",
        "contentUrl": "https://media.test/v.mp4",
    }
    return {name: value for name, value in (sound | other).items() if value is not None}


def clip(**other: Any) -> dict[str, Any]:
    sound = {"@type": "Clip", "name": "x", "startOffset": 1, "endOffset": 2, "url": f"{PAGE}?t=1"}
    return sound | other


PAGE = f"{SITE}/video/x/y/"
SEEK = {
    "@type": "SeekToAction",
    "target": f"{PAGE}?t={{seek_to_second_number}}",
    "startOffset-input": "required name=seek_to_second_number",
}


def test_sound_structured_data_has_no_faults() -> None:
    assert structured.faults(video(hasPart=[clip()]), page=PAGE) == []
    assert structured.faults(video(potentialAction=SEEK), page=PAGE) == []


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (video(name=None), "lacks name"),
        (video(thumbnailUrl="/p.webp"), "thumbnailUrl cannot be"),
        (video(uploadDate="2026-11-21T09:30:00"), "uploadDate cannot be"),
        (video(duration="61"), "duration cannot be"),
        (video(contentUrl=PAGE), "cannot be the page itself"),
        (video(judul="x"), "has judul"),
        (video(hasPart=[clip(), clip()]), "two begin at one second"),
        (video(hasPart=[clip(endOffset=0)]), "ends before it starts"),
        (video(hasPart=[clip(url="https://tube.test/")]), "must lead to the page itself"),
        (video(potentialAction=SEEK | {"target": PAGE}), "seek: the target"),
        (video(**{"@context": "https://example.org"}), "context"),
        ({"@context": "https://schema.org", "@type": "Vidio"}, "no type"),
        (
            {
                "@context": "https://schema.org",
                "@type": "BreadcrumbList",
                "itemListElement": [{"@type": "ListItem", "position": 2, "item": PAGE}],
            },
            "positions do not count",
        ),
    ],
)
def test_unsound_structured_data_is_told(data: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in structured.faults(data, page=PAGE))
