"""What every page that a unit publishes has in common: of what, where and when, by whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page
from wagtail.search import index

from content_models.languages import LANGUAGE_CHOICES
from content_models.models.addressed import StableAddressMixin
from content_models.models.asset import Asset
from content_models.models.previewed import PreviewedMixin
from content_models.models.site import PLAIN_RICH_TEXT
from content_models.public_id import new_public_id
from content_models.rights import RIGHTS_CHOICES
from content_models.validators import validate_not_in_future


class Publication(PreviewedMixin, StableAddressMixin, Page):
    """A page below a unit; a kind adds `synopsis`, `credit`, `categories`, `tags` and its media."""

    # What its public address and the ID of its node begin with.
    address: ClassVar[str]
    # Foreign keys to files.
    file_fields: ClassVar[tuple[str, ...]] = ()

    public_id = models.CharField(
        _("public ID"), max_length=16, unique=True, default=new_public_id, editable=False
    )
    body = RichTextField(_("body"), features=PLAIN_RICH_TEXT, blank=True)
    incident_date = models.DateField(
        _("date of the incident"), null=True, blank=True, validators=[validate_not_in_future]
    )
    incident_place = models.CharField(_("place of the incident"), max_length=200, blank=True)
    rights = models.CharField(
        _("rights"), max_length=20, choices=RIGHTS_CHOICES, default="polri-press"
    )
    language = models.CharField(
        _("language"), max_length=20, choices=LANGUAGE_CHOICES, default="id"
    )

    text_panels = [
        FieldPanel("synopsis"),
        FieldPanel("body"),
        FieldRowPanel(
            [FieldPanel("incident_date"), FieldPanel("incident_place")], heading=_("Incident")
        ),
    ]
    filing_panels = [
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
    # A copy is another publication; it gets an ID of its own.
    exclude_fields_in_copy = ["public_id"]

    class Meta:
        abstract = True

    @property
    def public_path(self) -> str:
        return f"/{self.address}/{self.public_id}/{self.slug}/"

    @property
    def node_id(self) -> str:
        """What the world knows it by."""
        return f"{self.address}:{self.public_id}"

    @classmethod
    def from_serializable_data(
        cls, data: dict[str, Any], check_fks: bool = True, strict_fks: bool = False
    ) -> Self | None:
        """An old revision may name files that were deleted since: then it has none."""
        data = without_lost_files(data, cls.file_fields)
        page: Self | None = super().from_serializable_data(data, check_fks, strict_fks)
        return page

    def with_content_json(self, content: dict[str, Any]) -> Self:
        """A revision's content on this page; the public ID is never part of what is revised."""
        page: Self = super().with_content_json(content)
        page.public_id = self.public_id
        return page

    def minimal_clean(self) -> None:
        """All that Wagtail checks of a draft."""
        super().minimal_clean()
        self._name_an_alias()

    def clean(self) -> None:
        super().clean()
        self._name_an_alias()

    def _name_an_alias(self) -> None:
        """An alias copies every field of its source, but it is another page of the site."""
        if self._state.adding and self.alias_of_id:
            self.public_id = new_public_id()


def without_lost_files(data: dict[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Serialised data in which no field names a file that is no longer there."""
    named = {field: data[field] for field in fields if data.get(field)}
    there = set(Asset.objects.filter(pk__in=named.values()).values_list("pk", flat=True))
    return {**data, **{field: None for field, pk in named.items() if pk not in there}}
