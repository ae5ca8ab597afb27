"""Dates, sizes and lengths as a reader of the site's language writes them."""

from __future__ import annotations

import gettext
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from site_builder import i18n
from site_builder.environment import json_ld
from site_builder.records import Month

NOON = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "clock", "iso"),
    [
        (0, "0:00", "PT0S"),
        (4.4, "0:04", "PT4S"),
        (245, "4:05", "PT4M5S"),
        (3600, "1:00:00", "PT1H"),
        (3723.6, "1:02:04", "PT1H2M4S"),
    ],
)
def test_lengths_read_as_clocks_and_as_iso(seconds: float, clock: str, iso: str) -> None:
    assert (i18n.duration(seconds), i18n.iso_duration(seconds)) == (clock, iso)


def test_moments_are_told_in_western_indonesian_time() -> None:
    formats = i18n.formats("id")

    assert formats["datetime_"](NOON) == "21 November 2026, 16.05 WIB"
    assert formats["date"](datetime(2026, 11, 21, 17, tzinfo=UTC)) == "22 November 2026"
    assert formats["date"](date(2026, 8, 17)) == "17 Agustus 2026"
    assert formats["month_name"](Month(year=2026, month=10, path="/")) == "Oktober 2026"
    assert i18n.xmldate(NOON) == "2026-11-21T09:05:00Z"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_200_000, "1,2 MB"),
        (999_999, "1 MB"),
        (3_210_000_000, "3,2 GB"),
    ],
)
def test_sizes_are_written_with_a_decimal_comma(size: int, text: str) -> None:
    assert i18n.formats("id")["filesize"](size) == text


@pytest.mark.parametrize(("count", "text"), [(1, "1"), (999, "999"), (12_345, "12.345")])
def test_counts_are_grouped_by_thousands_with_a_dot(count: int, text: str) -> None:
    assert i18n.formats("id")["grouped"](count) == text


def test_a_catalogue_without_a_compiled_file_is_compiled_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)
    source = i18n.catalogue("id")
    source.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    source.write_text(f'{header}msgid "Home"\nmsgstr "Beranda"\n', encoding="utf-8")

    assert i18n.translations("id").gettext("Home") == "Beranda"
    assert isinstance(i18n.translations("xx"), gettext.NullTranslations)
    assert list(source.parent.iterdir()) == [source]


def test_json_cannot_end_its_script_element() -> None:
    text = str(json_ld({"name": "</script><!-- & \u2028"}))

    assert "<" not in text
    assert ">" not in text
    assert "\u2028" not in text
