"""Other sites show the player alone, and learn from oEmbed how."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from site_builder import decode, embed
from site_builder.manifest import shard_of
from site_builder.membership import as_played
from site_builder.records import Video
from site_builder.settings import Settings
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier, pages
from tests.site_builder.test_theme_pages import real_place

PLAYER = f"embed/{identifier(3)}/index.html"
OEMBED = f"embed/{identifier(3)}/oembed.json"
WATCH = f"video/{identifier(3)}/kejadian-{identifier(3)}/index.html"
LATER = "2026-12-24T00:00:00+00:00"


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def real(tmp_path: Path) -> Place:
    return real_place(tmp_path / "real")


def oembed(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.text(OEMBED))
    return found


def test_the_player_stands_alone_and_leads_to_its_page(api: FakeApi, real: Place) -> None:
    real.build(api)
    tags = Tags(real.text(PLAYER))
    home = f"https://tube.test/video/{identifier(3)}/kejadian-{identifier(3)}/"

    assert [link["href"] for link in tags.all("a") if link["href"].startswith("http")] == [
        f"http://media.test/policetube-media/{identifier(3)}/aa-bb-1/480.mp4",
        home,
    ]
    assert tags.all("header") == tags.all("footer") == tags.all("nav") == []
    assert [tag["href"] for tag in tags.all("link") if tag["rel"] == "canonical"] == [home]
    assert {"name": "robots", "content": "noindex"} in tags.all("meta")
    (video,) = tags.all("video")
    assert video["preload"] == "none"


def test_a_player_is_on_no_list_and_in_no_sitemap(api: FakeApi, real: Place) -> None:
    real.build(api)

    for path in real.files():
        if path.endswith((".html", ".xml")) and not path.startswith(("embed/", "video/")):
            links = re.findall(r'(?:href|src|<loc)[=>]"?([^"<]*)', real.text(path))
            assert not [link for link in links if "/embed/" in link], path


def test_oembed_says_what_the_specification_asks_for(api: FakeApi, real: Place) -> None:
    """https://oembed.com, section 2.3.4: for every type, and for `video`."""
    api.put_video(identifier(3), title='Judul "dikutip" <b> & lain')
    real.build(api)
    answer = oembed(real)

    assert (answer["version"], answer["type"]) == ("1.0", "video")
    for name in ("title", "author_name", "author_url", "provider_name", "provider_url", "html"):
        assert isinstance(answer[name], str), name
        assert answer[name], name
    for name in ("width", "height", "cache_age", "thumbnail_width", "thumbnail_height"):
        assert isinstance(answer[name], int), name
    assert answer["thumbnail_url"].startswith("http://media.test/")
    ((tag, frame),) = Tags(answer["html"]).found
    assert tag == "iframe"
    assert frame["src"] == f"https://tube.test/embed/{identifier(3)}/"
    assert frame["title"] == answer["title"] == 'Judul "dikutip" <b> & lain'
    assert (frame["width"], frame["height"]) == (str(answer["width"]), str(answer["height"]))


def test_the_watch_page_leads_to_its_oembed_answer_and_shows_the_same_code(
    api: FakeApi, real: Place
) -> None:
    real.build(api)
    tags = Tags(real.text(WATCH))

    (link,) = [tag for tag in tags.all("link") if tag.get("type") == "application/json+oembed"]

    assert link["rel"] == "alternate"
    assert link["href"] == f"https://tube.test/{OEMBED}"
    shown = real.text(WATCH).partition('<p class="cite"><code>&lt;iframe')[2].partition("</code>")
    assert f"/embed/{identifier(3)}/" in shown[0]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(1280, 720, (640, 360)), (720, 1280, (360, 640)), (480, 480, (640, 640))],
)
def test_a_frame_has_the_shape_of_its_picture(
    width: int, height: int, expected: tuple[int, int], api: FakeApi
) -> None:
    node = api.node(f"video:{identifier(3)}")
    assert node is not None
    node["media"] |= {"width": width, "height": height}
    video = decode.record(node)
    assert isinstance(video, Video)
    settings = Settings.checked(site_url="https://tube.test", media_origin="http://media.test")

    found = embed.of(video, settings)

    assert (found.width, found.height - embed.BAR) == expected


def test_a_player_is_rendered_again_only_for_what_it_shows(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.put_video(
        identifier(3), bodyHtml="<p>Baru</p>", synopsis="Baru", credit="Baru", updatedAt=LATER
    )
    assert not {path for path, _ in place.build(api).rendered if path.startswith("embed/")}
    api.put_video(identifier(3), title="Judul baru")

    rendered = {path for path, _ in place.build(api).rendered if path.startswith("embed/")}

    assert rendered == {PLAYER, OEMBED}


def test_a_player_can_show_no_more_than_it_depends_on(api: FakeApi) -> None:
    node = api.node(f"video:{identifier(3)}")
    assert node is not None
    video = decode.record(node)
    assert isinstance(video, Video)

    played = as_played(video)

    assert as_played(played) == played
    assert {played.synopsis, played.body_html, played.credit, played.version} == {""}
    assert played.tag_slugs == played.category_slugs == ()


def test_a_renamed_unit_renders_its_oembed_answers_and_no_player(
    api: FakeApi, place: Place
) -> None:
    place.build(api)
    api.rename_unit("polres-pidie", "Polres Pidie Raya")

    report = place.build(api)

    found = [path for path, _ in report.rendered if path.startswith("embed/")]
    assert found
    assert all(path.endswith("oembed.json") for path in found)
    assert not [path for path in pages(report) if path.startswith("embed/")]


def test_a_withdrawn_video_takes_its_player_along(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.remove_video(identifier(3))

    report = place.build(api)

    assert {PLAYER, OEMBED} <= {path for path, _ in report.removed}
    assert not [path for path in place.files() if path.startswith(f"embed/{identifier(3)}/")]


def test_players_are_spread_over_the_manifest_as_their_pages_are() -> None:
    assert shard_of("embed/7k3m/index.html") == "embed-7k"
    assert shard_of("/embed/7k3m/oembed.json") == "embed-7k"
