"""Every kind of page, style sheet and drawing is valid to the Nu Html Checker."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from site_builder.ledger import Ledger
from site_builder.routes import ROUTES
from site_builder.store import Store
from tests.html import checker
from tests.site_builder_theme.conftest import BuiltSite

KINDS = [name for name, route in ROUTES.items() if route.type.startswith("text/html")]


@pytest.fixture(scope="module")
def by_kind(site: BuiltSite) -> dict[str, list[Path]]:
    """Every page of the site by its kind; what is no page, by its suffix."""
    found: dict[str, list[Path]] = defaultdict(list)
    store = Store(site.state / "store.sqlite3", readonly=True)
    for spec in Ledger(store).specs():
        found[spec.route].append(site.folder / spec.path)
    store.close()
    return found


@pytest.fixture(scope="module")
def said(site: BuiltSite, by_kind: dict[str, list[Path]]) -> dict[Path, list[checker.Message]]:
    """What the checker says of each file: all in one process."""
    files = [path for kind in KINDS for path in by_kind[kind]]
    files += [path for path in by_kind["asset"] if path.suffix in (".css", ".svg")]
    found: dict[Path, list[checker.Message]] = {path: [] for path in files}
    for message in checker.messages(files):
        found[message.file].append(message)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_a_kind_is_valid(
    by_kind: dict[str, list[Path]], said: dict[Path, list[checker.Message]], kind: str
) -> None:
    assert by_kind[kind], f"the filmed newsroom has no page of the kind {kind}; give it one"

    assert [str(message) for path in by_kind[kind] for message in said[path]] == []


def test_style_sheets_and_drawings_are_valid(
    by_kind: dict[str, list[Path]], said: dict[Path, list[checker.Message]]
) -> None:
    files = [path for path in by_kind["asset"] if path.suffix in (".css", ".svg")]
    assert {path.suffix for path in files} == {".css", ".svg"}

    assert [str(message) for path in files for message in said[path]] == []


def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<!doctype html><html lang="id"><title>x</title><p id=a><img id=a></p>')

    said = {message.text for message in checker.messages([page])}

    assert any("“alt”" in text or "alt" in text for text in said), said
    assert any("Duplicate ID" in text for text in said), said
