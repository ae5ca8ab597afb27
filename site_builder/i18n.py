"""Catalogues of the site's own words, and dates and numbers as its language writes them."""

from __future__ import annotations

import gettext
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from site_builder.keys import ZONE
from site_builder.records import Month, Period

LOCALES = Path(__file__).parent / "locale"
SIZES = ("B", "kB", "MB", "GB", "TB")


def catalogue(language: str) -> Path:
    """The source catalogue of a language."""
    return LOCALES / language / "LC_MESSAGES" / "site.po"


def translations(language: str) -> gettext.NullTranslations:
    """Compiled catalogue if it is current, else compiled in memory; English needs none."""
    source = catalogue(language)
    if not source.exists():
        return gettext.NullTranslations()
    compiled = source.with_suffix(".mo")
    written = compiled.stat().st_mtime if compiled.exists() else 0.0
    return _read(language, source.stat().st_mtime, written)


def edition(language: str) -> str:
    """Which words those are: another text as soon as the catalogue was edited."""
    source = catalogue(language)
    return str(source.stat().st_mtime_ns) if source.exists() else ""


@lru_cache(maxsize=8)
def _read(language: str, edited: float, written: float) -> gettext.NullTranslations:
    """The catalogue as of these moments; a worker builds over and over with the same words."""
    source = catalogue(language)
    if written >= edited:
        return gettext.GNUTranslations(BytesIO(source.with_suffix(".mo").read_bytes()))
    buffer = BytesIO()
    write_mo(buffer, read_po(BytesIO(source.read_bytes()), locale=language))
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


@cache
def formats(language: str) -> dict[str, Callable[..., str]]:
    """Template filters that write dates, months and sizes in a language.

    Babel takes its time, and a day, a minute or a size to three digits is written on many pages.
    """

    @lru_cache(maxsize=10_000)
    def written_date(day: date) -> str:
        return format_date(day, format="long", locale=language)

    @lru_cache(maxsize=1440)
    def written_time(hour: int, minute: int) -> str:
        return format_time(time(hour, minute), format="short", locale=language)

    def long_date(value: date) -> str:
        return written_date(value.astimezone(ZONE).date() if isinstance(value, datetime) else value)

    def long_moment(value: datetime) -> str:
        local = value.astimezone(ZONE)
        return f"{written_date(local.date())}, {written_time(local.hour, local.minute)} WIB"

    @lru_cache(maxsize=1000)
    def month_name(value: Month) -> str:
        return format_date(date(value.year, value.month, 1), format="MMMM y", locale=language)

    def hours(begin: datetime) -> str:
        return f"{written_time(begin.hour, 0)}–{written_time((begin.hour + 1) % 24, 0)} WIB"

    def period_name(value: Period) -> str:
        if value.length == "MONTH":
            return format_date(value.begin.date(), format="MMMM y", locale=language)
        day = written_date(value.begin.date())
        return day if value.length == "DAY" else f"{day}, {hours(value.begin)}"

    def part_name(value: Period) -> str:
        if value.length == "HOUR":
            return hours(value.begin)
        return format_date(value.begin.date(), format="EEEE, d MMMM", locale=language)

    @lru_cache(maxsize=20_000)
    def number(digits: float, pattern: str) -> str:
        return format_decimal(digits, format=pattern, locale=language)

    def filesize(value: int) -> str:
        size, step = float(value), 0
        while size >= 999.5 and step < len(SIZES) - 1:
            size, step = size / 1000, step + 1
        if step == 0 or size >= 99.5:
            return f"{number(round(size), '#,##0')} {SIZES[step]}"
        return f"{number(round(size, 1), '#,##0.#')} {SIZES[step]}"

    return {
        "date": long_date,
        "datetime_": long_moment,
        "month_name": month_name,
        "period_name": period_name,
        "part_name": part_name,
        "filesize": filesize,
        "grouped": lambda count: number(count, "#,##0"),
    }


def duration(seconds: float) -> str:
    """Seconds as a clock shows them: `4:05`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def iso_duration(seconds: float) -> str:
    """Seconds as ISO 8601: `PT4M5S`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else ""]
    parts.append(f"{rest}S" if rest or not (hours or minutes) else "")
    return "PT" + "".join(parts)


def xmldate(value: datetime) -> str:
    """A moment as RFC 3339 in UTC, to the second."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{utc.isoformat(timespec='seconds')[:19]}Z"
