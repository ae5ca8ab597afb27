"""Where a publication stands, in words an editor understands."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cms.publishing import visibility
from cms.publishing.models import Change, OutboxRow, PublicState
from cms.publishing.orders import waiting as waiting_takedowns
from cms.publishing.relay import head
from content_models.models import AssetKind, Publication, StoryPage, VideoPage


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationStatus:
    """`stage` is a code; `settled` means nothing more will happen by itself."""

    stage: str
    label: str | Promise
    settled: bool
    public_url: str | None = None


LABELS = {
    "draft": _("Draft. Not visible to the public."),
    "in_review": _("Waiting for approval."),
    "scheduled": _("Approved. It will be published at the scheduled time."),
    "no_video": _("Published without a video file: choose one to make it visible."),
    "transcoding": _("Approved. It goes live as soon as the video file has been processed."),
    "media_failed": _("The video file cannot be shown: see its page for the reason."),
    "signer_failed": _(
        "The sign-language video cannot be shown: see its page for the reason, or choose another."
    ),
    "promoting": _("The files are being made public."),
    "no_photograph": _("Published without a photograph that can be shown: choose one."),
    "developing": _("Approved. It goes live as soon as the photographs have been processed."),
    "publishing": _("The page is being published."),
    "live": _("Live. Everyone can see it."),
    "withdrawing": _("The page is being taken off the public site."),
    "hidden": _("Not public: the page or a page above it is restricted or has expired."),
}
MOST_NAMED = 3
# What is public waits for what shall take its place.
REPLACED = frozenset({"transcoding", "developing", "promoting"})
UNTIL_THEN = _(
    "Until then everyone sees what was published before; unpublish the page to take that away now."
)
STILL_SEEN = _("Still visible, since it was withdrawn on {date}: {addresses}. This is tried again.")
NOT_SEEN_YET = _("Nobody has seen yet that it is gone everywhere.")
WAITING = frozenset({"transcoding", "developing", "promoting", "publishing", "withdrawing"})


def publication_status(page: Publication) -> PublicationStatus:
    """Status of one page, from the database alone."""
    stage = _stage(page)
    return PublicationStatus(
        stage=stage,
        label=_label(page, stage),
        settled=stage not in WAITING,
        public_url=page.full_url if stage == "live" else None,
    )


def _label(page: Publication, stage: str) -> str | Promise:
    if stage == "withdrawing":
        return _withdrawing(page)
    shown_before = stage in REPLACED and PublicState.objects.filter(node_id=page.node_id).exists()
    return format_lazy("{} {}", LABELS[stage], UNTIL_THEN) if shown_before else LABELS[stage]


def _withdrawing(page: Publication) -> str | Promise:
    """What the public can still see of it, and since when it should not."""
    takedown = waiting_takedowns().filter(node_id=page.node_id).order_by("at").first()
    if takedown is None:
        return LABELS["withdrawing"]
    addresses = [address for address in takedown.visible if address.startswith("http")]
    if not addresses:
        return format_lazy("{} {}", LABELS["withdrawing"], NOT_SEEN_YET)
    named = ", ".join(addresses[:MOST_NAMED])
    date = date_format(timezone.localtime(takedown.at), "j F Y H:i:s")
    seen = format_lazy(STILL_SEEN, date=date, addresses=named)
    return format_lazy("{} {}", LABELS["withdrawing"], seen)


def _stage(page: Publication) -> str:
    kind, node_id = type(page), page.node_id
    pending = (
        OutboxRow.objects.filter(node_id=node_id).exists()
        or Change.objects.filter(node_id=node_id, sequence__gt=head().live_sequence).exists()
        or waiting_takedowns().filter(node_id=node_id).exists()
    )
    if PublicState.objects.filter(node_id=node_id).exists():
        if not visibility.public(kind).filter(pk=page.pk).exists():
            # The public still sees the file that was there before.
            return _media_stage(page)
        return "publishing" if pending else "live"
    if not page.live:
        return "withdrawing" if pending else _unpublished_stage(page)
    if not visibility.released(kind).filter(pk=page.pk).exists():
        return "withdrawing" if pending else "hidden"
    return _media_stage(page)


def _unpublished_stage(page: Publication) -> str:
    if page.current_workflow_state and page.current_workflow_state.status == "in_progress":
        return "in_review"
    return "scheduled" if page.approved_schedule else "draft"


def _media_stage(page: Publication) -> str:
    return _story_stage(page) if isinstance(page, StoryPage) else _video_stage(page)


def _story_stage(page: StoryPage) -> str:
    shown = list(visibility.photographs().filter(page=page).select_related("asset"))
    if not shown:
        return "no_photograph"
    return "promoting" if all(one.asset and one.asset.ladder_id for one in shown) else "developing"


def _video_stage(page: VideoPage) -> str:
    asset = page.asset
    if asset is None:
        return "no_video"
    signer = page.signer
    if asset.is_unusable or asset.kind == AssetKind.PHOTO:
        return "media_failed"
    if signer and (signer.is_unusable or signer.kind != AssetKind.VIDEO):
        return "signer_failed"
    ready = asset.ladder_id and (signer is None or signer.ladder_id)
    return "promoting" if ready else "transcoding"
