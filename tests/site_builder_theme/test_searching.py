"""The search page in a real browser, over the index of a real build."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import STORY, TITLES, public_id

STATUS = "[data-search-status]"
RESULTS = "[data-search-results] > li"
TITLE = "[data-search-results] [data-title]"
Opener = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, site: BuiltSite) -> Iterator[Opener]:
    """Opens the search page; fails the test on anything in the console."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(query: str = "", **options: Any) -> Page:
        context = chromium.new_context(locale="id-ID", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{site.url}/search/{query}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def titles_of(page: Page, status: str) -> set[str]:
    """Titles of the results, once the status says so."""
    expect(page.locator(STATUS)).to_have_text(status)
    return set(page.locator(TITLE).all_inner_texts())


def type_in(page: Page, text: str) -> None:
    page.get_by_label("Kata").fill(text)


def test_a_word_its_other_form_and_its_beginning_find_the_same_title(opened: Opener) -> None:
    page = opened()
    type_in(page, "pencurian")
    assert titles_of(page, "Ditemukan: 4.") == {TITLES[0]}
    expect(page.locator(f"{RESULTS} mark").first).to_have_text("pencurian")
    for text in ("Mencuri", "penc", "pencurian kendaraan"):
        type_in(page, text)
        expect(page).to_have_url(re.compile(rf"q={text.replace(' ', '.')}$"))
        assert titles_of(page, "Ditemukan: 4.") == {TITLES[0]}


def test_what_is_only_said_is_found_and_leads_to_its_second(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened()
    type_in(page, "kiri")
    assert len(titles_of(page, "Ditemukan: 7.")) > 1
    moment = page.locator(f"{RESULTS} [data-moment] a").first
    expect(moment).to_contain_text("0:06")
    expect(moment.locator("mark")).to_have_text("kiri")
    moment.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/video/.+#t=6$"))
    page.locator("[data-start]").click()
    for _ in range(100):
        moment_shown = page.evaluate("document.querySelector('video').currentTime")
        if moment_shown >= 6:
            break
        page.wait_for_timeout(100)
    assert 6 <= moment_shown < 12


def test_a_story_is_found_leads_to_its_page_and_is_called_one(opened: Opener) -> None:
    page = opened("?q=ronda gianyar")
    titles_of(page, "Ditemukan: 1.")
    expect(page.locator(TITLE)).to_have_attribute("href", f"/story/{STORY}/berita-{STORY}/")
    expect(page.locator(f"{RESULTS} [data-story]")).to_be_visible()
    expect(page.locator(f"{RESULTS} [data-moment]")).to_have_count(0)


def test_an_id_a_place_and_a_unit_above_are_found(opened: Opener) -> None:
    page = opened(f"?q={public_id(5)}")
    titles_of(page, "Ditemukan: 1.")
    expect(page.locator(TITLE)).to_have_attribute("href", re.compile(public_id(5)))
    type_in(page, "Daerah Istimewa Yogyakarta simpang")
    titles_of(page, "Ditemukan: 6.")


def test_what_is_not_there_is_said_plainly(opened: Opener) -> None:
    page = opened("?q=penyelundupan")
    expect(page.locator(STATUS)).to_contain_text("Tidak ada yang ditemukan.")
    expect(page.locator(RESULTS)).to_have_count(0)
    type_in(page, "yang dan di")
    expect(page.locator(STATUS)).to_contain_text("Tambahkan kata yang lebih khusus")


def test_filters_narrow_what_is_found_with_words_and_without(opened: Opener) -> None:
    page = opened("?q=simpang")
    titles_of(page, "Ditemukan: 14.")
    page.get_by_text("Saringan").click()
    page.get_by_label("Satuan").select_option("Polda Daerah Istimewa Yogyakarta")
    titles_of(page, "Ditemukan: 6.")
    page.get_by_label("Kategori").select_option("Layanan masyarakat")
    titles_of(page, "Ditemukan: 3.")
    page.get_by_label("Terbit dari").fill("2026-10-01")
    page.get_by_label("Terbit sampai").fill("2026-10-31")
    titles_of(page, "Ditemukan: 1.")
    type_in(page, "")
    titles_of(page, "Ditemukan: 1.")


def test_more_results_follow_on_request_and_take_the_focus(opened: Opener) -> None:
    page = opened("?q=simpang")
    expect(page.locator(RESULTS)).to_have_count(10)
    page.get_by_role("button", name="Hasil selanjutnya").click()
    expect(page.locator(RESULTS)).to_have_count(14)
    expect(page.locator(TITLE).nth(10)).to_be_focused()
    expect(page.get_by_role("button", name="Hasil selanjutnya")).to_be_hidden()


def test_without_scripts_the_page_offers_no_form_but_the_ways_that_work(opened: Opener) -> None:
    page = opened(java_script_enabled=False)
    expect(page.locator("form")).to_be_hidden()
    for name in ("Arsip bulan demi bulan", "Lalu lintas"):
        expect(page.locator("[data-search-without]").get_by_role("link", name=name)).to_be_visible()
