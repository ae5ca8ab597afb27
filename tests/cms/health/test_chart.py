"""The picture of the last publications: heights that add up, and what is too tall said so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from cms.health.chart import HEIGHT, chart
from cms.publishing.interface import Timed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def timed(sequence: int, *seconds: float | None) -> Timed:
    waited, built, uploaded, purged, seen = seconds
    took = sum(one or 0.0 for one in seconds[1:])
    return Timed(
        sequence=sequence,
        started_at=NOON,
        live_at=NOON + timedelta(seconds=took),
        waited=waited,
        built=built or 0.0,
        uploaded=uploaded or 0.0,
        purged=purged,
        seen=seen,
    )


@pytest.fixture(autouse=True)
def english() -> object:
    with translation.override("en"):
        yield


def test_without_a_publication_there_is_no_picture() -> None:
    assert chart([]) is None


def test_the_stages_of_a_column_stand_on_each_other_and_add_up() -> None:
    found = chart([timed(7, 1.0, 2.0, 0.5, 0.25, 0.25)])
    assert found is not None
    (column,) = found.columns
    assert (found.top, found.half, column.took, column.is_cut) == ("4.0 s", "2.0 s", "4.0 s", False)
    assert [piece.stage for piece in column.pieces] == [stage for stage, _label in found.legend]
    bottom = HEIGHT
    for piece in column.pieces:
        assert piece.y + piece.height == pytest.approx(bottom)
        bottom = piece.y
    assert bottom == pytest.approx(0.0)


def test_stages_that_never_happen_are_in_no_legend_and_a_gap_in_the_table() -> None:
    found = chart([timed(7, 1.0, 2.0, 0.5, None, None), timed(8, None, 2.0, 0.5, None, None)])
    assert found is not None
    assert [stage for stage, _label in found.legend] == ["waited", "built", "uploaded"]
    cells = {column.sequence: cells for column, cells in found.rows}
    assert list(cells) == [8, 7], "the newest first"
    assert cells[8] == ["–", "2.0 s", "500 ms"]


def test_one_full_build_presses_no_other_publication_flat() -> None:
    usual = [timed(number, 0.5, 0.5, 0.5, None, 0.5) for number in range(9)]
    found = chart([*usual, timed(9, None, 900.0, 60.0, None, 5.0)])
    assert found is not None
    assert found.top == "8.0 s"
    assert [column.is_cut for column in found.columns] == [False] * 9 + [True]
    assert found.is_cut
    assert all(piece.y >= 0 for column in found.columns for piece in column.pieces)
    usual_height = HEIGHT - min(piece.y for piece in found.columns[0].pieces)
    assert usual_height == pytest.approx(HEIGHT / 4)


def test_publications_that_took_no_time_at_all_are_drawn() -> None:
    found = chart([timed(1, 0.0, 0.0, 0.0, None, None)])
    assert found is not None
    assert found.top == "1.0 s"
