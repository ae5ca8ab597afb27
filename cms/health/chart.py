"""The last publications as columns of their stages: geometry without a line of markup."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cms.health.signs import span
from cms.publishing.interface import Timed

HEIGHT = 100.0
COLUMN, GAP = 10.0, 4.0
# One full build would press all others flat: what is longer than this many medians is cut off.
TALLEST = 4.0
# Axes end at one of these times a power of ten.
ROUND = (1, 1.6, 2, 3, 4, 5, 6, 8, 10)
LABELS: dict[str, str | Promise] = {
    "waited": _("waiting and numbering"),
    "built": _("building"),
    "uploaded": _("uploading"),
    "purged": _("dropping old copies"),
    "seen": _("looking at the site"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stage of one column; units of the picture."""

    stage: str
    label: str | Promise
    took: str
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One publication; `is_cut` says that it is longer than the picture is high."""

    sequence: int
    at: datetime
    took: str
    x: float
    pieces: tuple[Piece, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Columns, oldest first, and what the axis says at the top and half-way."""

    columns: tuple[Column, ...]
    legend: tuple[tuple[str, str | Promise], ...]
    width: float
    top: str
    half: str

    @property
    def is_cut(self) -> bool:
        return any(column.is_cut for column in self.columns)

    @property
    def rows(self) -> list[tuple[Column, list[str]]]:
        """The same as a table, newest first: what each stage of the legend took."""
        return [(column, self._cells(column)) for column in reversed(self.columns)]

    def _cells(self, column: Column) -> list[str]:
        took = {piece.stage: piece.took for piece in column.pieces}
        return [took.get(stage, "–") for stage, _label in self.legend]


def chart(publications: Sequence[Timed]) -> Chart | None:
    """None without a publication to show."""
    if not publications:
        return None
    totals = [sum(seconds for _stage, seconds in one.stages) for one in publications]
    longest, usual = max(totals), median(totals)
    top = _round_up(min(longest, TALLEST * usual) or 1.0)
    columns = [
        _column(one, total, number, top)
        for number, (one, total) in enumerate(zip(publications, totals, strict=True))
    ]
    shown = {stage for one in publications for stage, _seconds in one.stages}
    return Chart(
        columns=tuple(columns),
        legend=tuple((stage, label) for stage, label in LABELS.items() if stage in shown),
        width=len(publications) * (COLUMN + GAP),
        top=span(top),
        half=span(top / 2),
    )


def _column(one: Timed, total: float, number: int, top: float) -> Column:
    x, bottom = number * (COLUMN + GAP) + GAP / 2, HEIGHT
    pieces = []
    for stage, seconds in one.stages:
        height = min(bottom, HEIGHT * seconds / top)
        bottom -= height
        pieces.append(
            Piece(
                stage=stage,
                label=LABELS[stage],
                took=span(seconds),
                x=round(x, 2),
                y=round(bottom, 2),
                height=round(height, 2),
            )
        )
    return Column(
        sequence=one.sequence,
        at=one.live_at,
        took=span(total),
        x=round(x, 2),
        pieces=tuple(pieces),
        is_cut=total > top,
    )


def _round_up(seconds: float) -> float:
    power = 10.0 ** math.floor(math.log10(seconds))
    return next(factor * power for factor in ROUND if factor * power >= seconds * (1 - 1e-9))
