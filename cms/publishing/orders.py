"""What has to be taken down, written where it is withdrawn; `takedowns` does it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from cms.publishing.kinds import KINDS
from cms.publishing.models import OutboxRow, PublicState, Takedown
from cms.publishing.records import told_files

UNIT = "unit:"
# What has a page of its own that an editor takes back. Tags, categories and redirects go with the
# next build: their addresses say nothing that is not on it anyway.
PREFIXES = (*(kind.prefix for kind in KINDS), UNIT)


def order(row: OutboxRow, told: PublicState) -> None:
    """Order what the row tells of to be taken down: all that the public was told until now."""
    if not row.node_id.startswith(PREFIXES):
        return
    Takedown.objects.create(
        node_id=row.node_id,
        at=row.at,
        reason=row.reason,
        path=told.record.get("path") or told.keys.get("path") or "",
        media=sorted(told_files(told.record)),
    )


def cancel(node_ids: Iterable[str]) -> None:
    """They are public again: nobody may take them down because of what was before.

    What was begun stays on record at the targets until a build that shows them is pushed.
    """
    came = [node_id for node_id in node_ids if node_id.startswith(PREFIXES)]
    if not came:
        return
    waiting = Takedown.objects.filter(node_id__in=came, due__isnull=False)
    waiting.filter(verified_at__isnull=True).update(
        cancelled_at=timezone.now(), due=None, problem="", visible=[]
    )
    waiting.update(due=None)


def waiting() -> QuerySet[Takedown]:
    """What was withdrawn and is not seen to be gone yet."""
    return Takedown.objects.filter(verified_at__isnull=True, cancelled_at__isnull=True)
