"""The page that shows a video to the public."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page

from content_models.models.asset import Asset, AssetKind
from content_models.models.publication import Publication
from content_models.models.taxonomy import Category
from content_models.signing import validate_signer


class VideoTag(TaggedItemBase):
    """A tag on a video."""

    content_object = ParentalKey(
        "content_models.VideoPage", on_delete=models.CASCADE, related_name="tagged_items"
    )


class VideoPage(Publication):
    """What happened, where and when, with the footage that shows it."""

    address = "video"
    file_fields = ("asset", "signer")

    asset = models.ForeignKey(
        Asset,
        null=True,
        on_delete=models.PROTECT,
        related_name="video_pages",
        verbose_name=_("video file"),
    )
    signer = models.ForeignKey(
        Asset,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="signed_pages",
        verbose_name=_("sign-language video"),
        help_text=_("A second video of the same length, shown in step with the first."),
    )
    synopsis = models.TextField(
        _("synopsis"),
        max_length=500,
        help_text=_("What the video shows, in two or three factual sentences."),
    )
    categories = ParentalManyToManyField(
        Category, blank=True, related_name="videos", verbose_name=_("categories")
    )
    tags = ClusterTaggableManager(through=VideoTag, blank=True, verbose_name=_("tags"))
    credit = models.CharField(
        _("credit"), max_length=200, blank=True, help_text=_("Who filmed it, to be named by users.")
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("asset"),
        *Publication.text_panels,
        *Publication.filing_panels,
    ]

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")

    def clean(self) -> None:
        super().clean()
        troubles = {}
        if self.asset and self.asset.is_unusable:
            troubles["asset"] = ValidationError(
                _("This video file cannot be used: see its page for the reason.")
            )
        elif self.asset and self.asset.kind == AssetKind.PHOTO:
            troubles["asset"] = ValidationError(
                _("A photograph cannot be played: choose a video or a sound recording.")
            )
        if self.signer:
            try:
                validate_signer(self.signer, self.asset)
            except ValidationError as error:
                troubles["signer"] = error
        if troubles:
            raise ValidationError(troubles)
