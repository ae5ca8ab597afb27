"""The preview of drafts through the real admin: in the side panel and in a tab."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.e2e.house import House
from tests.e2e.player import press_play
from tests.e2e.test_main_job import admin_id

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PHONE, DESKTOP = 360, 1280
# Milliseconds that a loaded machine may take until the panel follows the form.
PATIENCE = 60_000
TITLE = "Rahasia sampai konferensi pers"


@dataclass(slots=True)
class Desk:
    """A headquarters editor's browser: what they have open, and what it complained of."""

    page: Page
    house: House
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open_panel(self) -> FrameLocator:
        """The side panel's preview, opened if it is shut."""
        frame = self.page.locator("[data-w-preview-target=iframe], .w-preview iframe").first
        if not frame.is_visible():
            self.page.locator("[data-side-panel-toggle=preview]").first.click()
        expect(frame).to_be_visible()
        return self.page.frame_locator(".w-preview iframe >> nth=0")

    def until_watched(self) -> None:
        """Wait until Wagtail compares the form with what it had: it begins two seconds late."""
        self.page.wait_for_function(
            """() => wagtail.app.getControllerForElementAndIdentifier(
                document.querySelector("[data-edit-form]"), "w-unsaved"
            ).initialFormData"""
        )

    def at_width(self, width: int) -> None:
        """Choose a width as the editor does."""
        size = self.page.locator(f"input[name=preview-size][data-device-width='{width}']")
        size.locator("xpath=..").click()
        expect(size).to_be_checked()

    def width(self) -> int:
        """How many CSS pixels the previewed page has."""
        return int(
            self.open_panel()
            .locator("html")
            .evaluate("e => e.ownerDocument.defaultView.innerWidth")
        )

    def in_a_tab(self) -> Page:
        """The preview in a tab of its own."""
        with self.page.context.expect_page() as opened:
            self.page.locator("[data-w-preview-target=newTab]").click()
        tab = opened.value
        self.listen(tab)
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.wait_for_load_state("load")
        return tab

    def listen(self, page: Page) -> None:
        """Note what a page and its frames complain of."""
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error":
            self.complaints.append(text)


@pytest.fixture
def desk(house: House, browser: Browser) -> Iterator[Desk]:
    context = browser.new_context(viewport={"width": 1500, "height": 1000}, locale="id-ID")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{house.cms}/admin/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", house.password("admin"))
    page.click("button[type=submit]")
    expect(page).to_have_url(re.compile(r"/admin/$"))
    desk = Desk(page=page, house=house)
    desk.listen(page)
    yield desk
    context.close()


