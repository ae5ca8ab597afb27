"""Stories → public records, their photographs among them."""

from __future__ import annotations

from django.db.models import Prefetch, Q, QuerySet

from cms.publishing import visibility
from cms.publishing.records import (
    PUBLICATION_PREFETCHED,
    IncompleteError,
    Record,
    files_of,
    image_record,
    publication_record,
)
from content_models.models import (
    FileRole,
    LadderFile,
    RelatedVideo,
    StoryPage,
    StoryPhotograph,
    VideoPage,
)

JPEG = "image/jpeg"


def prefetched() -> tuple[str | Prefetch, ...]:
    """What building a record reads, so that a batch of them costs a fixed number of queries."""
    photographs = visibility.photographs().select_related("asset__ladder").order_by("sort_order")
    return (
        *PUBLICATION_PREFETCHED,
        Prefetch("photographs", queryset=photographs, to_attr="shown_photographs"),
        "shown_photographs__asset__ladder__files",
        Prefetch("related_videos", queryset=_public_related_videos(), to_attr="public_videos"),
    )


def _public_related_videos() -> QuerySet[RelatedVideo]:
    """Those that the public sees, the ones with yesterday's file among them."""
    there = Q(video__in=visibility.public(VideoPage).order_by().values("pk"))
    waiting = visibility.recorded(visibility.waiting(VideoPage)).order_by()
    related = RelatedVideo.objects.filter(there | Q(video__in=waiting.values("pk")))
    return related.select_related("video").order_by("sort_order")


def story_record(page: StoryPage, unit_code: str) -> Record:
    """Record of a public story; `page` with `prefetched()`. Raises `IncompleteError`."""
    photographs = [_photograph(one) for one in page.shown_photographs]
    if not photographs:
        raise IncompleteError(f"{page.public_id} has no photograph")
    return {
        **publication_record(page, unit_code),
        "photographs": photographs,
        "relatedVideos": [one.video.public_id for one in page.public_videos],
    }


def left(page_id: int, told: Record) -> Record:
    """Photographs that a story keeps while new ones are on their way: what was taken out is gone.

    Where none would be left, the story is shown as it was until it can be shown as it is.
    """
    there = visibility.photographs().filter(page=page_id)
    kept = set(there.values_list("asset__sha256", flat=True))
    photographs = [one for one in told["photographs"] if one["originalSha256"] in kept]
    return {"photographs": photographs} if photographs else {}


def _photograph(photograph: StoryPhotograph) -> Record:
    asset = photograph.asset
    ladder = asset.ladder if asset else None
    if asset is None or ladder is None:
        raise IncompleteError(f"photograph {photograph.pk} has no files")
    copies = [file for file in files_of(ladder) if file.role == FileRole.PHOTO]
    if not any(file.content_type == JPEG for file in copies):
        raise IncompleteError(f"{ladder.prefix} has no copy that every browser draws")
    return {
        "alternativeText": photograph.alternative_text,
        "caption": photograph.caption,
        "credit": photograph.credit,
        "originalSha256": asset.sha256,
        "copies": [_copy(file) for file in sorted(copies, key=_order)],
    }


def _copy(file: LadderFile) -> Record:
    return {**image_record(file), "contentType": file.content_type}


def _order(file: LadderFile) -> tuple[bool, int]:
    """What every browser draws first, of each type the largest first."""
    return file.content_type != JPEG, -(file.width or 0)
