"""What the documentation points to exists."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.docs.pages import ROOT, code, links, name_of, pages, text_of

MAKE = re.compile(r"(?:^|[\s`(;&])make ((?:[a-z][a-z-]*(?=[\s,.;)]|$) ?)+)", re.MULTILINE)
MANAGE = re.compile(r"manage\.py ([a-z_]+)")
MODULE = re.compile(r"python -m ([a-z_][a-z0-9_.]*)(?: ([a-z][a-z-]+))?")
COMMANDS = {
    "site_builder": [ROOT / "site_builder" / "cli.py"],
    "static_export": [
        ROOT / "static_export" / "cli.py",
        ROOT / "static_export" / "cli_releases.py",
    ],
    "cms.embedded": [ROOT / "cms" / "embedded" / "__main__.py"],
}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", text_of(ROOT / "Makefile"), re.MULTILINE))


def test_there_are_pages_to_look_at() -> None:
    names = {name_of(page) for page in pages()}
    assert {
        "README.md",
        "docs/export.md",
        "docs/guides/editor.id.md",
        "docs/guides/journalist.md",
        "docs/guides/operator.md",
        "docs/guides/viewer.id.md",
    } <= names


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    missing = [target for target in links(text_of(page)) if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_make_target_exists(page: Path) -> None:
    named = {target for words in MAKE.findall(code(text_of(page))) for target in words.split()}
    assert named - make_targets() == set()


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_management_command_exists(page: Path) -> None:
    assert set(MANAGE.findall(code(text_of(page)))) - set(get_commands()) == set()


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_module_that_is_run_exists_with_its_command(page: Path) -> None:
    for module, command in MODULE.findall(code(text_of(page))):
        found = importlib.util.find_spec(module)
        assert found is not None, module
        if found.submodule_search_locations:
            assert importlib.util.find_spec(f"{module}.__main__"), f"{module} cannot be run"
        if module in COMMANDS and command:
            known = "".join(map(text_of, COMMANDS[module]))
            assert f'"{command}"' in known, f"{module} {command}"


def test_the_looks_themselves_find_something() -> None:
    everything = "\n".join(code(text_of(page)) for page in pages())
    assert {"demo ", "demo"} & set(MAKE.findall(everything))
    assert "migrate" in MANAGE.findall(everything)
    assert ("site_builder", "build") in MODULE.findall(everything)
