"""What came after a recording, shown by script where a reader comes near."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import STORY, public_id
from tests.site_builder_theme.test_watching import wait_until

NEWER = "Terbitan yang lebih baru"


@pytest.fixture
def reader(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    yield context
    context.close()


def opened(reader: BrowserContext, site: BuiltSite, number: int) -> tuple[Page, list[str]]:
    """A watch page, and the fragments that it asks for."""
    page = reader.new_page()
    asked: list[str] = []
    page.on(
        "request",
        lambda request: (
            asked.append(request.url.removeprefix(site.url))
            if request.url.endswith("latest.json")
            else None
        ),
    )
    page.goto(f"{site.url}/video/{public_id(number)}/kejadian-{public_id(number)}/")
    page.wait_for_load_state("networkidle")
    return page, asked


def test_nothing_is_asked_for_until_the_reader_comes_near(
    reader: BrowserContext, site: BuiltSite
) -> None:
    page, asked = opened(reader, site, 0)
    assert asked == []
    assert not page.get_by_role("heading", name=NEWER).is_visible()

    page.locator("footer").scroll_into_view_if_needed()

    expect(page.get_by_role("heading", name=NEWER)).to_be_visible()
    assert asked[0].startswith("/unit/")


def test_newer_recordings_lead_to_their_pages_the_next_one_first(
    reader: BrowserContext, site: BuiltSite
) -> None:
    page, _ = opened(reader, site, 0)
    page.locator("footer").scroll_into_view_if_needed()
    cards = page.locator("[data-later] .card")
    expect(cards.first).to_be_visible()

    moments = [
        cards.nth(number).locator("time").get_attribute("datetime") or ""
        for number in range(cards.count())
    ]
    own = page.locator(".byline time").get_attribute("datetime") or ""

    assert moments == sorted(moments)
    assert all(moment >= own for moment in moments)
    cards.first.get_by_role("link").click()
    expect(page.locator("h1")).to_be_visible()
    assert public_id(0) not in page.url


def test_a_story_leads_to_what_came_after_it_as_well(
    reader: BrowserContext, site: BuiltSite
) -> None:
    page = reader.new_page()
    story = next(path for path in site.html_pages() if path.startswith(f"/story/{STORY}/"))
    page.goto(site.url + story)
    page.wait_for_load_state("networkidle")
    page.locator("footer").scroll_into_view_if_needed()
    cards = page.locator("[data-later] .card")
    expect(cards.first).to_be_visible()
    own = page.locator(".byline time").get_attribute("datetime") or ""
    assert (cards.first.locator("time").get_attribute("datetime") or "") >= own


def test_a_device_that_spares_data_asks_for_nothing(chromium: Browser, site: BuiltSite) -> None:
    context = chromium.new_context()
    spare = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
    context.add_init_script(spare)
    page, asked = opened(context, site, 0)
    page.locator("footer").scroll_into_view_if_needed()
    page.wait_for_timeout(300)

    assert asked == []
    context.close()


def test_a_query_leads_to_a_moment_as_search_engines_write_it(
    reader: BrowserContext, site: BuiltSite
) -> None:
    page = reader.new_page()
    page.goto(f"{site.url}/video/{public_id(0)}/kejadian-{public_id(0)}/?utm=x&t=7")
    page.locator("[data-start]").click()

    wait_until(page, "document.querySelector('video').currentTime >= 7")
