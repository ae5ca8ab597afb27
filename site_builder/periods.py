"""Which page of an archive lists what: a month, and where that is long its days and their hours.

A period is written as the clocks of Jakarta show it: `2026-11`, `2026-11-27`, `2026-11-27T09`. One
of more than `MOST` publications of a listing is divided: its page leads to the periods that it is
made of, each of which has a page of its own. So no page grows with how busy the force is, and a
publication touches one page of each length. The sitemap divides its months likewise, by
`MOST_IN_SITEMAP`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping

from site_builder import keys
from site_builder.records import Length
from site_builder.store import Store

MOST = 96
# Some megabytes of XML; sitemaps.org allows 50,000 addresses and 50 MB.
MOST_IN_SITEMAP = 2_000
MONTH, DAY, HOUR = len("2026-11"), len("2026-11-27"), len("2026-11-27T09")
LENGTHS: Mapping[int, Length] = {MONTH: "MONTH", DAY: "DAY", HOUR: "HOUR"}


def has_page(store: Store, listing: str, period: str) -> bool:
    """Whether a period has a page: it lists something, and all that it is part of is divided."""
    month = store.in_month(listing, period[:MONTH])
    if len(period) == MONTH:
        return month > 0
    if month <= MOST or (len(period) == HOUR and not is_divided(store, listing, period[:DAY])):
        return False
    return _count(store, listing, period) > 0


def down_to(period: str) -> list[str]:
    """The periods that a period is part of, the longest first, and itself last."""
    return [period[:length] for length in LENGTHS if length <= len(period)]


def is_divided(store: Store, listing: str, period: str) -> bool:
    """Whether the page of a period leads to those of its parts, in place of listing all."""
    if len(period) == MONTH:
        return store.in_month(listing, period) > MOST
    return len(period) == DAY and _count(store, listing, period) > MOST


def parts(store: Store, listing: str, period: str) -> list[tuple[str, int]]:
    """Days of a month or hours of a day that list something, and how much; newest first."""
    counted = ((part, _count(store, listing, part)) for part in reversed(_inner(period)))
    return [(part, count) for part, count in counted if count]


def owners(store: Store, listing: str, month: str) -> Iterator[str]:
    """The month, and its days and hours that may have pages of their own."""
    yield month
    if listing == keys.LEDGER or store.in_month(listing, month) <= min(_bounds(listing)):
        return
    for day, count in parts(store, listing, month):
        yield day
        if count > MOST:
            yield from (hour for hour, _ in parts(store, listing, day))


def has_sitemap(store: Store, period: str) -> bool:
    """Whether a period has a sitemap: a month, or a day of one that is too long."""
    month = store.in_month(keys.ALL, period[:MONTH])
    if len(period) == MONTH:
        return 0 < month <= MOST_IN_SITEMAP
    return len(period) == DAY and month > MOST_IN_SITEMAP and _count(store, keys.ALL, period) > 0


def sitemaps(store: Store) -> Iterator[str]:
    """All periods that have a sitemap, newest first."""
    for month, count in store.counts(keys.ALL):
        if count <= MOST_IN_SITEMAP:
            yield month
        else:
            yield from (day for day, _ in parts(store, keys.ALL, month))


def days(period: str) -> list[str]:
    """The days of a month, or that day itself."""
    return _inner(period) if len(period) == MONTH else [period]


def moved(store: Store, listing: str, month: str, before: int, days: set[str]) -> Iterator[str]:
    """Dirty owners' keys where things came or left: a month had `before`, now has what it has.

    `days` are those that something came to or left; the store is as it is after that.
    """
    after = store.in_month(listing, month)
    bounds = _bounds(listing)
    if not before or not after or any((before > most) != (after > most) for most in bounds):
        yield keys.period(listing, month)
        days = set(_inner(month))
    if max(before, after) > min(bounds):
        for day in sorted(days):
            yield from (keys.period(listing, part) for part in (day, *_inner(day)))


def _bounds(listing: str) -> tuple[int, ...]:
    return (MOST, MOST_IN_SITEMAP) if listing == keys.ALL else (MOST,)


def _count(store: Store, listing: str, period: str) -> int:
    return store.count_between(listing, *keys.bounds(period))


def _inner(period: str) -> list[str]:
    """The days of a month or the hours of a day, in order."""
    if len(period) == MONTH:
        year, month = (int(number) for number in period.split("-"))
        return [f"{period}-{day:02}" for day in range(1, monthrange(year, month)[1] + 1)]
    return [f"{period}T{hour:02}" for hour in range(24)]
