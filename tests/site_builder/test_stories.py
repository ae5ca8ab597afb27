"""Stories stand where videos stand: one more kind of page, at the same cost."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from site_builder.search.words import Stems
from tests.site_builder.fake_api import MEDIA, FakeApi
from tests.site_builder.index_reader import found_by, indexes
from tests.site_builder.newsroom import Place, identifier, moment, newsroom, pages
from tests.site_builder.test_theme_pages import real_place

STORY = "story/7s00001/berita-7s00001/index.html"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def told(api: FakeApi, **fields: object) -> None:
    values = {
        "publishedAt": moment(40), "updatedAt": moment(40), "unit": "polres-badung",
        "categories": ["narkoba"], "tags": ["helm"],
    }  # fmt: skip
    api.put_story("7s00001", **values | fields)


def test_a_story_is_a_page_and_stands_in_every_list_of_its_unit_category_tag_and_month(
    api: FakeApi, place: Place
) -> None:
    told(api)
    place.build(api)
    assert "Berita 7s00001" in place.text(STORY)
    for folder in (
        "", "unit/mabes/", "unit/polres-badung/", "category/narkoba/", "tag/helm/",
    ):  # fmt: skip
        assert STORY.removesuffix("index.html") in place.text(f"{folder}index.html")
        assert STORY.removesuffix("index.html") in place.text(f"{folder}feed.xml")
    for listed in ("archive/2026/06/", "unit/polda-bali/2026/06/"):
        assert STORY.removesuffix("index.html") in place.text(f"{listed}index.html")
    assert STORY.removesuffix("index.html") not in place.text("unit/polda-aceh/index.html")


def test_a_sitemap_names_each_photograph(api: FakeApi, tmp_path: Path) -> None:
    told(api)
    place = real_place(tmp_path)
    place.build(api)
    tree = ElementTree.fromstring(place.text("sitemap/2026-06.xml"))
    images = [node.text for node in tree.iter(f"{IMAGE}loc")]
    assert images == [f"{MEDIA}/{name}/photo-1200.jpg" for name in ("satu", "dua")]
    assert len(list(tree.iter(f"{SITEMAP}url"))) == 31
    enclosure = f'type="image/jpeg" length="120000" href="{MEDIA}/satu/photo-1200.jpg"'
    assert enclosure in place.text("unit/polres-badung/feed.xml")


def test_the_search_finds_a_story_by_its_words_and_its_captions(api: FakeApi, place: Place) -> None:
    told(api, bodyHtml="<p>Bantuan pangan</p>")
    place.build(api)
    stems = Stems()
    for word in ("7s00001", "pangan", "keterangan"):
        assert found_by(place.out, stems[word]) == ["/story/7s00001/berita-7s00001/"], word
    (index,) = indexes(place.out).values()
    assert index.cards()[0]["path"] == "/story/7s00001/berita-7s00001/"
    assert index.cards()[0]["kind"] == "STORY"
    api.remove_story("7s00001")
    place.build(api)
    assert found_by(place.out, stems["pangan"]) == []
    files = [content for path, content in place.files().items() if path.startswith("search/")]
    assert not any(word in content for content in files for word in (b"7s00001", b"pangan"))


def test_publishing_a_story_costs_the_same_at_any_size(tmp_path: Path) -> None:
    counts = []
    for size in (60, 180):
        api, place = newsroom(size), Place(tmp_path / str(size))
        place.build(api)
        told(api, publishedAt=moment(size + 1), updatedAt=moment(size + 1))
        report = place.build(api)
        counts.append(len(report.rendered))
        assert STORY in pages(report)
    assert counts[0] == counts[1]


def test_a_body_edit_of_a_story_renders_its_page_and_its_part_of_the_search(
    api: FakeApi, place: Place
) -> None:
    told(api)
    place.build(api)
    told(api, bodyHtml="<p>Diperbaiki</p>")
    report = place.build(api)
    assert [path for path, _ in report.rendered] == ["search/p.bin", STORY]
    assert set(report.written) == {"search/p.bin", STORY}
    assert place.build(api).rendered == ()


def test_a_story_follows_the_cards_of_its_videos(api: FakeApi, place: Place) -> None:
    shown, later = identifier(3), identifier(90)
    told(api, videos=[shown, later])
    place.build(api)
    assert f"Kejadian {shown}" in place.text(STORY)
    api.put_video(shown, title="Judul baru")
    assert STORY in pages(place.build(api))
    assert "Judul baru" in place.text(STORY)
    api.put_video(shown, bodyHtml="<p>Lain</p>")
    assert STORY not in pages(place.build(api))
    api.put_video(later)
    place.build(api)
    assert f"Kejadian {later}" in place.text(STORY)
    api.remove_video(shown)
    place.build(api)
    assert "Judul baru" not in place.text(STORY)


def test_a_renamed_story_redirects_and_a_withdrawn_one_is_gone(api: FakeApi, place: Place) -> None:
    told(api)
    place.build(api)
    told(api, slug="nama-lain")
    place.build(api)
    assert place.redirects()["/story/7s00001/berita-7s00001/"] == "/story/7s00001/nama-lain/"
    api.remove_story("7s00001")
    place.build(api)
    assert not list(place.out.glob("story/**/*.html"))
    assert "/story/7s00001/nama-lain/" in place.gone()
    assert "7s00001" not in place.text("feed.xml") + place.text("index.html")


def test_a_moved_unit_takes_its_stories_along(api: FakeApi, place: Place) -> None:
    told(api)
    place.build(api)
    api.move_unit("polres-badung", "polda-aceh")
    place.build(api)
    assert "7s00001" in place.text("unit/polda-aceh/index.html")
    assert "7s00001" not in place.text("unit/polda-bali/index.html")
    other = Place(place.root / "whole")
    other.build(api)
    without = ("manifest", "front-end")
    assert {k: v for k, v in place.files().items() if not k.startswith(without)} == {
        k: v for k, v in other.files().items() if not k.startswith(without)
    }


@pytest.fixture
def page(api: FakeApi, tmp_path: Path) -> str:
    """A story through the site's own templates."""
    told(api, videos=[identifier(3)])
    place = real_place(tmp_path)
    assert place.build(api).failed == ()
    return place.text(STORY)


