"""Watching as a person does, and counting what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

MEDIA_SUFFIXES = (".mp4", ".m4a", ".m3u8", ".vtt", ".jpg", ".webp")


@dataclass(slots=True)
class Viewing:
    """What a viewer saw: seconds played, frames decoded, hosts that served media, complaints."""

    seconds: float = 0
    frames: int = 0
    width: int = 0
    media_origins: set[str] = field(default_factory=set)
    origins: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


def watch(
    browser: Browser, url: str, *, javascript: bool = True, seconds: float = 3, width: int = 360
) -> Viewing:
    """Open a watch page on a phone, press play, watch for some seconds."""
    viewing = Viewing()
    context = browser.new_context(
        java_script_enabled=javascript, viewport={"width": width, "height": 740}, locale="id-ID"
    )
    try:
        page = context.new_page()
        page.on("request", lambda request: _note(viewing, request.url))
        page.on(
            "console",
            lambda message: (
                viewing.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        page.on("pageerror", lambda error: viewing.complaints.append(str(error)))
        page.goto(url, wait_until="load")
        press_play(page)
        page.wait_for_timeout(seconds * 1000)
        video = page.locator("video").first
        viewing.seconds = video.evaluate("v => v.currentTime")
        viewing.frames = video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames")
        viewing.width = video.evaluate("v => v.videoWidth")
    finally:
        context.close()
    return viewing


def press_play(page: Page) -> None:
    """Start the video with the keyboard, as somebody without a mouse does."""
    start = page.locator("[data-start]")
    if start.count() and start.first.is_visible():
        start.first.focus()
        page.keyboard.press("Enter")
        return
    # Without JavaScript there is only the browser's own player.
    page.locator("video").first.focus()
    page.keyboard.press("Space")


def _note(viewing: Viewing, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return
    origin = f"{parts.scheme}://{parts.netloc}"
    viewing.origins.add(origin)
    if parts.path.endswith(MEDIA_SUFFIXES):
        viewing.media_origins.add(origin)
