"""The real site of a filmed newsroom, built with our own templates and assets, and a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from site_builder import build
from site_builder.serve import serving
from tests.site_builder.fake_api import ROOT
from tests.site_builder_theme.filmed_api import filmed_newsroom
from tests.site_builder_theme.films import economy_record, heard_record, make_film, media_record
from tests.site_builder_theme.hosting import MediaHost, looping, media_host

FRONTEND = ROOT / "site_builder" / "frontend" / "build.py"
CHROMIUM = "/usr/bin/chromium"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltSite:
    """A built site: its folder, the builder's state, the origin that serves it, the media's own."""

    folder: Path
    state: Path
    url: str
    media: MediaHost

    def text(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def html_pages(self) -> list[str]:
        """URL path of every page."""
        return [
            "/" + path.relative_to(self.folder).as_posix().removesuffix("index.html")
            for path in sorted(self.folder.rglob("*.html"))
        ]


@pytest.fixture(scope="session")
def assets() -> Path:
    """The built front end, made now if its sources changed."""
    subprocess.run([sys.executable, str(FRONTEND)], check=True, capture_output=True, timeout=280)
    return ROOT / "site_builder" / "assets" / "build"


@pytest.fixture(scope="session")
def site(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltSite]:
    """A site of fourteen videos, served beside its media."""
    root = tmp_path_factory.mktemp("theme")
    film = root / "media" / "film"
    film.mkdir(parents=True)
    make_film(film)
    folder = root / "dist"
    with media_host(root / "media") as media:
        base = f"{media.url}/film"
        record = media_record(film, base, captioned=True)
        report = build(
            transport=filmed_newsroom(
                record,
                heard=heard_record(record, film, base),
                economical=economy_record(record, film, base),
            ),
            out=folder,
            state=root / "state",
            site_url="https://video.example.go.id",
            media_origin=media.url,
            assets=assets,
            processes=1,
        )
        assert not report.failed, report.failed
        with serving(folder) as server, looping(server) as url:
            yield BuiltSite(folder=folder, state=root / "state", url=url, media=media)


@pytest.fixture(scope="module")
def chromium(driver: Playwright) -> Iterator[Browser]:
    """A real browser, without a screen."""
    browser = driver.chromium.launch(
        executable_path=CHROMIUM,
        args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=user-gesture-required"],
    )
    yield browser
    browser.close()
