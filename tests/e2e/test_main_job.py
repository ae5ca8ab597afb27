"""The main job through real browsers: upload, write, publish, watch, edit, withdraw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.clips import cut
from tests.e2e.house import House, eventually, status_of
from tests.e2e.player import watch

# One platform for all: on two cores a second one would only slow the first down.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

VIDEO = """query ($id: String!) { video(publicId: $id) { title path unit { code }
  media { hlsUrl poster { url } renditions { name url playlistUrl size sha256 } } } }"""


def test_the_public_plays_the_clip_from_object_storage(house: House, browser: Browser) -> None:
    viewing = watch(browser, house.video_url)
    assert viewing.seconds > 1
    assert viewing.frames > 10
    assert viewing.media_origins == {house.storage}
    assert viewing.origins == {house.storage, house.site}
    assert viewing.complaints == []


def test_the_public_plays_it_without_javascript(house: House, browser: Browser) -> None:
    viewing = watch(browser, house.video_url, javascript=False)
    assert viewing.seconds > 1
    assert viewing.frames > 10
    assert viewing.origins == {house.storage, house.site}


def test_a_journalist_finds_the_same_video_with_its_hashes(house: House) -> None:
    answer = house.ask(
        "{ videos(first: 1) { nodes { path media { renditions { url size sha256 } } } } }"
    )
    (video,) = answer["videos"]["nodes"]
    assert house.video_url == house.site + video["path"]
    for rendition in video["media"]["renditions"]:
        data = httpx.get(rendition["url"], timeout=30).content
        assert len(data) == rendition["size"]


@pytest.fixture
def admin(house: House, browser: Browser) -> Iterator[Page]:
    """The admin, opened by the headquarters' editor, who may publish."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="id-ID")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{house.cms}/admin/login/")
    page.fill("input[name=username]", "humas-mabes")
    page.fill("input[name=password]", house.password("humas-mabes"))
    page.click("button[type=submit]")
    expect(page).to_have_url(re.compile(r"/admin/$"))
    yield page
    context.close()


def upload(page: Page, house: House, clip: Path, title: str) -> str:
    """Upload through the form and wait until it has arrived; returns the address of its page."""
    page.goto(f"{house.cms}/admin/video-files/upload/")
    page.set_input_files("input[type=file]", str(clip))
    page.fill("input[name=title]", title)
    page.locator("form[enctype] button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/admin/video-files/\d+/"), timeout=60_000)
    return page.url


