"""An emergency announcement in a real browser: with scripts and without, from the network alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from site_builder import assets
from site_builder.announcement import told
from site_builder.environment import make
from site_builder.records import Banner
from site_builder.settings import Settings
from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import public_id
from tests.site_builder_theme.test_offline import served_page
from tests.site_builder_theme.test_pages import CONTRAST, OVERFLOW

WATCH = f"/video/{public_id(0)}/kejadian-{public_id(0)}/"
LONG = (
    "Gempa kuat di perairan selatan Bali. Jauhi pantai dan muara, naik ke tempat tinggi, dan "
    "ikuti petunjuk petugas sampai ada pemberitahuan berikutnya. Jangan kembali untuk barang Anda."
)
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'


def banner(**fields: Any) -> Banner:
    known: dict[str, Any] = {
        "id": "banner:banner",
        "version": "satu",
        "text": "Gempa di Bali. Jauhi pantai.",
        "text_english": "Earthquake in Bali. Stay off the beach.",
        "urgency": "CRITICAL",
        "href": "/about/",
        "until": datetime.now(UTC) + timedelta(hours=1),
    }
    return Banner(**(known | fields))


class Wire:
    """What `/banner.json` and `/banner.css` answer from now on; every question is counted."""

    def __init__(self, site: BuiltSite) -> None:
        self.shown: Banner | None = None
        self.asked = 0
        self.now: datetime | None = None
        settings = Settings.checked(
            site_url="https://video.example.go.id", media_origin=site.media.url, language="id"
        )
        self._templates = make(settings, assets.load())

    def told(self, template: str) -> str:
        context = {"announcement": told(self.shown, "id")}
        return self._templates.get_template(template).render(context)

    def answer(self, route: Route) -> None:
        self.asked += 1
        name = route.request.url.rpartition("/")[2]
        kind = "application/json" if name.endswith("json") else "text/css"
        headers = {"Cache-Control": "no-store", "Content-Type": kind}
        headers["Date"] = format_datetime(self.now or datetime.now(UTC), usegmt=True)
        route.fulfill(status=200, headers=headers, body=self.told(name))


@pytest.fixture
def wire(site: BuiltSite) -> Wire:
    return Wire(site)


@pytest.fixture
def reader(chromium: Browser, wire: Wire) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.route("**/banner.*", wire.answer)
    yield context
    context.close()


def region(page: Page) -> Locator:
    return page.get_by_label("Pengumuman darurat")


def test_without_an_announcement_nothing_is_shown_and_takes_no_room(
    reader: BrowserContext, site: BuiltSite, wire: Wire
) -> None:
    page = reader.new_page()
    page.goto(f"{site.url}/")
    page.wait_for_load_state("networkidle")

    assert wire.asked == 1, "the preloaded answer is the one that is read"
    expect(region(page)).to_have_count(0)
    assert page.locator("[data-banner]").bounding_box()["height"] == 0  # type: ignore[index]


@pytest.mark.parametrize("path", ["/", WATCH, "/ledger/", "/404.html", "/search/"])
def test_every_page_shows_what_is_announced_above_all_else(
    reader: BrowserContext, site: BuiltSite, wire: Wire, path: str
) -> None:
    wire.shown = banner()
    page = reader.new_page()
    page.goto(site.url + path)

    shown = region(page)
    expect(shown).to_be_visible()
    expect(shown).to_contain_text("Gempa di Bali. Jauhi pantai.")
    expect(shown.locator("[lang=en]")).to_have_text("Earthquake in Bali. Stay off the beach.")
    box, masthead = shown.bounding_box(), page.locator(".masthead").bounding_box()
    assert box
    assert masthead
    assert box["y"] == 0
    assert box["y"] + box["height"] == masthead["y"]


def test_danger_is_an_alert_that_nobody_closes_and_a_notice_a_status_that_stays_closed(
    reader: BrowserContext, site: BuiltSite, wire: Wire
) -> None:
    wire.shown = banner()
    page = reader.new_page()
    page.goto(f"{site.url}/")
    expect(page.get_by_role("alert")).to_contain_text("Gempa di Bali")
    expect(region(page).get_by_role("button")).to_have_count(0)

    wire.shown = banner(version="dua", urgency="NOTICE", text="Latihan evakuasi.")
    page.reload()
    expect(page.get_by_role("status").first).to_contain_text("Latihan evakuasi.")
    region(page).get_by_role("button", name="Tutup").click()
    expect(region(page)).to_have_count(0)
    page.goto(f"{site.url}/about/")
    page.wait_for_load_state("networkidle")
    expect(region(page)).to_have_count(0)

    # Another one is shown again.
    wire.shown = banner(version="tiga", urgency="NOTICE", text="Latihan selesai.")
    page.reload()
    expect(region(page)).to_contain_text("Latihan selesai.")


@pytest.mark.parametrize("urgency", ["NOTICE", "WARNING", "CRITICAL"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_is_readable_and_fits(
    chromium: Browser, site: BuiltSite, wire: Wire, urgency: str, scheme: str, width: int
) -> None:
    wire.shown = banner(urgency=urgency, text=LONG)
    context = chromium.new_context(
        viewport={"width": width, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.route("**/banner.*", wire.answer)
    page = context.new_page()
    page.goto(f"{site.url}/")
    expect(region(page)).to_be_visible()

    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(OVERFLOW) <= 0
    for control in region(page).locator("a, button").all():
        box = control.bounding_box()
        assert box
        assert 44 <= box["height"] < 60, "a word that is broken is higher"
    context.close()


def test_what_it_says_is_never_markup(reader: BrowserContext, site: BuiltSite, wire: Wire) -> None:
    wire.shown = banner(text=HOSTILE, text_english="")
    page = reader.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.goto(f"{site.url}/")
    title = page.title()

    expect(region(page).locator("p").first).to_have_text(HOSTILE)
    assert region(page).locator("img, script").count() == 0
    assert page.title() == title
    assert faults == []


@pytest.mark.parametrize(
    ("href", "words"),
    [
        ("/about/", "Selengkapnya"),
        ("https://www.bmkg.go.id/gempa", "Selengkapnya (www.bmkg.go.id)"),
        ("", None),
        ("javascript:alert(1)", None),
        ("http://example.org/", None),
    ],
)
def test_it_leads_to_pages_and_secure_addresses_alone(
    reader: BrowserContext, site: BuiltSite, wire: Wire, href: str, words: str | None
) -> None:
    wire.shown = banner(href=href)
    page = reader.new_page()
    page.goto(f"{site.url}/")
    expect(region(page)).to_be_visible()

    links = region(page).get_by_role("link")
    if words is None:
        expect(links).to_have_count(0)
    else:
        expect(links).to_have_text(words)


def test_it_ends_by_itself_at_its_moment_by_the_servers_clock(
    reader: BrowserContext, site: BuiltSite, wire: Wire
) -> None:
    # Two hours before the device's clock, and a second and a half before the end.
    wire.now = datetime.now(UTC) - timedelta(hours=2)
    wire.shown = banner(until=wire.now + timedelta(seconds=1.5))
    page = reader.new_page()
    page.goto(f"{site.url}/")

    expect(region(page)).to_be_visible()
    expect(region(page)).to_have_count(0, timeout=4000)


def test_one_that_is_over_is_not_shown_though_the_file_still_says_it(
    reader: BrowserContext, site: BuiltSite, wire: Wire
) -> None:
    wire.shown = banner(until=datetime.now(UTC) - timedelta(seconds=5))
    page = reader.new_page()
    page.goto(f"{site.url}/")
    page.wait_for_load_state("networkidle")

    expect(region(page)).to_have_count(0)


def test_a_page_that_is_read_hears_of_it_within_a_minute_and_when_it_is_looked_at_again(
    reader: BrowserContext, site: BuiltSite, wire: Wire
) -> None:
    page = reader.new_page()
    page.clock.install()
    page.goto(f"{site.url}/")
    page.wait_for_load_state("networkidle")
    wire.shown = banner()
    page.clock.fast_forward(61_000)
    expect(region(page)).to_be_visible()

    wire.shown = banner(version="dua", text="Bahaya lewat.", urgency="NOTICE")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(region(page)).to_contain_text("Bahaya lewat.")
    wire.shown = None
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(region(page)).to_have_count(0)


def test_a_page_that_the_device_kept_asks_the_network_for_it(
    chromium: Browser, site: BuiltSite, wire: Wire
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = served_page(context, f"{site.url}/")
    page.goto(site.url + WATCH)
    page.wait_for_load_state("networkidle")
    kept = page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((one) => one.url)))).flat()"
    )
    assert not [url for url in kept if "banner" in url]
    # The page itself does not answer any more, so it comes from the device; the network is there.
    context.route(site.url + WATCH, lambda route: route.abort())
    context.route("**/banner.*", wire.answer)
    wire.shown = banner()

    page.goto(site.url + WATCH)

    expect(region(page)).to_contain_text("Gempa di Bali. Jauhi pantai.")
    context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(200)
    expect(region(page)).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_scripts_style_alone_says_it(
    chromium: Browser, site: BuiltSite, wire: Wire, scheme: str
) -> None:
    wire.shown = banner(text=f"{LONG[:120]} “{HOSTILE}\\")
    context = chromium.new_context(
        java_script_enabled=False,
        viewport={"width": 360, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    context.route("**/banner.*", wire.answer)
    page = context.new_page()
    page.goto(f"{site.url}/")
    session = context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")
    said = " ".join(
        str(node.get("name", {}).get("value", "")) for node in tree["nodes"] if "name" in node
    )

    # Screen readers read it as text of the page, unannounced.
    assert wire.shown.text in said.replace("\n", " ")
    assert "Stay off the beach." in said
    masthead = page.locator(".masthead").bounding_box()
    assert masthead
    assert masthead["y"] > 60
    assert masthead["width"] == 360
    context.close()


def test_with_scripts_the_style_is_not_even_asked_for(
    reader: BrowserContext, site: BuiltSite, wire: Wire
) -> None:
    asked: list[str] = []
    page = reader.new_page()
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    wire.shown = banner()
    page.goto(f"{site.url}/")
    expect(region(page)).to_be_visible()

    assert "banner.css" not in asked
    assert json.loads(wire.told("banner.json"))["version"] == "satu"


def test_the_page_moves_once_and_before_it_is_read(
    reader: BrowserContext, site: BuiltSite, wire: Wire
) -> None:
    """The one shift there is comes with the first answer, which is asked for before all scripts."""
    wire.shown = banner()
    page = reader.new_page()
    page.add_init_script(
        "window.shifts = []; new PerformanceObserver((list) => list.getEntries().forEach("
        "(one) => window.shifts.push(one.startTime))).observe("
        "{ type: 'layout-shift', buffered: true })"
    )
    page.goto(f"{site.url}/")
    expect(region(page)).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert len(page.evaluate("window.shifts")) <= 1
