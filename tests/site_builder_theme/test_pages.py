"""Every page in a real browser: fits the smallest phone, keeps the content policy, calls nobody."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import public_id

WATCH = f"/video/{public_id(0)}/kejadian-{public_id(0)}/"
PAGES = [
    "/",
    WATCH,
    "/unit/mabes/",
    "/unit/polda-diy/",
    "/unit/polda-bali/2026/10/",
    "/category/lalu-lintas/",
    "/tag/simpang-dewa-ruci/",
    "/archive/",
    "/archive/2026/09/",
    "/search/",
    "/about/",
    f"/embed/{public_id(0)}/",
    "/ledger/",
    "/accessibility/",
    "/offline/",
    "/404.html",
    "/410.html",
]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll('nav a, button, select, summary, .links a')]
  .filter(e => e.checkVisibility())
  .map(e => [e.textContent.trim().slice(0, 30), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.9)
  .map(([text, box]) => `${text}: ${box.height}`)"""
CONTRAST = """() => {
  const light = rgb => {
    const [r, g, b] = rgb.map(c => c / 255)
      .map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const colour = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const found = colour(getComputedStyle(e).backgroundColor);
      if (found.length === 3 || found[3] > 0.8) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const faults = [];
  for (const e of document.querySelectorAll('body *')) {
    const text = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!text || !e.checkVisibility() || e.closest('.player__start, noscript, script')) continue;
    const pair = [light(colour(getComputedStyle(e).color).slice(0, 3)), light(behind(e))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (ratio < 4.5) faults.push(`${e.tagName} ${e.textContent.trim().slice(0, 30)}: ${ratio}`);
  }
  return faults;
}"""


class Visit:
    """A page opened in its own context, with all that went wrong and all that was asked for."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.problems: list[str] = []
        self.origins: set[str] = set()
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.origins.add(origin(request.url)))
        self.page.goto(url)
        self.page.wait_for_load_state("networkidle")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@pytest.fixture
def phone(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    yield context
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_the_smallest_phone_and_keeps_the_policy(
    phone: BrowserContext, site: BuiltSite, path: str
) -> None:
    visit = Visit(phone, site.url + path)
    visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    visit.page.wait_for_timeout(200)

    assert visit.page.evaluate(OVERFLOW) <= 0
    assert visit.page.evaluate(SMALL_TARGETS) == []
    assert visit.problems == []
    assert visit.origins <= {site.url, site.media.url}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", WATCH, "/unit/polda-diy/", "/accessibility/"])
def test_text_is_readable_in_both_schemes(
    chromium: Browser, site: BuiltSite, path: str, scheme: str
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 800})
    visit = Visit(context, site.url + path)
    visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")

    assert visit.page.evaluate(CONTRAST) == []
    context.close()


def test_the_first_stop_of_the_keyboard_skips_to_the_content(
    phone: BrowserContext, site: BuiltSite
) -> None:
    page = Visit(phone, f"{site.url}/").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Langsung ke isi"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_pages_are_whole_without_scripts(chromium: Browser, site: BuiltSite) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/")
    page.get_by_role("heading", level=3).first.get_by_role("link").click()

    assert page.locator("video").count() == 1
    assert page.get_by_text("Catatan rekaman").is_visible()
    context.close()


def test_a_page_weighs_little_before_anything_is_played(chromium: Browser, site: BuiltSite) -> None:
    context = chromium.new_context()
    page = context.new_page()
    weights: dict[str, int] = {}
    page.on(
        "response",
        lambda response: (
            weights.update({response.url: len(response.body())})
            if response.url.startswith(site.url)
            else None
        ),
    )
    page.goto(site.url + WATCH)
    page.wait_for_load_state("networkidle")

    assert not any("/hls." in url for url in weights)
    assert sum(weights.values()) < 60_000
    context.close()
