"""A setting that is not written down does not exist."""

from __future__ import annotations

import re

import pytest

from cms.embedded.environment import ROOT

READ = re.compile(r"""\benv(?:\.\w+)?\(\s*["']([A-Z0-9_]+)["']""")
NAMED = re.compile(r"`([A-Z][A-Z0-9_]+)`")


def _names_in_code() -> set[str]:
    files = [*(ROOT / "cms" / "settings").glob("*.py")]
    return {name for file in files for name in READ.findall(file.read_text(encoding="utf-8"))}


def _names_in_reference() -> set[str]:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in rows for name in NAMED.findall(cell)}


def _names_in_example() -> set[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^([A-Z0-9_]+)=", text, re.MULTILINE))


def test_the_settings_read_a_good_number_of_names() -> None:
    assert len(_names_in_code()) > 20


@pytest.mark.parametrize("name", sorted(_names_in_code()))
def test_a_setting_is_in_the_reference_and_in_the_example(name: str) -> None:
    assert name in _names_in_reference()
    assert name in _names_in_example()


def test_the_reference_and_the_example_name_the_same_settings() -> None:
    # PYTHON chooses what make runs; it is no setting of a process.
    assert _names_in_reference() - {"PYTHON"} == _names_in_example()


def test_no_setting_is_described_that_nothing_reads() -> None:
    sources = [
        path.read_text(encoding="utf-8")
        for package in ("cms", "static_export", "site_builder")
        for path in (ROOT / package).rglob("*.py")
    ]
    for name in _names_in_example():
        assert any(f'"{name}"' in source for source in sources), name
