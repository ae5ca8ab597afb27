"""The page that tells news with photographs."""

from __future__ import annotations

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import model_from_serializable_data
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.admin.widgets import AdminPageChooser
from wagtail.models import Orderable, Page

from content_models.models.asset import Asset, AssetKind, AssetState
from content_models.models.publication import Publication, without_lost_files
from content_models.models.taxonomy import Category
from content_models.models.video import VideoPage

MOST_PHOTOGRAPHS = 20
MOST_RELATED_VIDEOS = 6


class StoryTag(TaggedItemBase):
    """A tag on a story."""

    content_object = ParentalKey(
        "content_models.StoryPage", on_delete=models.CASCADE, related_name="tagged_items"
    )


class StoryPhotograph(Orderable):
    """A photograph in its place in a story, with what is said of it there."""

    page = ParentalKey(
        "content_models.StoryPage", on_delete=models.CASCADE, related_name="photographs"
    )
    asset = models.ForeignKey(
        Asset,
        null=True,
        on_delete=models.PROTECT,
        related_name="story_photographs",
        verbose_name=_("photograph"),
    )
    alternative_text = models.CharField(
        _("alternative text"),
        max_length=300,
        help_text=_("What is to be seen, for those who cannot see it."),
    )
    caption = models.TextField(
        _("caption"), max_length=500, blank=True, help_text=_("Stands beneath the photograph.")
    )
    credit = models.CharField(
        _("credit"),
        max_length=200,
        blank=True,
        help_text=_("Who took it. Empty: whoever is named for the whole story."),
    )

    panels = [
        FieldPanel("asset"),
        FieldPanel("alternative_text"),
        FieldPanel("caption"),
        FieldPanel("credit"),
    ]

    class Meta(Orderable.Meta):
        verbose_name = _("photograph")
        verbose_name_plural = _("photographs")

    def __str__(self) -> str:
        return self.alternative_text

    @classmethod
    def from_serializable_data(
        cls, data: dict[str, Any], check_fks: bool = True, strict_fks: bool = False
    ) -> Self | None:
        """As of a publication: a file that was deleted since is no longer named."""
        data = without_lost_files(data, ["asset"])
        row: Self | None = model_from_serializable_data(cls, data, check_fks, strict_fks)
        return row

    def clean(self) -> None:
        super().clean()
        asset = self.asset
        if asset is None:
            return
        if asset.is_unusable:
            raise ValidationError(
                {"asset": _("This file cannot be used: see its page for the reason.")}
            )
        # Until a file was examined, nobody knows what it is.
        known = asset.state == AssetState.READY or asset.ladder_id is not None
        if known and asset.kind != AssetKind.PHOTO:
            raise ValidationError({"asset": _("This is no photograph: choose another file.")})

    @property
    def is_ready(self) -> bool:
        """Whether it can be shown, to those who see it and to those who do not."""
        asset = self.asset
        return bool(
            self.alternative_text and asset and asset.ladder_id and asset.kind == AssetKind.PHOTO
        )


class VideoChooser(AdminPageChooser):
    """Names a video as it was published: a draft's new title is for its own unit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"target_models": [VideoPage], **options})

    def get_display_title(self, instance: Page) -> str:
        """The title of the page, not of its newest draft."""
        return str(instance.title)


class RelatedVideo(Orderable):
    """A video that a story points to."""

    page = ParentalKey(
        "content_models.StoryPage", on_delete=models.CASCADE, related_name="related_videos"
    )
    video = models.ForeignKey(
        VideoPage, on_delete=models.CASCADE, related_name="+", verbose_name=_("video")
    )

    panels = [FieldPanel("video", widget=VideoChooser)]

    class Meta(Orderable.Meta):
        verbose_name = _("related video")
        verbose_name_plural = _("related videos")

    def __str__(self) -> str:
        return str(self.video)


class StoryPage(Publication):
    """What happened, in words and photographs; the first of them leads."""

    address = "story"

    synopsis = models.TextField(
        _("synopsis"),
        max_length=500,
        help_text=_("What happened, in two or three factual sentences."),
    )
    categories = ParentalManyToManyField(
        Category, blank=True, related_name="stories", verbose_name=_("categories")
    )
    tags = ClusterTaggableManager(through=StoryTag, blank=True, verbose_name=_("tags"))
    credit = models.CharField(
        _("credit"),
        max_length=200,
        blank=True,
        help_text=_("Who wrote it and took the photographs, to be named by users."),
    )

    content_panels = [
        *Page.content_panels,
        InlinePanel(
            "photographs",
            heading=_("Photographs"),
            label=_("Photograph"),
            help_text=_("The first one leads the story. Change the order with the arrows."),
            min_num=1,
            max_num=MOST_PHOTOGRAPHS,
        ),
        *Publication.text_panels,
        InlinePanel(
            "related_videos",
            heading=_("Related videos"),
            label=_("Video"),
            max_num=MOST_RELATED_VIDEOS,
        ),
        *Publication.filing_panels,
    ]

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")