def test_an_editor_uploads_writes_publishes_edits_and_withdraws(
    house: House, browser: Browser, admin: Page, tmp_path: Path
) -> None:
    clip = cut(tmp_path / "patroli.mp4", name="street-traffic.mp4", start=12, seconds=6)
    upload(admin, house, clip, "Rekaman patroli pagi")

    # Write the page below a unit, choose the file that was just uploaded, publish.
    unit = unit_page_id(house, admin)
    admin.goto(f"{house.cms}/admin/pages/add/content_models/videopage/{unit}/")
    admin.fill("textarea[name=title], input[name=title]", "Patroli pagi di simpang lima")
    admin.click("#id_asset-chooser [data-chooser-action-choose]")
    admin.click(
        "dialog a:has-text('Rekaman patroli pagi'), .modal a:has-text('Rekaman patroli pagi')"
    )
    expect(admin.locator("#id_asset-chooser")).to_contain_text("Rekaman patroli pagi")
    admin.fill("textarea[name=synopsis]", "Petugas mengatur arus kendaraan pada pagi hari.")
    press_publish(admin)

    public_id = eventually(lambda: published_id(house, "Patroli pagi di simpang lima"), seconds=120)
    video = house.ask(VIDEO, id=public_id)["video"]
    url = house.site + video["path"]
    eventually(lambda: status_of(url) == 200)
    viewing = watch(browser, url, seconds=2)
    assert viewing.seconds > 0.5
    assert viewing.frames > 5
    assert viewing.media_origins == {house.storage}

    # Edit: the public page follows, and the receipt advances where somebody only looks on.
    edit = f"{house.cms}/admin/pages/{page_id(house, admin, public_id)}/edit/"
    onlooker = admin.context.new_page()
    onlooker.goto(edit)
    expect(onlooker.locator(".receipt[data-complete]")).to_have_count(1)
    admin.goto(edit)
    admin.fill("textarea[name=synopsis]", "Diperbaiki: arus lancar sejak pukul tujuh.")
    press_publish(admin)
    eventually(lambda: "arus lancar sejak pukul tujuh" in httpx.get(url).text)
    expect(onlooker.locator(".receipt[data-complete]")).to_have_count(2, timeout=30_000)
    stages = onlooker.locator(".receipt").first.locator(".receipt__stage[data-reached]")
    expect(stages.last).to_contain_text("Terlihat di situs")
    onlooker.close()
    for place in ("/feed.xml", "/"):
        assert video["path"] in httpx.get(house.site + place).text
    assert any(video["path"] in text for text in sitemaps(house))

    # Stop the CMS: the site plays all the same.
    house.supervisorctl("stop", "cms")
    try:
        assert status_of(f"{house.cms}/admin/login/") == 0
        assert watch(browser, url, seconds=2).frames > 5
    finally:
        house.supervisorctl("start", "cms")
    eventually(lambda: status_of(f"{house.cms}/admin/login/") == 200)

    # Unpublish: page, feed, sitemap and every media file are gone.
    files = [video["media"]["hlsUrl"], video["media"]["poster"]["url"]]
    for rendition in video["media"]["renditions"]:
        files += [rendition["url"], rendition["playlistUrl"]]
    assert {status_of(file) for file in files} == {200}
    admin.goto(f"{house.cms}/admin/pages/{page_id(house, admin, public_id)}/unpublish/")
    admin.locator("input[name=reason][value=MISTAKE]").check()
    admin.locator("main form[method=post] [type=submit]").first.click()
    # The page goes first, its files with it; what lists it follows with the next build.
    eventually(lambda: status_of(url) == 410)
    eventually(lambda: {status_of(file) for file in files} <= {403, 404}, seconds=10)
    assert house.ask(VIDEO, id=public_id)["video"] is None
    for place in ("/feed.xml", "/"):
        eventually(lambda p=place: public_id not in httpx.get(house.site + p).text, seconds=10)
    eventually(lambda: not any(public_id in text for text in sitemaps(house)), seconds=10)


def press_publish(page: Page) -> None:
    """Wagtail hides publishing behind the arrow beside “save draft”."""
    button = page.locator("button[name=action-publish]")
    if not button.is_visible():
        page.locator("footer [data-w-dropdown-target=toggle]").first.click()
    button.click()
    page.wait_for_load_state("load")
    expect(page.locator(".messages .success, .w-message--success").first).to_be_visible()


def published_id(house: House, title: str) -> str | None:
    nodes = house.ask("{ videos(first: 20) { nodes { publicId title } } }")["videos"]["nodes"]
    return next((node["publicId"] for node in nodes if node["title"] == title), None)


def unit_page_id(house: House, page: Page) -> str:
    return admin_id(house, page, "Divisi Humas")


def page_id(house: House, page: Page, public_id: str) -> str:
    title = "Patroli pagi di simpang lima"
    return admin_id(house, page, title)


def admin_id(house: House, page: Page, title: str) -> str:
    """Primary key of a page, found as an editor finds it: by the admin's search."""
    page.goto(f"{house.cms}/admin/pages/search/?q={title}")
    link = page.locator("table a[href*='/admin/pages/']").filter(has_text=title).first
    href = link.get_attribute("href") or ""
    found = re.search(r"/pages/(\d+)/", href)
    assert found, href
    return found.group(1)


def sitemaps(house: House) -> list[str]:
    index = httpx.get(f"{house.site}/sitemap.xml").text
    return [httpx.get(url).text for url in re.findall(r"<loc>([^<]+)</loc>", index)]
