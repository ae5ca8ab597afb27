"""Which tests go to one worker, so that what they share is made once.

xdist's `loadgroup` reads groups from the ends of node IDs and puts them there through
`Item._nodeid`, which pytest 9 no longer reads: left alone, every test is a group of its own, and
each worker starts every platform.
"""

from __future__ import annotations

from typing import Any

import pytest

# Long ones first: short ones even out the end.
TOGETHER = ("tests/e2e/", "tests/kills/", "tests/leaks/", "tests/site_builder_theme/")
LONG = (*TOGETHER, "tests/site_builder/test_any_history.py", "tests/guards/")
DATABASES = ("sqlite", "postgresql")


def group(node_id: str) -> str:
    """What shares a platform, or houses on one kind of database, or else a file."""
    file, _, test = node_id.partition("::")
    folder = next((folder for folder in TOGETHER if file.startswith(folder)), "")
    if not folder:
        return file
    values = test.partition("[")[2].partition("]")[0].split("-")
    return folder + next((kind for kind in DATABASES if kind in values), "")


def place(node_id: str) -> tuple[int, str]:
    """The lower, the earlier."""
    starts = (at for at, start in enumerate(LONG) if node_id.startswith(start))
    name = group(node_id)
    return next(starts, len(LONG)), name if name.startswith(TOGETHER) else ""


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Groups whole, in the order of the collection."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    config.option.loadscopereorder = False
    return GroupScheduling(config, log)
