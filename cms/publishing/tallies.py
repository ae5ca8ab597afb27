"""Counters that only grow, for monitoring: what was published and withdrawn, and how fast.

Kept in the database, for whoever is asked for them is another process than whoever counts, and
either may be killed. Histograms as Prometheus has them: each bucket counts what took at most so
long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from cms.publishing.models import Tally

# Seconds; what took longer is in none of them but in the count.
BUCKETS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0)
COUNT, SUM = "count", "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How many took at most so many seconds, how many there were, and how long all together."""

    buckets: Mapping[float, float]
    count: float
    sum: float


def count(amounts: Mapping[str, float]) -> None:
    """Add to counters, by name; one statement, in whatever transaction is open."""
    rows = [(name, amount) for name, amount in sorted(amounts.items()) if amount]
    if not rows:
        return
    table = connection.ops.quote_name(Tally._meta.db_table)
    values = ", ".join(["(%s, %s)"] * len(rows))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (name, value) VALUES {values} "  # noqa: S608 - no input
            f"ON CONFLICT (name) DO UPDATE SET value = {table}.value + excluded.value",
            [field for row in rows for field in row],
        )


def lasted(name: str, seconds: float) -> dict[str, float]:
    """What to count for one observation of a histogram."""
    seconds = max(0.0, seconds)
    buckets = {f"{name}:{bound}": 1.0 for bound in BUCKETS if seconds <= bound}
    return {**buckets, f"{name}:{COUNT}": 1.0, f"{name}:{SUM}": seconds}


def tallies() -> dict[str, float]:
    """Every counter. One query."""
    return dict(Tally.objects.values_list("name", "value"))


def histogram(name: str, among: Mapping[str, float]) -> Histogram:
    """One histogram of `tallies()`."""
    return Histogram(
        buckets={bound: among.get(f"{name}:{bound}", 0.0) for bound in BUCKETS},
        count=among.get(f"{name}:{COUNT}", 0.0),
        sum=among.get(f"{name}:{SUM}", 0.0),
    )


def merged(*parts: Mapping[str, float]) -> dict[str, float]:
    """The amounts of several things that happened at once; of the same name, their sum."""
    found: dict[str, float] = {}
    for part in parts:
        for name, amount in part.items():
            found[name] = found.get(name, 0.0) + amount
    return found
