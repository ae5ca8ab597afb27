"""Catalogues without gettext's tools: extract, update and compile by Babel.

`python -m cms.i18n compile` writes every .mo; `python -m cms.i18n update` brings the .po files in
step with the sources and keeps what is translated.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "id"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package whose strings go into one catalogue below its `locale` folder."""

    name: str

    @property
    def po_file(self) -> Path:
        return ROOT / self.name / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"

    @property
    def sources(self) -> Iterator[Path]:
        """Python files and templates, tests and migrations left out."""
        for pattern in ("*.py", "*.html", "*.txt"):
            for path in sorted((ROOT / self.name).rglob(pattern)):
                if not {"migrations", "locale", "static", "wagtail_locale"} & set(path.parts):
                    yield path


PACKAGES = (Package(name="cms"), Package(name="content_models"))


def extracted(package: Package) -> Catalog:
    """What the package's sources say now, untranslated."""
    catalog = _new_catalogue()
    for path in package.sources:
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            source = _as_python(source, path)
        found = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS)
        for line, message, _comments, context in found:
            place = (path.relative_to(ROOT).as_posix(), line)
            catalog.add(message, context=context, locations=[place])
    return catalog


def catalogues() -> Iterator[Path]:
    """Every .po file of the project's Django side."""
    yield from (package.po_file for package in PACKAGES if package.po_file.exists())
    yield from sorted((ROOT / "cms" / "wagtail_locale").rglob("*.po"))


def load(path: Path) -> Catalog:
    """The catalogue in a .po file."""
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def compile_catalogues() -> list[Path]:
    """Write a .mo beside each .po that is newer; the files written."""
    written = []
    for source in catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        buffer = io.BytesIO()
        write_mo(buffer, load(source))
        scratch = target.with_suffix(f".{os.getpid()}.tmp")
        scratch.write_bytes(buffer.getvalue())
        scratch.replace(target)
        written.append(target)
    return written


def update_catalogues() -> None:
    """Add new strings to the .po files, empty, and drop those that no source has any more."""
    for package in PACKAGES:
        now = extracted(package)
        if package.po_file.exists():
            for message in load(package.po_file):
                if message.id and (kept := now.get(message.id, message.context)):
                    kept.string = message.string
        package.po_file.parent.mkdir(parents=True, exist_ok=True)
        with package.po_file.open("wb") as file:
            write_po(file, now, width=100, include_lineno=False, sort_output=True)


def _new_catalogue() -> Catalog:
    """An empty catalogue whose head says nothing that changes by itself."""
    catalog = Catalog(
        locale=LANGUAGE,
        project="Policetube",
        version="1",
        charset="utf-8",
        header_comment="# Bahasa Indonesia.",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        creation_date=datetime(2026, 1, 1, tzinfo=UTC),
        revision_date=datetime(2026, 1, 1, tzinfo=UTC),
        fuzzy=False,
    )
    # CLDR: Indonesian has one form for every number.
    catalog._num_plurals, catalog._plural_expr = 1, "0"  # type: ignore[assignment]
    return catalog


def _as_python(source: str, path: Path) -> str:
    from django.utils.translation.template import templatize

    # Its output keeps the template's indentation, which means nothing to Python.
    lines = templatize(source, origin=str(path)).splitlines()
    return "\n".join(line.strip() for line in lines)


def main(arguments: list[str]) -> int:
    """Command line; 2 on a wrong one."""
    match arguments:
        case ["compile"]:
            for path in compile_catalogues():
                print(path.relative_to(ROOT))  # noqa: T201
        case ["update"]:
            update_catalogues()
        case _:
            print("usage: python -m cms.i18n compile|update", file=sys.stderr)  # noqa: T201
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
