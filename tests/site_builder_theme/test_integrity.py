"""A script or style that is not the one that was built does not run: whoever keeps the files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from site_builder.serve import serving
from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.filmed_api import public_id
from tests.site_builder_theme.hosting import looping

WATCH = f"/video/{public_id(0)}/kejadian-{public_id(0)}/"
# What tags ask for; what scripts import stands in their bytes by name alone.
SEALED = {"site.js": "/", "watch.js": WATCH, "search.js": "/search/"}
LOADED = re.compile(r"<(?:script|link rel=\"stylesheet\")[^>]*(?:src|href)=\"/assets/[^>]*>")
INTRUSION = b"\ndocument.documentElement.dataset.intruder = 'here';\n"


@contextmanager
def tampered(site: BuiltSite, folder: Path, pattern: str, extra: bytes) -> Iterator[str]:
    """A copy of the site one of whose files has grown, under its own name."""
    shutil.copytree(site.folder, folder)
    [file] = (folder / "assets").glob(pattern)
    file.write_bytes(file.read_bytes() + extra)
    with serving(folder) as server, looping(server) as url:
        yield url


@contextmanager
def page_of(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what its console says."""
    said: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        yield page, said


def is_intruded(page: Page) -> bool:
    page.wait_for_timeout(300)
    return page.evaluate("'intruder' in document.documentElement.dataset")


def test_every_script_and_style_that_a_tag_loads_is_sealed(site: BuiltSite) -> None:
    tags = [tag for path in site.folder.rglob("*.html") for tag in LOADED.findall(path.read_text())]
    assert len(tags) > 20
    assert [tag for tag in tags if not re.search(r' integrity="sha256-[\w+/]{43}="', tag)] == []
    # Of one origin: an attribute that asks for permission would only stand in the way.
    assert [tag for tag in tags if "crossorigin" in tag] == []


@pytest.mark.parametrize("name", SEALED)
def test_a_tampered_script_does_not_run(
    site: BuiltSite, chromium: Browser, tmp_path: Path, name: str
) -> None:
    pattern = name.replace(".", ".*.")
    with (
        tampered(site, tmp_path / "dist", pattern, INTRUSION) as url,
        page_of(chromium) as (page, said),
    ):
        page.goto(url + SEALED[name], wait_until="load")
        assert not is_intruded(page)
        assert page.locator("h1").is_visible(), "the page is read without it"
    assert any("integrity" in line for line in said)


def test_without_the_seal_it_would_run(site: BuiltSite, chromium: Browser, tmp_path: Path) -> None:
    with tampered(site, tmp_path / "dist", "site.*.js", INTRUSION) as url:
        page_file = tmp_path / "dist" / "index.html"
        page_file.write_text(re.sub(r' integrity="[^"]*"', "", page_file.read_text()))
        with page_of(chromium) as (page, _):
            page.goto(f"{url}/", wait_until="load")
            assert is_intruded(page)


def test_a_tampered_style_is_not_applied(
    site: BuiltSite, chromium: Browser, tmp_path: Path
) -> None:
    hidden = b"\nbody { display: none }\n"
    with (
        tampered(site, tmp_path / "dist", "site.*.css", hidden) as url,
        page_of(chromium) as (page, _),
    ):
        page.goto(f"{url}/", wait_until="load")
        assert page.locator("h1").is_visible()


def test_what_was_built_runs(site: BuiltSite, chromium: Browser) -> None:
    with page_of(chromium) as (page, said):
        for path in SEALED.values():
            page.goto(site.url + path, wait_until="load")
    assert [line for line in said if "integrity" in line] == []
