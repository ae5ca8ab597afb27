"""The sender of uploads beside slow parts: who pauses and goes on sends no part twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from cms.editorial.upload_words import words
from tests.site_builder.fake_api import ROOT

SCRIPT = ROOT / "cms" / "static_built" / "uploads" / "uploads.js"
# Secure, as browsers see it; every request is answered below.
CMS = "http://localhost:9"
PART = 1000
PARTS = 4
# As many as all files together may send at once.
HANDS = 4
PAGE = """<!doctype html><html lang="en"><title>Upload</title>
<div><form data-upload><input type="file" name="file" data-limit="1000000">
<button type="submit">Upload</button></form></div>
<script src="/uploads.js" data-doors="/uploads/" data-words='{words}' defer></script></html>"""


class Desk:
    """Doors and a store that hold every part of the first file until it is let go."""

    def __init__(self) -> None:
        self.held: list[Route] = []
        self.holding = True
        self.sent: Counter[str] = Counter()

    def answer(self, route: Route) -> None:
        request = route.request
        path = urlsplit(request.url).path
        if request.method == "PUT":
            self.sent[path] += 1
            if self.holding:
                self.held.append(route)
            else:
                route.fulfill(status=200)
        elif path == "/":
            said = json.dumps(words()).replace("'", "&#39;")
            route.fulfill(body=PAGE.replace("{words}", said), content_type="text/html")
        elif path == "/uploads.js":
            route.fulfill(path=SCRIPT, content_type="text/javascript")
        elif path.startswith("/uploads/"):
            route.fulfill(json=self.door(path, request.post_data_json))
        else:
            route.fulfill(status=204)

    def door(self, path: str, asked: Any) -> dict[str, Any]:
        name, _, act = path.removeprefix("/uploads/").partition("/")
        if act == "sign/":
            (part,) = asked["parts"]
            return {"parts": [{"url": f"/store/{name}/{part['number']}", "headers": {}}]}
        if act == "finish/":
            asset = {"id": 1, "title": name, "url": "#"}
            return {"state": "done", "asset": asset, "known": False}
        if name:
            return {"state": "open", "stored": []}
        return {"id": asked["name"], "state": "open", "part_size": PART}

    def let_go(self) -> None:
        self.holding = False
        for route in self.held:
            route.fulfill(status=200)


@pytest.mark.usefixtures("assets")
def test_a_file_that_is_paused_while_it_waits_its_turn_is_sent_once(
    chromium: Browser, tmp_path: Path
) -> None:
    desk = Desk()
    for name in ("first", "second"):
        (tmp_path / name).write_bytes(name.encode() * (PART * PARTS // len(name)))
    page = chromium.new_page()
    page.route("**/*", desk.answer)
    page.goto(CMS)
    picker = page.locator("form input[type=file]")
    picker.set_input_files(tmp_path / "first")
    page.click("button[type=submit]")
    while len(desk.held) < HANDS:
        page.wait_for_timeout(50)
    picker.set_input_files(tmp_path / "second")
    page.click("form > button[type=submit]")
    second = page.locator(".upload", has_text="second")
    for _ in range(3):
        expect(second).to_have_attribute("data-state", "sending")
        second.locator("[data-action=pause]").click()
        second.locator("[data-action=resume]").click()
    expect(second).to_have_attribute("data-state", "sending")
    desk.let_go()
    expect(second).to_have_attribute("data-state", "done")
    page.wait_for_timeout(300)
    assert len(desk.sent) == 2 * PARTS
    assert set(desk.sent.values()) == {1}
    page.close()
