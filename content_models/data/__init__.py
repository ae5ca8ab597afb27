"""The starting content: units of Polri and categories, read from CSV files beside this one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit as the file names it; `parent` is a code, empty for the topmost.

    `region_code` is Kemendagri's (Kepmendagri 300.2.2-2138 of 2025), of the seat where a unit
    covers several regions.
    """

    code: str
    parent: str
    level: str
    region_code: str
    name: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """A category as the file names it."""

    slug: str
    name: str
    description: str


def unit_rows() -> list[UnitRow]:
    """All units, each after its parent."""
    return [UnitRow(**row) for row in _rows("units.csv")]


def category_rows() -> list[CategoryRow]:
    """All categories."""
    return [CategoryRow(**row) for row in _rows("categories.csv")]


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
