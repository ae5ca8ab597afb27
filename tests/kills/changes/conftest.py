"""A sample of changes and databases for `make test`; all of them with SOAK=1."""

from __future__ import annotations

import os

import pytest

from tests import sampling
from tests.kills.changes import play

KINDS = ("sqlite", "postgresql")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """About every second change, on one database or the other."""
    if os.environ.get("SOAK"):
        return
    left_out = [item for item in items if _is_left_out(item)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_left_out(item: pytest.Item) -> bool:
    values = getattr(getattr(item, "callspec", None), "params", {})
    name = values.get("name", "")
    if name not in play.SCENARIOS:
        return False
    if sampling.drawn(name, 2):
        return True
    return KINDS[sampling.drawn(f"on {name}", len(KINDS))] != values.get("builder")
