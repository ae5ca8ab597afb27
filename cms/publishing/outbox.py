"""The outbox: what changed for the public, written in the transaction that changed it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection
from django.db import transaction as database

from cms import turns
from cms.publishing.comparison import Comparison
from cms.publishing.reality import Touched
from cms.publishing.records import Record

_collecting: ContextVar[Touched | None] = ContextVar("policetube_touched", default=None)


@contextmanager
def transaction(reason: str = "edit", *, turn: Callable[[], None] = turns.alone) -> Iterator[None]:
    """One outer transaction; at its end the difference for the public is written with it.

    It begins by waiting for its `turn`. Within another one it is a part of that.
    """
    if _collecting.get() is not None:
        yield
        return
    touched = Touched()
    token = _collecting.set(touched)
    try:
        with database.atomic():
            turn()
            yield
            if not connection.needs_rollback:
                record_changes(touched, reason=reason)
        sys.audit("policetube.step", "outbox.committed")
    finally:
        _collecting.reset(token)


def touch(
    *,
    publications: Iterable[int] = (),
    units: Iterable[int] = (),
    categories: Iterable[int] = (),
    tags: Iterable[int] = (),
    subtrees: Iterable[str] = (),
    nodes: Iterable[str] = (),
    redirects: Iterable[str] = (),
    assets: Iterable[int] = (),
    site: bool = False,
    banner: bool = False,
    reason: str = "edit",
) -> None:
    """Say what may have changed; compared at the end of the outer transaction, or right now."""
    sys.audit("policetube.step", "outbox.touched")
    collected = _collecting.get()
    touched = Touched() if collected is None else collected
    touched.publications.update(publications)
    touched.units.update(units)
    touched.categories.update(categories)
    touched.tags.update(tags)
    touched.subtrees.update(subtrees)
    touched.nodes.update(nodes)
    touched.redirects.update(redirects)
    touched.assets.update(assets)
    touched.site = touched.site or site
    touched.banner = touched.banner or banner
    if collected is None and touched:
        # Within a transaction that did not begin with its turn, it is too late to wait for one.
        with database.atomic() if connection.in_atomic_block else turns.writing():
            record_changes(touched, reason=reason)


def give_reason(node_id: str, reason: Record) -> None:
    """Say why a node goes in this outer transaction: its removal carries the reason."""
    collected = _collecting.get()
    if collected is None:
        raise RuntimeError(f"{node_id}: give a reason within `outbox.transaction()`, nowhere else.")
    collected.withdrawals[node_id] = reason


def record_changes(touched: Touched, *, reason: str) -> int:
    """Compare with what we last told the world, remember the new state; number of differences.

    One comparison at a time: two that overlapped would each see the world without the other's
    edit. To be called at the end of a transaction, for the others wait until it is committed.
    """
    if not touched:
        return 0
    turns.to_compare()
    written = Comparison(reason=reason).run(touched)
    sys.audit("policetube.step", "outbox.written")
    return written
