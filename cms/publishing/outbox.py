"""The outbox: what changed for the public, written in the transaction that changed it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection
from django.db import transaction as database
from taggit.models import Tag

from cms.publishing import reality, visibility
from cms.publishing.models import Operation, OutboxRow, PublicState
from cms.publishing.reality import Touched
from cms.publishing.records import Record, listing_keys, version

logger = logging.getLogger(__name__)

TAG = "tag:"
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
    touched.site = touched.site or site
    if collected is None and touched:
        with database.atomic():
            record_changes(touched, reason=reason)


def record_changes(touched: Touched, *, reason: str) -> int:
    """Compare with what we last told the world, remember the new state; number of differences."""
    if not touched:
        return 0
    written = _compare_all(
        dict(reality.public_nodes(touched)), slugs=_tag_slugs(touched.tags), reason=reason
    )
    sys.audit("policetube.step", "outbox.written")
    return written


def sweep() -> int:
    """Compare everything with everything: catches what no signal told. Returns differences.

    The comparison only reads. What differs is compared again, some at a time, in short
    transactions, so that nobody who saves has to wait for the whole site.
    """
    differing = sorted(_differing())
    written = 0
    for start in range(0, len(differing), reality.BATCH):
        touched = reality.touched_by_nodes(differing[start : start + reality.BATCH])
        with database.atomic():
            written += record_changes(touched, reason="sweep")
    return written


def _differing() -> set[str]:
    """IDs of nodes whose public state is not what was last told."""
    told = dict(PublicState.objects.values_list("pk", "version"))
    found = {
        node_id: record and version(record)
        for node_id, record in reality.public_nodes(reality.everything())
    }
    tags = {node_id.removeprefix(TAG) for node_id in told if node_id.startswith(TAG)}
    found |= {node_id: record and version(record) for node_id, record in reality.tag_nodes(tags)}
    held = {f"video:{public_id}" for public_id in visibility.waiting_videos()}
    gone = told.keys() - found.keys() - held
    return gone | {node_id for node_id, digest in found.items() if told.get(node_id) != digest}


def _compare_all(found: dict[str, Record | None], *, slugs: set[str], reason: str) -> int:
    written = 0
    slugs = slugs | {node_id.removeprefix(TAG) for node_id in found if node_id.startswith(TAG)}
    known = PublicState.objects.in_bulk(list(found))
    for node_id, record in found.items():
        if node_id.startswith(TAG):
            continue
        state = known.get(node_id)
        for keys in (state.keys if state else {}), record or {}:
            slugs.update(keys.get("tags", ()))
        written += _compare(node_id, record, state, reason)
    tags = dict(reality.tag_nodes(slugs))
    known = PublicState.objects.in_bulk(list(tags))
    for node_id, record in tags.items():
        written += _compare(node_id, record, known.get(node_id), reason)
    return written


def _tag_slugs(keys: set[int]) -> set[str]:
    return set(Tag.objects.filter(pk__in=keys).values_list("slug", flat=True))


def _compare(node_id: str, record: Record | None, state: PublicState | None, reason: str) -> int:
    if record is None:
        if state is None:
            return 0
        OutboxRow.objects.create(
            node_id=node_id, operation=Operation.REMOVE, before=state.keys, reason=reason
        )
        state.delete()
        return 1
    digest = version(record)
    if state is not None and state.version == digest:
        return 0
    keys = listing_keys(record)
    OutboxRow.objects.create(
        node_id=node_id,
        operation=Operation.UPSERT,
        before=state.keys if state else None,
        after=keys,
        reason=reason,
    )
    PublicState.objects.update_or_create(
        node_id=node_id, defaults={"version": digest, "keys": keys, "record": record}
    )
    logger.info("outbox: %s %s (%s)", Operation.UPSERT, node_id, reason)
    return 1
