"""An upload through a bad day: late parts, no line, a killed store, a closed browser."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Request, Response, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.clips import cut
from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.house import House
from tests.e2e.test_main_job import unit_page_id
from tests.e2e.test_resilience import pid_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PART = 5 * 1024**2
PARTS = 8
PART_NUMBER = re.compile(r"[?&]partNumber=(\d+)")
# Every finish is sent three times at once; what each heard is kept.
THRICE = """
  const real = window.fetch;
  window.heard = [];
  window.fetch = (url, options) => {
    if (!String(url).endsWith("/finish/")) return real(url, options);
    const all = [1, 2, 3].map(() => real(url, options));
    all.forEach(async (one) => window.heard.push((await one).status));
    return all[0].then((one) => one.clone());
  };
"""


@dataclass
class Traffic:
    """What a browser sent: parts that storage took or refused, bytes that the CMS got."""

    house: House
    taken: list[int] = field(default_factory=list)
    refused: list[tuple[int, int]] = field(default_factory=list)
    to_cms: int = 0

    def watch(self, context: BrowserContext) -> None:
        context.on("response", self._response)
        context.on("request", self._request)

    def _response(self, response: Response) -> None:
        if response.request.method != "PUT":
            return
        number = int(PART_NUMBER.search(response.url)[1])  # type: ignore[index]
        if response.ok:
            self.taken.append(number)
        else:
            self.refused.append((number, response.status))

    def _request(self, request: Request) -> None:
        if request.url.startswith(self.house.cms) and request.method != "GET":
            self.to_cms += len(request.post_data_buffer or b"")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of film, and a box that players skip, so that it has eight parts."""
    folder = tmp_path_factory.mktemp("film")
    path = cut(folder / "operasi-lilin.mp4", name="street-traffic.mp4", start=5, seconds=2)
    room = PARTS * PART - 1000 - path.stat().st_size
    with path.open("ab") as file:
        file.write(room.to_bytes(4, "big") + b"free" + os.urandom(room - 8))
    return path


@contextmanager
def desk(
    driver: Playwright, house: House, profile: Path, traffic: Traffic | None = None
) -> Iterator[Page]:
    """The headquarters' editor at a browser whose profile keeps them logged in."""
    context = driver.chromium.launch_persistent_context(
        str(profile),
        executable_path=CHROMIUM,
        args=FLAGS,
        locale="id-ID",
        viewport={"width": 360, "height": 740},
    )
    waiting: dict[Request, float] = {}
    context.on("request", lambda request: waiting.setdefault(request, time.monotonic()))
    context.on("requestfinished", lambda request: waiting.pop(request, None))
    context.on("requestfailed", lambda request: waiting.pop(request, None))
    try:
        if traffic:
            traffic.watch(context)
        page = context.pages[0]
        page.set_default_timeout(60_000)
        page.goto(f"{house.cms}/admin/")
        if page.locator("input[name=username]").count():
            page.fill("input[name=username]", "humas-mabes")
            page.fill("input[name=password]", house.password("humas-mabes"))
            page.click("button[type=submit]")
            expect(page).to_have_url(re.compile(r"/admin/$"))
        yield page
    except PlaywrightError as error:
        for request, since in waiting.items():
            seconds = time.monotonic() - since
            error.add_note(f"{request.method} {request.url} waits {seconds:.0f} s")
        raise
    finally:
        context.close()


def part(number: int) -> re.Pattern[str]:
    return re.compile(rf"[?&]partNumber={number}(&|$)")


def slow(page: Page, bytes_per_second: int) -> None:
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 20,
            "downloadThroughput": -1,
            "uploadThroughput": bytes_per_second,
        },
    )


def unfinished(page: Page, house: House) -> list[dict[str, Any]]:
    return page.request.get(f"{house.cms}/admin/video-files/uploads/").json()["uploads"]


def show(page: Page, house: House, upload: str) -> dict[str, Any]:
    return page.request.get(f"{house.cms}/admin/video-files/uploads/{upload}/").json()


