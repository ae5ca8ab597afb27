"""One platform and one browser for the whole trial."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from tests.clips import cut
from tests.e2e.house import House, running_house

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of street traffic, cut for this run."""
    folder = tmp_path_factory.mktemp("clips")
    return cut(folder / "arus-lalu-lintas.mp4", name="street-traffic.mp4", start=3, seconds=10)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[House]:
    """The platform with that clip published by the demo."""
    with running_house(tmp_path_factory.mktemp("house"), clip) as house:
        yield house


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[Browser]:
    """A real browser without a screen."""
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()
