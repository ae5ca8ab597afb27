"""The pattern page shows every component and token, valid and readable in both schemes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from site_builder import BuilderError, patterns
from site_builder.environment import TEMPLATES
from tests.html import checker
from tests.site_builder.fake_api import ROOT
from tests.site_builder_theme.conftest import BuiltSite
from tests.site_builder_theme.test_pages import CONTRAST, OVERFLOW

SHEETS = ROOT / "site_builder" / "frontend" / "src" / "css"
CLASS = re.compile(r"\.(-?[a-z_][\w-]*)(?=[^{}]*\{)", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


@pytest.fixture(scope="module")
def made(assets: Path) -> dict[str, bytes]:
    return patterns.files(assets=assets)


@pytest.fixture(scope="module")
def url(made: dict[str, bytes], assets: Path) -> Iterator[str]:
    with patterns.serving({"assets": assets}) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_every_class_of_the_style_sheets_is_on_it(made: dict[str, bytes]) -> None:
    page = made[patterns.PAGE].decode()
    shown = {name for found in re.findall(r'class="([^"]*)"', page) for name in found.split()}
    styled = {
        name
        for sheet in SHEETS.glob("*.css")
        for name in CLASS.findall(COMMENT.sub("", sheet.read_text(encoding="utf-8")))
    }

    assert len(styled) > 80
    assert styled - shown == set(), "show these on site_builder/templates/patterns.html"


def test_every_macro_is_on_it() -> None:
    """By itself, or within another."""
    page = (TEMPLATES / patterns.TEMPLATE).read_text(encoding="utf-8")
    included = re.findall(r'{% include "([^"]+)"', page)
    names = (patterns.TEMPLATE, "parts.html", "player.html", *included)
    source = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    macros = re.findall(r"{% macro (\w+)", source)

    assert {"card_grid", "player"} <= set(macros)
    assert [name for name in macros if len(re.findall(rf"\b{name}\(", source)) < 2] == []


def test_every_token_is_on_it(made: dict[str, bytes]) -> None:
    tokens = (SHEETS / "tokens.css").read_text(encoding="utf-8")
    named = set(re.findall(r"^  (--(?!gutter|page|measure|touch|radius)[\w-]+):", tokens, re.M))
    page = made[patterns.PAGE].decode()

    assert len(named) > 30
    assert [name for name in sorted(named) if name not in page] == []


def test_it_is_valid(made: dict[str, bytes], tmp_path: Path) -> None:
    for path in (patterns.PAGE, patterns.SHEET):
        (tmp_path / path).write_bytes(made[path])

    assert checker.messages([tmp_path / patterns.PAGE, tmp_path / patterns.SHEET]) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_it_is_readable_and_fits(chromium: Browser, url: str, scheme: str, width: int) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")

    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(OVERFLOW) <= 0
    assert problems == []
    context.close()


def test_it_is_no_part_of_a_site(site: BuiltSite) -> None:
    for path in site.folder.rglob("*"):
        assert "pattern" not in path.name
        if path.suffix in (".html", ".xml", ".json"):
            assert "patterns" not in path.read_text(encoding="utf-8")


def test_a_fault_of_a_template_is_its_answer(tmp_path: Path, assets: Path) -> None:
    (tmp_path / "parts.html").write_text("\n{% macro card(item) %}{{ item.titel }}{% endmacro %}")

    with pytest.raises(BuilderError, match=r"index\.html: "):
        patterns.files(templates=tmp_path, assets=assets)
