"""The player in a frame of another site, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import public_id
from tests.site_builder_theme.hosting import Server, looping
from tests.site_builder_theme.test_watching import wait_until

PLAYER = f"/embed/{public_id(0)}/"


@contextmanager
def stranger(body: str) -> Iterator[str]:
    """Another site of one page; yields its origin."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as inherited
            """Nothing in the tests' output."""

    with Server(("127.0.0.1", 0), Answer) as server, looping(server) as origin:
        yield origin


@pytest.fixture
def framed(chromium: Browser, site: BuiltSite) -> Iterator[Page]:
    """A page of another site that holds the code which oEmbed gives."""
    answer = json.loads(site.text(f"{PLAYER.lstrip('/')}oembed.json"))
    code = answer["html"].replace("https://video.example.go.id", site.url)
    context = chromium.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()
    with stranger(f"<!doctype html><title>Berita</title><body>{code}</body>") as url:
        page.goto(url)
        page.wait_for_load_state("networkidle")
        yield page
    context.close()


def player(page: Page) -> Frame:
    (frame,) = [frame for frame in page.frames if PLAYER in frame.url]
    return frame


def test_it_plays_in_a_frame_of_another_site(framed: Page, site: BuiltSite) -> None:
    frame = player(framed)
    frame.locator("[data-start]").click()

    wait_until(frame, "document.querySelector('video').currentTime > 0")


def test_it_fits_its_frame(framed: Page) -> None:
    frame = player(framed)
    root = "document.documentElement"

    assert frame.evaluate(f"{root}.scrollHeight - {root}.clientHeight") <= 0
    assert frame.evaluate(f"{root}.scrollWidth - {root}.clientWidth") <= 0
    picture = frame.locator("video").bounding_box()
    assert picture is not None
    assert picture["height"] > 300


def test_its_one_way_out_is_the_page_of_the_recording(framed: Page) -> None:
    home = f"https://video.example.go.id/video/{public_id(0)}/kejadian-{public_id(0)}/"
    link = player(framed).get_by_role("link", name="Tonton di")

    expect(link).to_have_attribute("href", home)
    expect(link).to_have_attribute("target", "_blank")


def test_it_plays_without_scripts(chromium: Browser, site: BuiltSite) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + PLAYER)

    assert page.locator("video[controls] source").count() == 1
    assert page.get_by_role("link", name="Tonton di").is_visible()
    context.close()
