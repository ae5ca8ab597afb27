"""The outbox: what changed for the public, written in the transaction that changed it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection
from django.db import transaction as database

from cms.publishing.comparison import Comparison
from cms.publishing.reality import Touched

# Key of PostgreSQL's advisory lock: any number that nothing else in this database uses.
ALONE = 0x50_4F_4C_49_54_55_42_45
_collecting: ContextVar[Touched | None] = ContextVar("policetube_touched", default=None)


@contextmanager
def transaction(reason: str = "edit") -> Iterator[None]:
    """One outer transaction; at its end the difference for the public is written with it."""
    if _collecting.get() is not None:
        yield
        return
    touched = Touched()
    token = _collecting.set(touched)
    try:
        with database.atomic():
            yield
            if not connection.needs_rollback:
                record_changes(touched, reason=reason)
        sys.audit("policetube.step", "outbox.committed")
    finally:
        _collecting.reset(token)


def touch(
    *,
    videos: Iterable[int] = (),
    units: Iterable[int] = (),
    categories: Iterable[int] = (),
    tags: Iterable[int] = (),
    subtrees: Iterable[str] = (),
    nodes: Iterable[str] = (),
    assets: Iterable[int] = (),
    site: bool = False,
    reason: str = "edit",
) -> None:
    """Say what may have changed; compared at the end of the outer transaction, or right now."""
    sys.audit("policetube.step", "outbox.touched")
    collected = _collecting.get()
    touched = Touched() if collected is None else collected
    touched.videos.update(videos)
    touched.units.update(units)
    touched.categories.update(categories)
    touched.tags.update(tags)
    touched.subtrees.update(subtrees)
    touched.nodes.update(nodes)
    touched.assets.update(assets)
    touched.site = touched.site or site
    if collected is None and touched:
        with database.atomic():
            record_changes(touched, reason=reason)


def record_changes(touched: Touched, *, reason: str) -> int:
    """Compare with what we last told the world, remember the new state; number of differences.

    One comparison at a time: two that overlapped would each see the world without the other's
    edit. To be called at the end of a transaction, for the others wait until it is committed.
    """
    if not touched:
        return 0
    _wait_for_others()
    written = Comparison(reason=reason).run(touched)
    sys.audit("policetube.step", "outbox.written")
    return written


def _wait_for_others() -> None:
    """Until this transaction ends, nobody else compares. SQLite's transactions are alone anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ALONE])
