"""The page that shows a video to the public."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index

from content_models.languages import LANGUAGE_CHOICES
from content_models.models.addressed import StableAddressMixin
from content_models.models.asset import UNUSABLE_STATES, Asset, AssetKind
from content_models.models.previewed import PreviewedMixin
from content_models.models.site import PLAIN_RICH_TEXT
from content_models.models.taxonomy import Category
from content_models.public_id import new_public_id
from content_models.rights import RIGHTS_CHOICES
from content_models.signing import validate_signer
from content_models.validators import validate_not_in_future


class VideoTag(TaggedItemBase):
    """A tag on a video."""

    content_object = ParentalKey(
        "content_models.VideoPage", on_delete=models.CASCADE, related_name="tagged_items"
    )


class VideoPage(PreviewedMixin, StableAddressMixin, Page):
    """What happened, where and when, with the footage that shows it."""

    public_id = models.CharField(
        _("public ID"), max_length=16, unique=True, default=new_public_id, editable=False
    )
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
    body = RichTextField(_("body"), features=PLAIN_RICH_TEXT, blank=True)
    incident_date = models.DateField(
        _("date of the incident"), null=True, blank=True, validators=[validate_not_in_future]
    )
    incident_place = models.CharField(_("place of the incident"), max_length=200, blank=True)
    categories = ParentalManyToManyField(
        Category, blank=True, related_name="videos", verbose_name=_("categories")
    )
    tags = ClusterTaggableManager(through=VideoTag, blank=True, verbose_name=_("tags"))
    credit = models.CharField(
        _("credit"), max_length=200, blank=True, help_text=_("Who filmed it, to be named by users.")
    )
    rights = models.CharField(
        _("rights"), max_length=20, choices=RIGHTS_CHOICES, default="polri-press"
    )
    language = models.CharField(
        _("language"), max_length=20, choices=LANGUAGE_CHOICES, default="id"
    )

    content_panels = [
        *Page.content_panels,
        FieldPanel("asset"),
        FieldPanel("synopsis"),
        FieldPanel("body"),
        FieldRowPanel(
            [FieldPanel("incident_date"), FieldPanel("incident_place")], heading=_("Incident")
        ),
        MultiFieldPanel(
            [FieldPanel("categories"), FieldPanel("tags")], heading=_("Where it is listed")
        ),
        MultiFieldPanel(
            [FieldPanel("credit"), FieldPanel("rights"), FieldPanel("language")],
            heading=_("Rights and language"),
        ),
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("synopsis"),
        index.SearchField("body"),
        index.SearchField("incident_place"),
        index.SearchField("public_id"),
        index.FilterField("incident_date"),
    ]
    parent_page_types = ["content_models.UnitPage"]
    subpage_types: list[str] = []
    # A copy is another video; it gets an ID of its own.
    exclude_fields_in_copy = ["public_id"]

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")

    @property
    def public_path(self) -> str:
        return f"/video/{self.public_id}/{self.slug}/"

    @classmethod
    def from_serializable_data(
        cls, data: dict[str, Any], check_fks: bool = True, strict_fks: bool = False
    ) -> VideoPage | None:
        """An old revision may name files that were deleted since: then it has none."""
        named = {field: data[field] for field in ("asset", "signer") if data.get(field)}
        there = set(Asset.objects.filter(pk__in=named.values()).values_list("pk", flat=True))
        data = {**data, **{field: None for field, pk in named.items() if pk not in there}}
        page: VideoPage | None = super().from_serializable_data(data, check_fks, strict_fks)
        return page

    def with_content_json(self, content: dict[str, Any]) -> VideoPage:
        """A revision's content on this page; the public ID is never part of what is revised."""
        page: VideoPage = super().with_content_json(content)
        page.public_id = self.public_id
        return page

    def minimal_clean(self) -> None:
        """All that Wagtail checks of a draft."""
        super().minimal_clean()
        self._name_an_alias()

    def clean(self) -> None:
        super().clean()
        self._name_an_alias()
        troubles = {}
        if self.asset and self.asset.state in UNUSABLE_STATES:
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

    def _name_an_alias(self) -> None:
        """An alias copies every field of its source, but it is another page of the site."""
        if self._state.adding and self.alias_of_id:
            self.public_id = new_public_id()
