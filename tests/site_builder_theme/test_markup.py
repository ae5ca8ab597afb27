"""What the built files say: no inline code, whole translations, sound metadata, small assets."""

from __future__ import annotations

import gzip
import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from site_builder import Previewer
from site_builder.assets import load
from site_builder.check import check
from site_builder.i18n import catalogue
from site_builder.records import Image, Media, Rights, Site, Surroundings, Unit, Video
from tests.site_builder.fake_api import ROOT
from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import DESCRIPTION, HEARD, SIGNED, STORY, public_id

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
VIDEO = "{http://www.google.com/schemas/sitemap-video/1.1}"
WATCH = f"video/{public_id(0)}/kejadian-{public_id(0)}/index.html"
HEARD_PAGE = f"video/{HEARD}/kejadian-{HEARD}/index.html"
EVERY: dict[str, Any] = {
    "id": "",
    "version": "",
    "name": "Mabes Polri",
    "path": "/x/",
    "parent_code": None,
    "ancestor_codes": (),
}
Element = tuple[str, dict[str, str]]


class Reader(HTMLParser):
    """Every start tag with its attributes, and the text of every script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._in_script = tag == "script"

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.scripts.append(data)
        self._in_script = False

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def meta(self, name: str) -> str:
        found = [tag for tag in self.all("meta") if name in (tag.get("property"), tag.get("name"))]
        assert len(found) == 1, (name, found)
        return found[0]["content"]


@pytest.fixture(scope="module")
def pages(site: BuiltSite) -> dict[str, Reader]:
    """Every page of the site, read."""
    paths = [path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*.html")]
    return {path: Reader(site.text(path)) for path in sorted(paths)}


def test_no_page_has_inline_styles_scripts_or_handlers(pages: dict[str, Reader]) -> None:
    assert len(pages) > 30
    for path, page in pages.items():
        for tag, attributes in page.elements:
            assert tag != "style", path
            assert "style" not in attributes, (path, tag)
            assert not [name for name in attributes if name.startswith("on")], (path, tag)
            if tag == "script":
                inline = "src" not in attributes
                assert not inline or attributes["type"] == "application/ld+json", path


def test_only_pages_for_watching_and_searching_load_more_than_the_script_of_every_page(
    pages: dict[str, Reader],
) -> None:
    for path, page in pages.items():
        loaded = [tag["src"] for tag in page.all("script") if "src" in tag]
        if not path.startswith("embed/"):
            assert loaded.pop(0).startswith("/assets/site."), path
        assert len(loaded) == path.startswith(("video/", "embed/", "search/")), path


def test_every_page_has_one_heading_a_language_landmarks_and_sized_images(
    pages: dict[str, Reader],
) -> None:
    for path, page in pages.items():
        assert len(page.all("h1")) == 1, path
        assert page.all("html")[0]["lang"] == "id"
        assert len(page.all("main")) == 1, path
        around = not path.startswith("embed/")
        assert bool(page.all("header")) == bool(page.all("footer")) == around, path
        for image in page.all("img"):
            assert int(image["width"]) > 0, path
            assert int(image["height"]) > 0, path
            assert "alt" in image, path


def test_pages_state_the_policy_that_the_edge_sends(
    site: BuiltSite, pages: dict[str, Reader]
) -> None:
    for page in pages.values():
        (policy,) = (tag["content"] for tag in page.all("meta") if "http-equiv" in tag)
        assert "unsafe" not in policy
        assert f"media-src {site.media.url} blob:" in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")


def test_every_address_within_the_site_leads_somewhere(site: BuiltSite) -> None:
    checked = check(site.folder)

    assert checked.faults == ()
    assert checked.links > 500


def test_a_watch_page_tells_networks_and_searchers_what_it_is(pages: dict[str, Reader]) -> None:
    page = pages[WATCH]
    video, trail = (json.loads(text) for text in page.scripts)

    assert page.meta("og:type") == "video.other"
    assert page.meta("og:image").endswith("/film/poster.jpg")
    assert page.meta("og:video").endswith("/film/360p.mp4")
    assert page.meta("twitter:card") == "summary_large_image"
    assert video["@type"] == "VideoObject"
    assert video["contentUrl"] == page.meta("og:video")
    assert trail["@type"] == "BreadcrumbList"
    canonical = [tag["href"] for tag in page.all("link") if tag["rel"] == "canonical"]
    assert canonical == [page.meta("og:url")] == [video["url"]]


def test_a_page_of_sound_says_so_and_calls_nothing_a_video(
    site: BuiltSite, pages: dict[str, Reader]
) -> None:
    page, text = pages[HEARD_PAGE], site.text(HEARD_PAGE)
    (sound, _trail) = (json.loads(script) for script in page.scripts)

    assert (sound["@type"], sound["encodingFormat"]) == ("AudioObject", "audio/mp4")
    assert sound["contentUrl"] == page.meta("og:audio")
    assert page.meta("og:type") == "article"
    assert not [tag for tag in page.all("meta") if tag.get("property", "")[:8] == "og:video"]
    (source,) = page.all("source")
    assert source["type"] == "audio/mp4"
    for absent in ("data-quality", "data-stills"):
        assert absent not in text
    without = re.sub(r"<script.*?</script>|<[^>]*>|https?:\S+", " ", text, flags=re.DOTALL)
    shown = without.partition("Terbitan sebelumnya")[0]
    assert not re.search(r"\bvideo\b", shown.replace(DESCRIPTION, ""), re.IGNORECASE)


def test_a_signed_page_has_a_second_plain_video_that_is_silent_and_labelled(
    site: BuiltSite, pages: dict[str, Reader]
) -> None:
    page = pages[f"video/{SIGNED}/kejadian-{SIGNED}/index.html"]
    _first, second = page.all("video")
    assert {"controls", "muted", "playsinline", "poster"} <= second.keys()
    assert second["preload"] == "none"
    assert second["aria-label"].startswith("Bahasa isyarat: ")
    assert page.all("source")[1]["src"].endswith("/360p.mp4")
    text = site.text(f"video/{SIGNED}/kejadian-{SIGNED}/index.html")
    assert "<summary>Bahasa isyarat</summary>" in text
    assert text.count("Bahasa isyarat: 360p") == 1
    assert "data-signer" not in site.text(WATCH)


def test_the_transcript_leads_to_the_second_with_and_without_scripts(site: BuiltSite) -> None:
    text = site.text(WATCH)
    (moments,) = re.findall(r"<details[^>]*data-transcript.*?</details>", text, re.DOTALL)
    links = re.findall(r'<a href="([^"]+)" data-moment="([^"]+)">([^<]+)</a> ([^<]+)</li>', moments)
    file = re.search(r'<source src="([^"]+)"', text)
    assert file
    assert links == [
        (f"{file[1]}#t=0", "0.0", "0:00", "Selamat pagi."),
        (f"{file[1]}#t=6", "6.0", "0:06", "Kendaraan diarahkan ke kiri."),
    ]


def test_cards_feeds_and_sitemaps_tell_sound_from_video(site: BuiltSite) -> None:
    cards = re.findall(r'<article class="card.*?</article>', site.text("index.html"), re.DOTALL)
    marked = [card for card in cards if ">Suara</span>" in card]
    assert [f"/video/{HEARD}/" in card for card in marked] == [True]

    for entry in ET.fromstring(site.text("feed.xml")).findall(f"{ATOM}entry"):
        enclosure = next(x for x in entry.findall(f"{ATOM}link") if x.get("rel") == "enclosure")
        name = entry.findtext(f"{ATOM}id") or ""
        other = "image/jpeg" if STORY in name else "video/mp4"
        assert enclosure.get("type") == ("audio/mp4" if HEARD in name else other)

    shards = [path.read_text() for path in (site.folder / "sitemap").glob("2026-*.xml")]
    urls = [url for shard in shards for url in ET.fromstring(shard).findall(f"{SITEMAP}url")]
    for url in urls:
        place = url.findtext(f"{SITEMAP}loc") or ""
        assert (url.find(f"{VIDEO}video") is None) == (HEARD in place or STORY in place)


def test_a_watch_page_states_every_file_with_its_hash(site: BuiltSite) -> None:
    text = site.text(WATCH)
    names = ("360p.mp4", "144p.mp4", "audio.m4a", "id.vtt")
    for name in names:
        assert f'/film/{name}" download' in text
    assert len(re.findall(r"<code>[0-9a-f]{64}</code>", text)) == len(names) + 1


def test_a_video_waits_for_its_viewer(pages: dict[str, Reader]) -> None:
    (video,) = pages[WATCH].all("video")
    (track,) = pages[WATCH].all("track")

    assert video["preload"] == "none"
    assert {"controls", "playsinline", "poster", "width", "height"} <= video.keys()
    assert video["crossorigin"] == "anonymous"
    assert (track["kind"], track["srclang"]) == ("captions", "id")


def test_pages_that_say_what_is_not_there_are_not_indexed(pages: dict[str, Reader]) -> None:
    indexed = {
        path
        for path, page in pages.items()
        if not any(tag.get("name") == "robots" for tag in page.all("meta"))
    }
    players = {path for path in pages if path.startswith("embed/")}
    assert pages.keys() - indexed == {"404.html", "410.html", "offline/index.html", *players}


@pytest.mark.parametrize(
    "path", ["feed.xml", "unit/polda-diy/feed.xml", "category/layanan/feed.xml"]
)
def test_feeds_are_atom_with_what_it_demands(site: BuiltSite, path: str) -> None:
    feed = ET.fromstring(site.text(path))
    entries = feed.findall(f"{ATOM}entry")

    assert entries
    for element in (feed, *entries):
        for name in ("id", "title", "updated", "author"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
    own = [link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own == [f"https://video.example.go.id/{path}"]
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(entries)
    first = entries[0]
    assert re.fullmatch(
        r"https://video.example.go.id/video/7k3m\d{4}/", first.findtext(f"{ATOM}id") or ""
    )
    enclosure = next(x for x in first.findall(f"{ATOM}link") if x.get("rel") == "enclosure")
    assert int(enclosure.get("length") or 0) > 0


def test_sitemaps_name_every_page_once_and_describe_videos(
    site: BuiltSite, pages: dict[str, Reader]
) -> None:
    index = ET.fromstring(site.text("sitemap.xml"))
    base = "https://video.example.go.id/"
    named: list[str] = []
    for shard in index.iter(f"{SITEMAP}loc"):
        if (shard.text or "").endswith("/news.xml"):
            continue  # names the newest once more, as news
        root = ET.fromstring(site.text((shard.text or "").removeprefix(base)))
        for url in root.findall(f"{SITEMAP}url"):
            named.append(url.findtext(f"{SITEMAP}loc") or "")
            for video in url.findall(f"{VIDEO}video"):
                assert video.findtext(f"{VIDEO}duration") == "12"
                for name in ("thumbnail_loc", "title", "description", "content_loc"):
                    assert video.findtext(f"{VIDEO}{name}"), name

    assert len(named) == len(set(named))
    watch = {f"{base}{path.removesuffix('index.html')}" for path in pages if path[:6] == "video/"}
    assert watch <= set(named)
    assert f"Sitemap: {base}sitemap.xml" in site.text("robots.txt")


def messages() -> set[Any]:
    """Every message ID in the templates and the code of the builder."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT / "site_builder", *_within(methods, options))
    return {message for _, _, message, _, _ in found}