def seen(page: Page, check: Any, seconds: float = 120) -> Any:
    """`eventually`, while the browser's events are served."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"still {answer!r}"
        page.wait_for_timeout(200)
    return answer


def test_an_upload_survives_a_bad_day_and_sends_no_part_twice(
    driver: Playwright, house: House, film: Path, tmp_path: Path
) -> None:
    before, after = Traffic(house), Traffic(house)
    # Another one than the other tests send: theirs would be gone on with.
    data, film = film.read_bytes(), tmp_path / "operasi-lilin.mp4"
    film.write_bytes(data[:-50] + os.urandom(50))
    with desk(driver, house, tmp_path / "profile", before) as page:
        late: list[Route] = []
        held: list[Route] = []
        killed: list[int] = []

        def hold(route: Route) -> None:
            if late:
                route.continue_()
            late.append(route)

        def hold_until_the_kill(route: Route) -> None:
            if killed:
                route.continue_()
            else:
                held.append(route)

        page.context.route(part(2), hold)
        page.context.route(part(PARTS - 1), hold_until_the_kill)
        # Under way until the browser is gone.
        page.context.route(part(PARTS), lambda route: None)
        page.goto(f"{house.cms}/admin/video-files/upload/")
        slow(page, 2 * 1024**2)
        page.set_input_files("form[data-upload] input[type=file]", str(film))
        page.locator("form[data-upload] button[type=submit]").click()
        item = page.locator(".upload")
        seen(page, lambda: late)
        page.wait_for_timeout(7_000)
        late[0].continue_()
        # Five seconds is how long an address holds: another one is asked for.
        seen(page, lambda: (2, 403) in before.refused or 2 in before.taken)
        page.context.set_offline(True)
        expect(item).to_contain_text("Tidak ada sambungan")
        page.context.set_offline(False)
        expect(item).to_contain_text("%", timeout=60_000)
        (upload,) = unfinished(page, house)
        seen(page, lambda: len(before.taken) >= 2)
        killed.append(pid_of(house, "storage"))
        os.kill(killed[0], signal.SIGKILL)
        for route in held:
            # One that the page has given up meanwhile is asked for anew.
            with suppress(PlaywrightError):
                route.continue_()
        seen(page, lambda: PARTS - 1 in before.taken, seconds=180)
    # The browser is gone in the middle of a part, and comes back another day.
    with desk(driver, house, tmp_path / "profile", after) as page:
        stored = {part["number"] for part in show(page, house, upload["id"])["stored"]}
        assert 0 < len(stored) < PARTS
        page.add_init_script(THRICE)
        page.goto(f"{house.cms}/admin/video-files/upload/")
        row = page.locator(f'[data-upload="{upload["id"]}"]')
        expect(row).to_contain_text("operasi-lilin.mp4")
        with page.expect_file_chooser() as chooser:
            row.get_by_role("button", name="Pilih berkas").click()
        chooser.value.set_files(str(film))
        page.wait_for_url(re.compile(r"/admin/video-files/\d+/"), timeout=180_000)
        assert sorted(after.taken) == sorted(set(range(1, PARTS + 1)) - stored)
        done = show(page, house, upload["id"])
        assert done["state"] == "done"
        assert done["asset"]["uuid"] == upload["id"]
        whole = hashlib.sha256(film.read_bytes()).hexdigest()
        assert done["sha256"] == done["asset"]["sha256"] == whole
        assert before.to_cms + after.to_cms < 100_000
        # The page turns itself over when all is there, and Chromium may lose a goto beside that.
        expect(page.locator("[data-asset-status][data-settled]")).to_be_visible(timeout=240_000)
        expect(page.locator(".asset-player")).to_be_visible()
        assert show(page, house, upload["id"])["asset"]["state"] == "ready"
        # The same film again is offered, not sent.
        after.taken.clear()
        page.goto(f"{house.cms}/admin/video-files/upload/")
        page.set_input_files("form[data-upload] input[type=file]", str(film))
        page.locator("form[data-upload] button[type=submit]").click()
        expect(page.locator(".upload")).to_contain_text("Berkas ini sudah ada")
        page.locator('.upload [data-action="use"]').click()
        page.wait_for_url(re.compile(rf"/admin/video-files/{done['asset']['id']}/"))
        assert after.taken == []


def test_raced_finishes_hear_of_success_only(
    driver: Playwright, house: House, film: Path, tmp_path: Path
) -> None:
    small = tmp_path / "apel.mp4"
    small.write_bytes(film.read_bytes()[: 2 * 1024**2] + os.urandom(99))
    with desk(driver, house, tmp_path / "profile") as page:
        page.add_init_script(THRICE)
        page.goto(f"{house.cms}/admin/video-files/upload/")
        nothing = tmp_path / "kosong.mp4"
        nothing.touch()
        three = [str(nothing), str(small), str(film)]
        page.set_input_files("form[data-upload] input[type=file]", three)
        page.locator("form[data-upload] button[type=submit]").click()
        arrived = page.locator(".upload", has_text="apel.mp4")
        expect(arrived).to_contain_text("tersimpan aman", timeout=120_000)
        assert page.evaluate("window.heard.length") in {3, 6}, "of one file, or of both"
        assert set(page.evaluate("window.heard")) <= {200, 202}
        # One that has nothing in it keeps none of the others waiting.
        empty = page.locator(".upload", has_text="kosong.mp4")
        expect(empty).to_contain_text("kosong", ignore_case=True)
        expect(empty).to_have_attribute("data-state", "failed")
        # Nothing is left behind that the other tests would find unfinished.
        large = page.locator(".upload", has_text=film.name)
        expect(large).to_contain_text("tersimpan aman", timeout=240_000)


def test_the_choosers_upload_is_chosen_when_it_has_arrived(
    driver: Playwright, house: House, film: Path, tmp_path: Path
) -> None:
    other = tmp_path / "patroli-laut.mp4"
    other.write_bytes(film.read_bytes()[:-50] + os.urandom(50))
    traffic = Traffic(house)
    with desk(driver, house, tmp_path / "profile", traffic) as page:
        unit = unit_page_id(house, page)
        page.goto(f"{house.cms}/admin/pages/add/content_models/videopage/{unit}/")
        page.click("#id_asset-chooser [data-chooser-action-choose]")
        page.get_by_role("tab", name="Unggah").click()
        page.set_input_files("input[name=video-upload-file]", str(other))
        page.locator("form[data-chooser-modal-creation-form] button[type=submit]").click()
        expect(page.locator("#id_asset-chooser")).to_contain_text("patroli-laut", timeout=120_000)
        assert sorted(traffic.taken) == list(range(1, PARTS + 1))
        assert traffic.to_cms < 500_000


def test_a_refused_file_is_sent_again_under_its_title(
    driver: Playwright, house: House, film: Path, tmp_path: Path
) -> None:
    harmed = tmp_path / "razia-malam.mp4"
    harmed.write_bytes(film.read_bytes()[: PART // 2] + os.urandom(99))

    def harm(route: Route) -> None:
        route.continue_(post_data=json.dumps({"checksum": "00" * 32}))

    with desk(driver, house, tmp_path / "profile") as page:
        page.goto(f"{house.cms}/admin/video-files/upload/")
        page.fill("form[data-upload] [name$=title]", "Razia di Jalan Sudirman")
        page.set_input_files("form[data-upload] input[type=file]", str(harmed))
        page.route("**/finish/", harm)
        page.locator("form[data-upload] button[type=submit]").click()
        expect(page.locator(".upload[data-state=failed]")).to_be_visible(timeout=120_000)
        page.unroute("**/finish/")
        page.goto(f"{house.cms}/admin/video-files/upload/")
        row = page.locator("[data-unfinished] .upload", has_text="razia-malam.mp4")
        expect(row).to_be_visible()
        # Nothing of it is there any more that could be gone on with.
        expect(page.locator("[data-unfinished]")).not_to_contain_text("bagian yang kurang")
        with page.expect_file_chooser() as chooser:
            row.get_by_role("button", name="Pilih berkas").click()
        chooser.value.set_files(str(harmed))
        page.wait_for_url(re.compile(r"/admin/video-files/\d+/"), timeout=120_000)
        expect(page.locator("h1, [name$=title]").first).to_be_visible()
        assert "Razia di Jalan Sudirman" in page.content()
