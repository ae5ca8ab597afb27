"""The watch page in a real browser, on real files of another origin, with scripts and without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, expect

from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import ECONOMICAL, HEARD, SIGNED, public_id

VIDEO = "document.querySelector('video')"
START = "[data-start]"
TROUBLE = "[data-trouble]"
Opener = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, site: BuiltSite) -> Iterator[Opener]:
    """Opens a captioned video's page; fails the test on any console error nobody expected."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []
    expected: list[str] = []
    site.media.requests.clear()
    site.media.refused.clear()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(message.text)

    def open_page(
        fragment: str = "",
        *,
        of: str = public_id(0),
        tolerate: str = "",
        script: str = "",
        **options: Any,
    ) -> Page:
        context = chromium.new_context(locale="id-ID", **options)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        expected.append(tolerate)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", note)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(watch_url(site, of) + fragment)
        return page

    yield open_page
    for context in contexts:
        context.close()
    site.media.refused.clear()
    unexpected = [text for text in problems if not any(word and word in text for word in expected)]
    assert not unexpected


def watch_url(site: BuiltSite, of: str = public_id(0)) -> str:
    return f"{site.url}/video/{of}/kejadian-{of}/"


def start(page: Page) -> None:
    page.locator(START).click()


def wait_until(page: Page | Frame, expression: str) -> None:
    """Wait for a JavaScript expression; the page's policy forbids Playwright's own way (`eval`)."""
    deadline = time.monotonic() + 60
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(100)


def wait_until_past(page: Page, seconds: float) -> None:
    wait_until(page, f"{VIDEO}.currentTime > {seconds}")


def test_nothing_of_the_video_is_fetched_before_play(opened: Opener, site: BuiltSite) -> None:
    page = opened()
    page.wait_for_timeout(500)

    assert site.media.names() <= {"poster.jpg"}
    expect(page.locator(START)).to_be_visible()


def test_it_plays_without_scripts(opened: Opener, site: BuiltSite) -> None:
    page = opened(java_script_enabled=False)
    expect(page.locator(START)).to_be_hidden()
    expect(page.locator("[data-controls]")).to_be_hidden()
    expect(page.locator("[data-stills]")).to_be_hidden()

    page.locator("video").focus()
    page.keyboard.press("Space")
    page.wait_for_timeout(3000)

    assert "360p.mp4" in site.media.names()
    assert not any(name.endswith(".m3u8") for name in site.media.names())
    state = page.evaluate(f"[{VIDEO}.currentTime, {VIDEO}.videoWidth, {VIDEO}.duration]")
    assert state[0] > 0.5
    assert state[1] == 640
    assert 11 < state[2] < 13


def test_it_adapts_with_scripts_and_decodes_frames(opened: Opener, site: BuiltSite) -> None:
    page = opened()
    start(page)
    wait_until_past(page, 1.5)

    assert "master.m3u8" in site.media.names()
    assert page.evaluate(f"{VIDEO}.getVideoPlaybackQuality().totalVideoFrames") > 10
    assert page.evaluate(f"{VIDEO}.controls")
    expect(page.locator(START)).to_be_hidden()


