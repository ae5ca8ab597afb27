"""The operators' page of the running platform, in a real browser, on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.house import House

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_a_platform_that_is_well_says_so_and_one_whose_worker_ended_says_which(
    house: House, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="id-ID")
    page = context.new_page()
    page.goto(f"{house.cms}/admin/login/")
    page.fill("input[name=username]", "humas-mabes")
    page.fill("input[name=password]", house.password("humas-mabes"))
    page.click("button[type=submit]")
    expect(page).to_have_url(re.compile(r"/admin/$"))

    page.goto(f"{house.cms}/admin/health/")
    whole = page.locator(".health__whole")
    # Looked at again by itself.
    expect(whole).to_contain_text("Semua baik", timeout=90_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator(".health-chart__svg g").first).to_be_attached()

    house.supervisorctl("stop", "media-worker")
    try:
        expect(whole).to_contain_text("perlu perhatian", timeout=60_000)
        # One that had to be killed is missed a minute later, and is bad after three.
        bad = page.locator(".health-sign.health-level--bad, .health-sign.health-level--watch").first
        expect(bad).to_contain_text("media-worker")
        expect(bad).to_contain_text("Jalankan media-worker")
    finally:
        house.supervisorctl("start", "media-worker")
    expect(whole).to_contain_text("Semua baik", timeout=60_000)
    context.close()
