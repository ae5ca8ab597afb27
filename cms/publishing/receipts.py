"""When each stage of a publication was reached, from what an editor did to what the public sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

from cms.publishing import purging
from cms.publishing.models import Change, Operation, OutboxRow, Push, Takedown
from cms.publishing.reality import SITE_NODE
from cms.publishing.relay import head
from content_models.models import HomePage, Publication, UnitPage

KEPT = timedelta(days=366)
MEDIA_PUBLIC = "media public"


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


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What is known of one change of one page; `push` is the publication that takes it along."""

    page: Page
    change: Change | OutboxRow
    push: Push | None

    @property
    def removal(self) -> bool:
        return self.change.operation == Operation.REMOVE

    @cached_property
    def takedown(self) -> Takedown | None:
        """What a withdrawal ordered, unless the page came back before it was done."""
        if not self.removal:
            return None
        ordered = Takedown.objects.filter(node_id=self.change.node_id, at=self.change.at)
        return ordered.filter(cancelled_at__isnull=True).first()

    @property
    def waited_for_media(self) -> bool:
        """Whether the page was published before its files were public."""
        released = self.page.last_published_at
        return self.change.reason == MEDIA_PUBLIC and bool(released and released < self.change.at)

    @property
    def is_over(self) -> bool:
        return self.push is not None and self.push.live_at is not None


Moment = Callable[[Journey], datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageKind:
    """A stage that changes come by, all of them or those to which it `applies`."""

    code: str
    label: str | Promise
    at: Moment
    applies: Callable[[Journey], bool] = lambda journey: True


def _of_push(name: str) -> Moment:
    def moment(journey: Journey) -> datetime | None:
        found: datetime | None = getattr(journey.push, name) if journey.push else None
        return found

    return moment


def _is_purged(journey: Journey) -> bool:
    """Sites without a cache never are; of what is over, its row knows."""
    if journey.is_over:
        return _of_push("purged_at")(journey) is not None
    return bool(purging.backend_settings())


def _is_read_back(journey: Journey) -> bool:
    if journey.is_over:
        return _of_push("seen_at")(journey) is not None
    return bool(settings.SITE_EDGE_URL)


# In order; the first that applies is where the clock starts.
STAGES = (
    StageKind(
        code="published",
        label=_("Published"),
        at=lambda journey: (
            journey.page.last_published_at if journey.waited_for_media else journey.change.at
        ),
        applies=lambda journey: not journey.removal,
    ),
    StageKind(
        code="withdrawn",
        label=_("Withdrawn"),
        at=lambda journey: journey.change.at,
        applies=lambda journey: journey.removal,
    ),
    StageKind(
        code="gone",
        label=_("Verified gone"),
        at=lambda journey: journey.takedown.verified_at if journey.takedown else None,
        applies=lambda journey: journey.takedown is not None,
    ),
    StageKind(
        code="media",
        label=_("Files public"),
        at=lambda journey: journey.change.at,
        applies=lambda journey: journey.waited_for_media,
    ),
    StageKind(
        code="numbered",
        label=_("Numbered"),
        at=lambda journey: getattr(journey.change, "numbered_at", None),
    ),
    StageKind(code="built", label=_("Built"), at=_of_push("built_at")),
    StageKind(code="uploaded", label=_("Uploaded"), at=_of_push("uploaded_at")),
    StageKind(
        code="purged",
        label=_("Old copies dropped"),
        at=_of_push("purged_at"),
        applies=_is_purged,
    ),
    StageKind(
        code="seen", label=_("Seen on the site"), at=_of_push("seen_at"), applies=_is_read_back
    ),
)


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
    """The publication that brought, or is bringing, a change to the public."""
    later = Push.objects.filter(epoch=head().epoch, sequence__gte=change.sequence)
    return later.order_by("sequence", "pk").first()


def _receipt(page: Page, change: Change | OutboxRow, push: Push | None) -> Receipt:
    journey = Journey(page=page, change=change, push=push)
    times = [(kind, kind.at(journey)) for kind in STAGES if kind.applies(journey)]
    if journey.takedown:
        # Beside the others, and mostly before them.
        times.sort(key=lambda stage: (stage[1] is None, stage[1]))
    start = times[0][1]
    return Receipt(
        sequence=change.sequence if isinstance(change, Change) else None,
        removal=journey.removal,
        stages=tuple(
            Stage(
                code=kind.code,
                label=kind.label,
                at=at,
                after=(at - start).total_seconds() if at and start else None,
            )
            for kind, at in times
        ),
    )
