"""A sample of changes and databases for `make test`; all of them with SOAK=1."""

from __future__ import annotations

import os

import pytest

from tests.kills.changes import play

KINDS = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every change once: on one database those of even place, on the other those of odd."""
    if os.environ.get("SOAK"):
        return
    places = {name: number % len(KINDS) for number, name in enumerate(sorted(play.SCENARIOS))}
    left_out = [item for item in items if _is_elsewhere(item, places)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_elsewhere(item: pytest.Item, places: dict[str, int]) -> bool:
    values = getattr(getattr(item, "callspec", None), "params", {})
    place = places.get(values.get("name", ""))
    return place is not None and KINDS[place] != values.get("builder")
