"""Outbox → sequence: the one place where changes get their numbers."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable

from django.db import transaction

from cms.publishing.corrections import has_fate, kind_of
from cms.publishing.models import Change, LogHead, Operation, OutboxRow

BATCH = 500


def relay() -> int:
    """Number the committed outbox rows, gap-free and hash-chained; how many there were.

    The lock on the head makes it alone. Rows are numbered in the order of this reading, not of
    their IDs' commits: a row that commits later gets a later number, and none is skipped.
    """
    numbered = 0
    # Looking is free; locking (on SQLite: the whole database) is not.
    while OutboxRow.objects.exists():
        with transaction.atomic():
            head = locked_head()
            rows = list(OutboxRow.objects.order_by("pk")[:BATCH])
            changes = []
            withdrawn = _withdrawn(row.node_id for row in rows if row.before is None)
            for row in rows:
                head.sequence += 1
                head.hash = chained(head.hash, head.sequence, row)
                changes.append(
                    Change(
                        sequence=head.sequence,
                        node_id=row.node_id,
                        operation=row.operation,
                        before=row.before,
                        after=row.after,
                        changed=row.changed,
                        withdrawal=row.withdrawal,
                        ledger=_entry(row, withdrawn),
                        reason=row.reason,
                        at=row.at,
                        hash=head.hash,
                    )
                )
            Change.objects.bulk_create(changes)
            sys.audit("policetube.step", "relay.chained")
            OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
            head.save(update_fields=["sequence", "hash"])
            sys.audit("policetube.step", "relay.numbered")
        numbered += len(rows)
        sys.audit("policetube.step", "relay.committed")
    return numbered


def _withdrawn(node_ids: Iterable[str]) -> set[str]:
    """Those of the items that were public once, by the log so far."""
    wanted = [node_id for node_id in node_ids if has_fate(node_id)]
    known = Change.objects.filter(node_id__in=wanted, operation=Operation.REMOVE)
    return set(known.values_list("node_id", flat=True))


def _entry(row: OutboxRow, withdrawn: set[str]) -> str:
    """What the ledger calls a change; a withdrawal in the same batch is remembered for the next."""
    is_removed = row.operation == Operation.REMOVE
    kind = kind_of(
        row.node_id,
        is_removed=is_removed,
        is_new=row.before is None,
        was_withdrawn=row.node_id in withdrawn,
        changed=row.changed,
    )
    if is_removed:
        withdrawn.add(row.node_id)
    return kind


def locked_head() -> LogHead:
    """The log's head, locked until the transaction ends (SQLite: it already holds the database)."""
    LogHead.objects.get_or_create(pk=1)
    return LogHead.objects.select_for_update().get(pk=1)


def head() -> LogHead:
    """The log's head as it is."""
    return LogHead.objects.get_or_create(pk=1)[0]


def chained(previous: str, sequence: int, row: OutboxRow | Change) -> str:
    """SHA-256 over the previous hash and the change: altering history breaks every later hash."""
    parts = [previous, sequence, row.node_id, row.operation, row.before, row.after]
    parts.append(row.at.isoformat())
    # Rows of a time when fields were not compared, nor reasons given, keep the hash they had. The
    # one is a list, the other an object: neither can pass for the other.
    parts += [part for part in (row.changed, row.withdrawal) if part is not None]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