def test_sound_plays_with_scripts_and_goes_on_after_seeking(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened(of=HEARD)
    start(page)
    wait_until_past(page, 0.5)
    assert {"sound.m3u8", "statement.m3u8", "statement.m4a"} <= site.media.names()
    page.evaluate(f"{VIDEO}.currentTime = 8.5")
    wait_until_past(page, 9)
    assert page.evaluate(f"{VIDEO}.webkitAudioDecodedByteCount") > 0


def test_sound_plays_without_scripts(opened: Opener, site: BuiltSite) -> None:
    page = opened(of=HEARD, java_script_enabled=False)
    page.locator("video").focus()
    page.keyboard.press("Space")
    page.wait_for_timeout(2000)
    assert "statement.m4a" in site.media.names()
    assert page.evaluate(f"{VIDEO}.currentTime") > 0.5


NO_AV1 = """
const known = MediaSource.isTypeSupported.bind(MediaSource);
MediaSource.isTypeSupported = (type) => !type.includes("av01") && known(type);
if ("ManagedMediaSource" in window) delete window.ManagedMediaSource;
"""
SLOW = """
const asked = navigator.mediaCapabilities.decodingInfo.bind(navigator.mediaCapabilities);
navigator.mediaCapabilities.decodingInfo = async (about) => {
  const found = await asked(about);
  const hard = about.video.contentType.includes("av01");
  return { supported: found.supported, smooth: found.smooth && !hard, powerEfficient: false };
};
"""


def test_a_browser_that_reads_av1_is_given_the_economy_set(opened: Opener, site: BuiltSite) -> None:
    page = opened(of=ECONOMICAL)
    start(page)
    wait_until_past(page, 1.5)
    assert "360p-av1.mp4" in site.media.names()
    assert "360p.mp4" not in site.media.names()
    assert page.evaluate(f"{VIDEO}.videoWidth") == 640
    assert page.evaluate(f"{VIDEO}.getVideoPlaybackQuality().totalVideoFrames") > 10
    page.evaluate(f"{VIDEO}.currentTime = 8.5")
    wait_until_past(page, 9)


def test_a_quality_that_is_chosen_comes_in_av1_where_that_is_read(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened(of=ECONOMICAL)
    names = page.locator("[data-quality] option").evaluate_all("all => all.map(one => one.value)")
    assert names == ["auto", "saver", "360p", "144p", "sound"]
    page.locator("[data-quality]").select_option("360p")
    start(page)
    wait_until_past(page, 1)
    assert "360p-av1.mp4" in site.media.names()


@pytest.mark.parametrize("script", [NO_AV1, SLOW], ids=["unknown", "too slow"])
def test_where_av1_is_unknown_or_too_slow_h264_plays(
    script: str, opened: Opener, site: BuiltSite
) -> None:
    page = opened(of=ECONOMICAL, script=script)
    start(page)
    wait_until_past(page, 1.5)
    assert "360p.mp4" in site.media.names()
    assert not any("av1" in name for name in site.media.names())


def test_without_scripts_nobody_is_given_av1(opened: Opener, site: BuiltSite) -> None:
    page = opened(of=ECONOMICAL, java_script_enabled=False)
    page.locator("video").focus()
    page.keyboard.press("Space")
    page.wait_for_timeout(2000)
    assert page.evaluate(f"{VIDEO}.currentTime") > 0.5
    assert "360p.mp4" in site.media.names()
    assert "360p AV1" in (page.locator(".files").first.text_content() or "")


SIGNER = "document.querySelector('.signer__video')"
DRIFT = f"Math.abs({VIDEO}.currentTime - {SIGNER}.currentTime)"


def test_the_signer_stays_in_step_through_seeking_pausing_and_speed(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened(of=SIGNED)
    start(page)
    wait_until_past(page, 0.5)
    assert page.evaluate(f"{SIGNER}.readyState") == 0
    page.locator(".signer summary").click()
    wait_until(page, f"!{SIGNER}.paused && {SIGNER}.readyState > 2 && {DRIFT} < 0.2")
    assert page.evaluate(f"[{SIGNER}.muted, {SIGNER}.videoHeight]") == [True, 144]

    page.evaluate(f"{VIDEO}.currentTime = 7")
    wait_until(page, f"{VIDEO}.currentTime > 7.2 && {DRIFT} < 0.2")
    page.evaluate(f"{VIDEO}.playbackRate = 0.5")
    wait_until(page, f"Math.abs({SIGNER}.playbackRate - 0.5) < 0.13")
    page.evaluate(f"{VIDEO}.pause()")
    wait_until(page, f"{SIGNER}.paused && {DRIFT} < 0.05")
    page.evaluate(f"{VIDEO}.currentTime = 2")
    wait_until(page, f"{SIGNER}.paused && {DRIFT} < 0.05")

    page.reload()
    assert page.locator(".signer").get_attribute("open") is not None


def test_the_signer_is_a_plain_second_video_without_scripts(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened(of=SIGNED, java_script_enabled=False)
    page.locator(".signer summary").focus()
    page.keyboard.press("Enter")
    page.locator(".signer__video").focus()
    page.keyboard.press("Space")
    page.wait_for_timeout(2000)
    assert page.evaluate(f"{SIGNER}.currentTime") > 0.3


def test_seeking_goes_on_playing_from_there(opened: Opener) -> None:
    page = opened()
    start(page)
    wait_until_past(page, 0.3)
    page.evaluate(f"{VIDEO}.currentTime = 8.5")
    wait_until_past(page, 9)


def test_quality_changes_while_it_plays(opened: Opener, site: BuiltSite) -> None:
    page = opened()
    page.locator("[data-quality]").select_option("144p")
    start(page)
    wait_until_past(page, 0.3)
    assert page.evaluate(f"{VIDEO}.videoWidth") == 256
    assert "360p.mp4" not in site.media.names()

    page.locator("[data-quality]").select_option("360p")
    wait_until(page, f"{VIDEO}.videoWidth === 640")
    page.locator("[data-quality]").select_option("144p")
    wait_until(page, f"{VIDEO}.videoWidth === 256")


def test_sound_alone_fetches_no_picture(opened: Opener, site: BuiltSite) -> None:
    page = opened()
    page.locator("[data-quality]").select_option("sound")
    start(page)
    wait_until_past(page, 0.3)

    assert "audio.m4a" in site.media.names()
    assert not {"360p.mp4", "144p.mp4", "master.m3u8"} & site.media.names()


def test_from_sound_back_to_picture_keeps_the_moment(opened: Opener) -> None:
    page = opened("#t=5")
    page.locator("[data-quality]").select_option("sound")
    start(page)
    wait_until_past(page, 5.2)
    page.locator("[data-quality]").select_option("360p")
    wait_until(page, f"{VIDEO}.videoWidth === 640 && !{VIDEO}.paused")
    wait_until_past(page, 5.5)


def test_the_choice_of_quality_is_remembered(opened: Opener) -> None:
    page = opened()
    page.locator("[data-quality]").select_option("saver")
    page.reload()

    expect(page.locator("[data-quality]")).to_have_value("saver")


def test_a_browser_that_saves_data_starts_in_the_saver(opened: Opener, site: BuiltSite) -> None:
    page = opened(
        script="Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
    )
    expect(page.locator("[data-quality]")).to_have_value("saver")
    start(page)
    wait_until_past(page, 2.5)

    assert "144p.mp4" in site.media.names()
    assert "360p.mp4" not in site.media.names()


def test_a_browser_without_storage_still_plays(opened: Opener) -> None:
    page = opened(
        script="Object.defineProperty(window, 'localStorage', "
        "{get() { throw new DOMException('denied', 'SecurityError') }})"
    )
    page.locator("[data-quality]").select_option("360p")
    start(page)
    wait_until_past(page, 0.3)


def test_a_line_of_the_transcript_plays_from_its_second(opened: Opener) -> None:
    page = opened()
    page.locator("[data-transcript] summary").click()
    page.get_by_role("link", name="0:06").click()
    wait_until_past(page, 6.1)
    assert page.url.endswith("/")


def test_captions_show_when_chosen_and_are_remembered(opened: Opener) -> None:
    page = opened()
    page.locator("[data-captions]").select_option("id")
    start(page)
    wait_until(page, f"{VIDEO}.textTracks[0].activeCues?.[0]?.text === 'Selamat pagi.'")
    page.evaluate(f"{VIDEO}.currentTime = 6")
    wait_until(page, f"{VIDEO}.textTracks[0].activeCues?.[0]?.text === 'Terima kasih.'")

    page.reload()
    expect(page.locator("[data-captions]")).to_have_value("id")
    assert page.evaluate(f"{VIDEO}.textTracks[0].mode") == "showing"


@pytest.mark.parametrize("fragment", ["#t=7", "#t=0:07", "#t=npt:7.5,9"])
def test_a_link_to_a_moment_starts_there(opened: Opener, fragment: str) -> None:
    page = opened(fragment)
    start(page)
    # A moment is sought before anything is played.
    wait_until(page, f"{VIDEO}.played.length > 0")
    wait_until_past(page, 7)
    assert page.evaluate(f"{VIDEO}.played.start(0)") > 6.5


def test_a_link_to_this_moment_can_be_copied(opened: Opener) -> None:
    page = opened("#t=4", permissions=["clipboard-read", "clipboard-write"])
    page.locator("[data-share]").click()

    expect(page.locator("[data-share]")).to_have_text("Tautan tersalin")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/#t=4")


def test_stills_are_fetched_when_opened_and_lead_to_their_moment(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened()
    assert "sprite.jpg" not in site.media.names()
    page.locator("[data-stills] summary").click()
    stills = page.locator("[data-strip] button")
    expect(stills).to_have_count(6)

    stills.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect(stills.nth(4)).to_be_focused()
    page.keyboard.press("Enter")
    wait_until_past(page, 8.2)
    expect(page.locator("[data-strip] [aria-current]")).to_have_text("0:08")
    assert "sprite.jpg" in site.media.names()


def test_without_the_adaptive_engine_the_plain_file_plays(opened: Opener, site: BuiltSite) -> None:
    page = opened(tolerate="Failed to load resource")
    page.route("**/assets/hls.*.js", lambda route: route.abort())
    start(page)
    wait_until_past(page, 0.5)

    assert "360p.mp4" in site.media.names()


def test_without_media_source_the_plain_file_plays(opened: Opener, site: BuiltSite) -> None:
    page = opened(
        script="delete window.MediaSource; delete window.ManagedMediaSource;"
        "HTMLMediaElement.prototype.canPlayType = () => ''"
    )
    start(page)
    wait_until_past(page, 0.5)

    assert "master.m3u8" not in site.media.names()


def test_a_failing_network_is_told_in_indonesian_and_can_be_retried(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened(tolerate="Failed to load resource")
    site.media.refused.update({"master.m3u8", "360p.mp4"})
    start(page)
    expect(page.locator(TROUBLE)).to_be_visible()
    expect(page.locator(TROUBLE)).to_contain_text("Periksa koneksi internet Anda")

    site.media.refused.clear()
    page.get_by_role("button", name="Coba lagi").click()
    wait_until_past(page, 0.5)
    expect(page.locator(TROUBLE)).to_be_hidden()


def test_a_change_of_mind_while_the_engine_loads_leaves_one_player(
    opened: Opener, site: BuiltSite
) -> None:
    page = opened()
    page.evaluate(
        """() => {
          document.querySelector('[data-start]').click();
          document.querySelector('[data-start]').click();
          const quality = document.querySelector('[data-quality]');
          quality.value = '144p';
          quality.dispatchEvent(new Event('change'));
        }"""
    )
    wait_until_past(page, 0.5)

    assert page.evaluate(f"{VIDEO}.videoWidth") == 256
    assert [path for path in site.media.requests if path.endswith("master.m3u8")] == [
        "/film/master.m3u8"
    ]
    assert "360p.mp4" not in site.media.names()


def test_when_the_line_comes_back_it_goes_on_by_itself(opened: Opener, site: BuiltSite) -> None:
    page = opened("#t=4", tolerate="Failed to load resource")
    site.media.refused.add("master.m3u8")
    start(page)
    expect(page.locator(TROUBLE)).to_be_visible()

    site.media.refused.clear()
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_past(page, 4.2)


def test_the_keyboard_alone_starts_and_stops_it(opened: Opener) -> None:
    page = opened()
    page.locator(START).focus()
    page.keyboard.press("Enter")
    wait_until_past(page, 0.3)
    expect(page.locator("video")).to_be_focused()
    page.keyboard.press("Space")
    wait_until(page, f"{VIDEO}.paused")
