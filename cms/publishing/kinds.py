"""The kinds of publications, and what publishing has to know of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, Q
from taggit.models import TaggedItemBase

from cms.publishing import stories
from cms.publishing.records import VIDEO_PREFETCHED, VIDEO_RELATED, Record, video_record
from content_models.models import Publication, StoryPage, StoryTag, VideoPage, VideoTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of page below a unit.

    `assets` are lookups from the page to the files it shows; `record` makes a public record of a
    page, read with `related` and `prefetched`, and of its unit's code; `left` tells what changes at
    once of a record while the page's new files are on their way.
    """

    model: type[Publication]
    tagging: type[TaggedItemBase]
    assets: tuple[str, ...]
    related: tuple[str, ...]
    prefetched: Callable[[], tuple[str | Prefetch, ...]]
    record: Callable[[Any, str], Record]
    left: Callable[[int, Record], Record]

    @property
    def prefix(self) -> str:
        """What the IDs of its nodes begin with."""
        return f"{self.model.address}:"

    def shows(self, assets: Iterable[int]) -> Q:
        """Whether a page shows any of some files; it may match a page more than once."""
        found = Q()
        for name in self.assets:
            found |= Q(**{f"{name}__in": assets})
        return found


KINDS = (
    Kind(
        model=VideoPage,
        tagging=VideoTag,
        assets=("asset", "signer"),
        related=VIDEO_RELATED,
        prefetched=lambda: VIDEO_PREFETCHED,
        record=video_record,
        left=lambda _page, _told: {},
    ),
    Kind(
        model=StoryPage,
        tagging=StoryTag,
        assets=("photographs__asset",),
        related=(),
        prefetched=stories.prefetched,
        record=stories.story_record,
        left=stories.left,
    ),
)
KIND_OF = {kind.model: kind for kind in KINDS}