def test_a_photograph_comes_in_the_size_that_suits_and_says_what_it_shows(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) == 2
    first = figures[0]
    assert f'srcset="{MEDIA}/satu/photo-1200.webp 1200w, {MEDIA}/satu/photo-640.webp 640w"' in first
    assert f'src="{MEDIA}/satu/photo-640.jpg"' in first
    assert 'alt="Foto satu"' in first
    assert 'width="1200" height="800"' in first
    assert "Keterangan satu" in first
    assert "Foto: Humas" in first
    assert 'fetchpriority="high"' in first
    assert 'loading="lazy"' in figures[1]
    assert "<script src" not in page


def test_a_story_tells_search_engines_and_networks_what_it_is(page: str) -> None:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    article = json.loads(found[0])
    assert article["@type"] == "NewsArticle"
    assert article["headline"] == "Berita 7s00001"
    assert article["image"][0]["url"] == f"{MEDIA}/satu/photo-1200.jpg"
    assert article["author"]["name"] == "Polres-Badung"
    assert article["mainEntityOfPage"].endswith("/story/7s00001/berita-7s00001/")
    assert '<meta property="og:type" content="article">' in page
    assert f'<meta property="og:image" content="{MEDIA}/satu/photo-1200.jpg">' in page
    assert '<meta property="og:image:alt" content="Foto satu">' in page


def test_a_story_shows_its_videos_and_the_hash_of_each_file(page: str) -> None:
    assert f"Kejadian {identifier(3)}" in page
    assert page.count("SHA-256") == 4
    assert "Panjang" not in page.split("related-title")[0].split("videos-title")[0]
