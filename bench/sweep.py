"""A glance of the database over the whole site, beside the comparison field by field.

Both answer "what did no signal tell?" over the same site with nothing to find, which is what they
find nearly always. On SQLite in memory, and on PostgreSQL where one is at hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.result import ROUNDS, Result, cpu_seconds, machine

SIZES = (200, 2000)


def measure(folder: Path) -> Result:
    """Fill a site of each size, compare it both ways in turns."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    there = machine()
    figures: dict[str, float] = {}
    ratios: dict[str, float] = {}
    old = setup_databases(verbosity=0, interactive=False)
    try:
        figures["on_postgresql"] = float(connection.vendor == "postgresql")
        for size in SIZES:
            glance, whole = compare(size)
            figures |= {
                f"{size}_glance_seconds": round(glance[0], 4),
                f"{size}_glance_cpu_seconds": round(glance[1], 4),
                f"{size}_whole_seconds": round(whole[0], 4),
                f"{size}_whole_cpu_seconds": round(whole[1], 4),
            }
            ratios[f"whole_to_glance_at_{size}"] = round(whole[0] / glance[0], 1)
            ratios[f"whole_to_glance_cpu_at_{size}"] = round(whole[1] / glance[1], 1)
    finally:
        teardown_databases(old, verbosity=0)
    return Result(name="sweep", figures=figures, ratios=ratios, machine=there)


def compare(size: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Median wall and processor seconds of a glance and of a whole sweep, in turns."""
    from cms.publishing.sweep import glance, sweep

    fill(size)
    found: dict[str, list[tuple[float, float]]] = {"glance": [], "whole": []}
    for _ in range(ROUNDS):
        found["glance"].append(timed(glance))
        found["whole"].append(timed(sweep))
    return middle(found["glance"]), middle(found["whole"])


def fill(size: int) -> None:
    """As many live videos, of one unit and one file."""
    from django.utils import timezone

    from cms.publishing.interface import outer_transaction
    from content_models.models import Asset, HomePage, UnitPage, VideoPage
    from tests.cms import factories

    with outer_transaction():
        unit = UnitPage.objects.first()
        if unit is None:
            home = HomePage.objects.first() or factories.make_home()
            unit = factories.make_unit(home, "mabes-polri", "mabes")
        asset = Asset.objects.first() or factories.make_asset()
        now = timezone.now()
        for _ in range(size - VideoPage.objects.count()):
            factories.make_draft(
                unit, asset, live=True, first_published_at=now, last_published_at=now
            )


def timed(act: Callable[[], int]) -> tuple[float, float]:
    started, cpu = time.perf_counter(), cpu_seconds()
    if act():
        raise RuntimeError("There was something to find: the two did not do the same work.")
    return time.perf_counter() - started, cpu_seconds() - cpu


def middle(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
