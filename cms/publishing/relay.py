"""Outbox → sequence: the one place where changes get their numbers."""

from __future__ import annotations

import hashlib
import json
import sys

from django.db import transaction

from cms.publishing.models import Change, LogHead, OutboxRow

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
                        reason=row.reason,
                        at=row.at,
                        hash=head.hash,
                    )
                )
            Change.objects.bulk_create(changes)
            OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).delete()
            head.save(update_fields=["sequence", "hash"])
            sys.audit("policetube.step", "relay.numbered")
        numbered += len(rows)
        sys.audit("policetube.step", "relay.committed")
    return numbered


def locked_head() -> LogHead:
    """The log's head, locked until the transaction ends (SQLite: it already holds the database)."""
    LogHead.objects.get_or_create(pk=1)
    return LogHead.objects.select_for_update().get(pk=1)


def head() -> LogHead:
    """The log's head as it is."""
    return LogHead.objects.get_or_create(pk=1)[0]


def chained(previous: str, sequence: int, row: OutboxRow | Change) -> str:
    """SHA-256 over the previous hash and the change: altering history breaks every later hash."""
    text = json.dumps(
        [previous, sequence, row.node_id, row.operation, row.before, row.after, row.at.isoformat()],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()