def picture(page: Page, name: str, **options: object) -> None:
    """Keep a screenshot where somebody wants to look at them."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", **options)


def never_published(desk: Desk, title: str) -> None:
    """A video that was only ever saved as a draft, with the file that the demo has."""
    unit = admin_id(desk.house, desk.page, "Divisi Humas")
    page = desk.page
    page.goto(f"{desk.house.cms}/admin/pages/add/content_models/videopage/{unit}/")
    page.fill("textarea[name=title], input[name=title]", title)
    page.click("#id_asset-chooser [data-chooser-action-choose]")
    page.locator(
        "dialog a[data-chooser-modal-choice], .modal a[data-chooser-modal-choice]"
    ).first.click()
    expect(page.locator("#id_asset-chooser [data-chooser-title]")).not_to_be_empty()
    page.fill("textarea[name=synopsis]", "Belum untuk siapa pun di luar redaksi.")
    page.locator("footer button.action-save").first.click()
    page.wait_for_url(re.compile(r"/admin/pages/\d+/edit/"))


def test_a_draft_is_seen_in_the_panel_and_in_a_tab_and_nowhere_else(
    house: House, desk: Desk
) -> None:
    never_published(desk, TITLE)
    shown = desk.open_panel()
    expect(shown.locator("h1")).to_have_text(TITLE, timeout=PATIENCE)
    expect(shown.locator(".notice")).to_contain_text("Pratinjau")
    desk.at_width(PHONE)
    assert desk.width() == PHONE
    picture(desk.page, "panel-phone")
    desk.at_width(DESKTOP)
    assert desk.width() == DESKTOP
    picture(desk.page, "panel-desktop")

    desk.until_watched()
    desk.page.fill("textarea[name=title], input[name=title]", f"{TITLE}, diperbarui")
    expect(desk.open_panel().locator("h1")).to_have_text(f"{TITLE}, diperbarui", timeout=PATIENCE)

    tab = desk.in_a_tab()
    expect(tab.locator("h1")).to_have_text(f"{TITLE}, diperbarui")
    for width, colours in (
        (PHONE, "light"),
        (PHONE, "dark"),
        (DESKTOP, "light"),
        (DESKTOP, "dark"),
    ):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=colours)
        picture(tab, f"tab-{width}-{colours}", full_page=True)
    assert tab.evaluate("document.documentElement.scrollWidth") == DESKTOP

    # It plays, adaptively, from private files by signed links; nothing is fetched from elsewhere.
    press_play(tab)
    video = tab.locator("video").first
    expect(video).to_have_js_property("paused", False)
    tab.wait_for_timeout(2500)
    assert video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames") > 10
    picture(tab, "tab-playing")
    assert video.evaluate("v => v.currentSrc").startswith("blob:")
    films = [url for url in desk.requests if urlsplit(url).path.endswith(".mp4")]
    assert films
    assert all("X-Amz-Signature" in url for url in films)
    tab.locator("[data-stills] summary").click()
    expect(tab.locator("[data-strip] button").first).to_be_visible()
    origins = {urlsplit(url)[:2] for url in desk.requests if url.startswith("http")}
    assert origins == {urlsplit(house.cms)[:2], urlsplit(house.storage)[:2]}
    assert desk.complaints == []

    # The tab's address is for this browser alone, and the film's address for nobody unsigned.
    assert httpx.get(tab.url, follow_redirects=False).status_code == 302
    assert httpx.get(films[0].partition("?")[0]).status_code == 403
    for place in ("/", "/feed.xml", "/sitemap.xml"):
        assert TITLE not in httpx.get(house.site + place).text


def test_a_draft_plays_in_the_tab_without_javascript(
    house: House, browser: Browser, desk: Desk
) -> None:
    title = "Rahasia tanpa skrip"
    never_published(desk, title)
    desk.open_panel()
    address = desk.in_a_tab().url
    context = browser.new_context(
        java_script_enabled=False, storage_state=desk.page.context.storage_state()
    )
    try:
        tab = context.new_page()
        tab.goto(address)
        expect(tab.locator("h1")).to_have_text(title)
        press_play(tab)
        tab.wait_for_timeout(2500)
        assert tab.locator("video").first.evaluate("v => v.currentTime") > 0.5
    finally:
        context.close()


def test_a_unit_is_previewed_among_its_published_videos(house: House, desk: Desk) -> None:
    number = admin_id(house, desk.page, "Divisi Humas")
    desk.page.goto(f"{house.cms}/admin/pages/{number}/edit/")
    desk.page.fill("textarea[name=summary]", "Ringkasan yang belum terbit.")
    shown = desk.open_panel()
    expect(shown.locator(".lede")).to_have_text("Ringkasan yang belum terbit.")
    expect(shown.locator("article.card").first).to_be_visible()
    desk.at_width(DESKTOP)
    picture(desk.page, "unit-panel")
    tab = desk.in_a_tab()
    expect(tab.locator(".lede")).to_have_text("Ringkasan yang belum terbit.")
    for width, colours in ((PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light")):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=colours)
        picture(tab, f"unit-{width}-{colours}", full_page=True)
    card = tab.locator("article.card a").first
    assert (card.get_attribute("href") or "").startswith(house.site)
    # The site is opened beside the preview and is not told where from.
    with tab.context.expect_page() as opened:
        card.click()
    opened.value.wait_for_load_state("load")
    assert opened.value.url.startswith(house.site)
    assert opened.value.evaluate("document.referrer") == ""
    assert desk.complaints == []


def test_the_home_page_is_previewed_in_both_its_views(house: House, desk: Desk) -> None:
    number = admin_id(house, desk.page, "Policetube")
    desk.page.goto(f"{house.cms}/admin/pages/{number}/edit/")
    desk.page.fill("textarea[name=description], input[name=description]", "Keterangan baru.")
    shown = desk.open_panel()
    expect(shown.locator("h1")).to_contain_text("Keterangan baru.")
    expect(shown.locator("article.card").first).to_be_visible()
    picture(desk.page, "home-panel")
    tab = desk.in_a_tab()
    for width, colours in ((PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light")):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=colours)
        picture(tab, f"home-{width}-{colours}", full_page=True)
    tab.close()  # the panel would use it again

    desk.page.locator("select[data-w-preview-target=mode]").select_option("about")
    expect(desk.open_panel().locator("h1")).to_have_text("Tentang situs ini")
    expect(desk.open_panel().locator(".lede")).to_have_text("Keterangan baru.")
    picture(desk.page, "about-panel")
    about = desk.in_a_tab()
    expect(about.locator("h1")).to_have_text("Tentang situs ini")
    about.set_viewport_size({"width": PHONE, "height": 900})
    picture(about, "about-phone", full_page=True)
    assert desk.complaints == []


def test_an_edit_made_as_soon_as_the_form_is_there_is_saved_by_itself(
    house: House, desk: Desk
) -> None:
    number = admin_id(house, desk.page, "Divisi Humas")
    form = f"{house.cms}/admin/pages/{number}/edit/"
    desk.page.goto(form, wait_until="domcontentloaded")
    with desk.page.expect_response(
        lambda response: response.request.method == "POST" and response.url == form
    ):
        desk.page.fill("textarea[name=summary]", "Ditulis sebelum halaman selesai dimuat.")
    desk.page.goto(form)
    expect(desk.page.locator("textarea[name=summary]")).to_have_value(
        "Ditulis sebelum halaman selesai dimuat."
    )