def _within(methods: list[Any], options: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    def short(pattern: str) -> str:
        return pattern.removeprefix("site_builder/")

    return (
        [(short(pattern), method) for pattern, method in methods],
        {short(pattern): value for pattern, value in options.items()},
    )


def test_every_string_is_translated_and_no_translation_is_left_over() -> None:
    with catalogue("id").open("rb") as file:
        translated = read_po(file, locale="id", abort_invalid=True)
    whole = {
        message.id if isinstance(message.id, str) else tuple(message.id): message
        for message in translated
        if message.id
    }
    wanted = {tuple(m) if isinstance(m, list | tuple) else m for m in messages()}

    assert len(wanted) > 80
    assert wanted == set(whole)
    for message in whole.values():
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(words), message.id
        assert not message.fuzzy, message.id
        for text in words:
            assert re.findall(r"%\(\w+\)s", str(text)) == re.findall(
                r"%\(\w+\)s", str(message.id if isinstance(message.id, str) else message.id[0])
            )


def test_a_preview_says_so_and_leaves_the_policy_to_its_host(assets: Path) -> None:
    page = Reader(text := preview(assets))

    assert "Pratinjau. Ini bukan halaman publik." in text
    assert page.meta("robots") == "noindex"
    assert not [tag for tag in page.all("meta") if "http-equiv" in tag]
    assert not [tag for tag in page.all("link") if tag["rel"] == "canonical"]
    assert page.all("script")[0]["src"].startswith("/site/assets/watch.")


def test_a_recording_without_anything_optional_still_has_its_page(assets: Path) -> None:
    text = preview(assets, bare=True)

    for absent in ("data-stills", "data-captions", "<track", "Tanggal kejadian", "Kredit"):
        assert absent not in text
    assert "Catatan rekaman" in text


def preview(assets: Path, *, bare: bool = False) -> str:
    """The preview of a draft; bare: with nothing in it that a record may lack."""
    unit = Unit(**EVERY, code="mabes", level="MABES", summary="", region_code="")
    media = Media(
        kind="VIDEO",
        duration=3.0,
        width=360,
        height=640,
        frame_rate=25.0,
        has_audio=False,
        original_sha256="0" * 64,
        hls_url="",
        poster=Image(url="http://media.test/p.jpg", width=360, height=640, size=1, sha256=""),
        storyboard=None,
        renditions=(),
        captions=(),
    )
    facts = ("", "", "") if bare else ("Ringkasan", "Denpasar", "Humas")
    video = Video(
        **{name: EVERY[name] for name in ("id", "version", "path")},
        public_id="7k3m0001",
        slug="judul",
        title="Judul",
        synopsis=facts[0],
        body_html="",
        incident_date=None if bare else date(2026, 11, 20),
        incident_place=facts[1],
        published_at=datetime(2026, 11, 21, tzinfo=UTC),
        updated_at=datetime(2026, 11, 21, tzinfo=UTC),
        credit=facts[2],
        rights=Rights(code="polri-press", label="© Polri", url=""),
        language="id" if bare else "jv",
        unit_code="mabes",
        category_slugs=(),
        tag_slugs=(),
        media=media,
    )
    site = Site(
        id="site:site", version="", name="Policetube", description="", about_html="", language="id"
    )
    previewer = Previewer(
        site_url="https://video.example.go.id",
        media_origin="http://media.test",
        assets=load(assets),
        asset_base="/site",
    )
    return previewer.video(video, around=Surroundings(site=site, unit=unit))


@pytest.mark.parametrize(
    ("name", "most", "most_compressed"),
    [("site.css", 21_000, 6_000), ("watch.js", 14_000, 5_000), ("hls.js", 400_000, 125_000)],
)
def test_assets_stay_small(assets: Path, name: str, most: int, most_compressed: int) -> None:
    content = (assets / name).read_bytes()

    assert len(content) < most
    assert len(gzip.compress(content, 9)) < most_compressed


def test_the_engine_is_imported_by_the_name_that_carries_its_hash(site: BuiltSite) -> None:
    (script,) = (site.folder / "assets").glob("watch.*.js")
    (engine,) = (site.folder / "assets").glob("hls.*.js")

    assert f'import("/assets/{engine.name}")' in script.read_text(encoding="utf-8")
