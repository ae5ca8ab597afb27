"""A page that was read can be read again without a connection; recordings are never kept."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import public_id
from tests.site_builder_theme.test_watching import wait_until

WATCH = f"/video/{public_id(0)}/kejadian-{public_id(0)}/"
CONTROLLED = "navigator.serviceWorker.controller !== null"
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) found.push(request.url);
  }
  return found;
}"""


@pytest.fixture
def reader(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    yield context
    context.close()


def served_page(reader: BrowserContext, url: str) -> Page:
    """The home page, its service worker at work."""
    page = reader.new_page()
    page.goto(url)
    wait_until(page, CONTROLLED)
    return page


def kept(page: Page) -> set[str]:
    """Paths of everything that the device keeps."""
    return {urlsplit(url).path for url in page.evaluate(KEPT)}


def test_a_page_that_was_read_opens_without_a_connection(
    reader: BrowserContext, site: BuiltSite
) -> None:
    page = served_page(reader, f"{site.url}/")
    page.goto(site.url + WATCH)
    page.wait_for_load_state("networkidle")
    title = page.title()
    reader.set_offline(True)

    page.goto(site.url + WATCH)

    assert page.title() == title
    # In its own style, too: the shell's files come from the device.
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 50


def test_a_page_that_was_not_read_says_that_there_is_no_connection(
    reader: BrowserContext, site: BuiltSite
) -> None:
    page = served_page(reader, f"{site.url}/")
    reader.set_offline(True)

    page.goto(f"{site.url}/archive/2026/09/")

    assert page.locator("h1").text_content() == "Tidak ada sambungan"


def test_nothing_but_pages_and_their_shell_is_kept(reader: BrowserContext, site: BuiltSite) -> None:
    page = served_page(reader, f"{site.url}/")
    page.goto(site.url + WATCH)
    page.get_by_role("button", name="Putar").first.click()
    wait_until(page, "document.querySelector('video').currentTime > 0")
    page.goto(f"{site.url}/unit/mabes/?dari=tautan")

    found = kept(page)

    assert {WATCH, "/offline/"} <= found
    assert "/unit/mabes/" not in found
    assert not any(path.endswith((".mp4", ".m3u8", ".jpg", ".vtt", ".xml")) for path in found)


@pytest.mark.parametrize("query", ["", "?t=83"])
def test_what_is_withdrawn_is_kept_no_longer(
    reader: BrowserContext, site: BuiltSite, query: str
) -> None:
    page = served_page(reader, f"{site.url}/")
    page.goto(site.url + WATCH)
    page.wait_for_load_state("networkidle")
    assert WATCH in kept(page)
    page.goto(f"{site.url}/")
    gone = site.url + WATCH + query
    reader.route(gone, lambda route: route.fulfill(status=410, body="hilang"))

    page.goto(gone)
    page.wait_for_timeout(200)

    assert WATCH not in kept(page)


def test_a_reader_can_have_everything_forgotten(reader: BrowserContext, site: BuiltSite) -> None:
    page = served_page(reader, f"{site.url}/")
    page.goto(f"{site.url}/offline/")
    page.get_by_role("button", name="Hapus").click()
    page.get_by_text("tidak ada lagi yang disimpan").wait_for()

    assert page.evaluate(KEPT) == []
    registered = "navigator.serviceWorker.getRegistrations().then(found => found.length)"
    assert page.evaluate(registered) == 0


def test_the_worker_lies_at_the_root_and_is_asked_for_again_soon(site: BuiltSite) -> None:
    manifest = site.text("manifest/root.json")

    assert '"path":"sw.js"' in manifest
    start = manifest.index('"path":"sw.js"')
    entry = manifest[manifest.rindex("{", 0, start) : manifest.index("}", start)]
    assert '"cache":"listing"' in entry
    assert "text/javascript" in entry


def test_the_worker_changes_when_the_style_does(site: BuiltSite) -> None:
    css = next(path.name for path in (site.folder / "assets").glob("site.*.css"))

    assert f"/assets/{css}" in site.text("sw.js")
