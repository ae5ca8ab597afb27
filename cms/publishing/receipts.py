"""When each stage of a publication was reached: recorded, numbered, built, uploaded, seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from cms.publishing.models import Change, Operation, OutboxRow, Push, Takedown
from cms.publishing.reality import SITE_NODE
from cms.publishing.relay import head
from content_models.models import HomePage, Publication, UnitPage

KEPT = timedelta(days=366)
MEDIA_PUBLIC = "media public"

LABELS = {
    "published": _("Published"),
    "withdrawn": _("Withdrawn"),
    "gone": _("Verified gone"),
    "media": _("Files public"),
    "numbered": _("Numbered"),
    "built": _("Built"),
    "uploaded": _("Uploaded"),
    "seen": _("Seen on the site"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`at` is null while the stage is still to come; `after` counts seconds from the first one."""

    code: str
    label: str | Promise
    at: datetime | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One change of one page on its way; `sequence` is null until it is numbered."""

    sequence: int | None
    removal: bool
    stages: tuple[Stage, ...]

    @property
    def is_complete(self) -> bool:
        return all(stage.at for stage in self.stages)


def receipts(page: Publication | UnitPage | HomePage, *, most: int = 3) -> list[Receipt]:
    """The last changes of a page that the public was told of, newest first."""
    node_id = _node_of(page)
    waiting = OutboxRow.objects.filter(node_id=node_id).order_by("-pk")[:most]
    numbered = Change.objects.filter(node_id=node_id).order_by("-sequence")[:most]
    found = [_receipt(page, row, None) for row in waiting]
    found += [_receipt(page, change, _push(change)) for change in numbered]
    return found[:most]


def forget_pushes() -> int:
    """Delete what was noted of publications and takedowns more than a year ago; how many."""
    before = timezone.now() - KEPT
    done = Takedown.objects.filter(at__lt=before, due__isnull=True, sequence__isnull=False)
    return Push.objects.filter(started_at__lt=before).delete()[0] + done.delete()[0]


def _node_of(page: Publication | UnitPage | HomePage) -> str:
    if isinstance(page, Publication):
        return page.node_id
    return f"unit:{page.code}" if isinstance(page, UnitPage) else SITE_NODE


def _push(change: Change) -> Push | None:
    """The publication that brought a change to the public."""
    later = Push.objects.filter(epoch=head().epoch, sequence__gte=change.sequence)
    return later.order_by("sequence", "pk").first()


def _takedown(change: Change | OutboxRow) -> Takedown | None:
    """The one that a withdrawal ordered, unless the page came back before it was done."""
    ordered = Takedown.objects.filter(node_id=change.node_id, at=change.at)
    return ordered.filter(cancelled_at__isnull=True).first()


def _receipt(page: Page, change: Change | OutboxRow, push: Push | None) -> Receipt:
    removal = change.operation == Operation.REMOVE
    times: list[tuple[str, datetime | None]] = []
    released = page.last_published_at
    if change.reason == MEDIA_PUBLIC and released and released < change.at:
        times = [("published", released), ("media", change.at)]
    else:
        times = [("withdrawn" if removal else "published", change.at)]
    times += [
        ("numbered", change.numbered_at if isinstance(change, Change) else None),
        ("built", push.built_at if push else None),
        ("uploaded", push.uploaded_at if push else None),
    ]
    if push is None or push.seen_at:
        times.append(("seen", push.seen_at if push else None))
    if removal and (takedown := _takedown(change)):
        # Beside the others, and mostly before them.
        times.append(("gone", takedown.verified_at))
        times.sort(key=lambda stage: (stage[1] is None, stage[1]))
    start = times[0][1]
    return Receipt(
        sequence=change.sequence if isinstance(change, Change) else None,
        removal=removal,
        stages=tuple(
            Stage(
                code=code,
                label=LABELS[code],
                at=at,
                after=(at - start).total_seconds() if at and start else None,
            )
            for code, at in times
        ),
    )
