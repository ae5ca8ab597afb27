"""The police hierarchy, which is also the tree of permissions."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.models import Collection, Page
from wagtail.search import index

from content_models.models.addressed import StableAddressMixin
from content_models.models.previewed import PreviewedMixin
from content_models.validators import validate_region_code, validate_unit_code


class UnitLevel(models.TextChoices):
    """Levels from headquarters down; a satker is a function unit at any level."""

    MABES = "mabes", _("Headquarters (Mabes)")
    POLDA = "polda", _("Regional police (Polda)")
    POLRES = "polres", _("District police (Polres)")
    POLSEK = "polsek", _("Sector police (Polsek)")
    SATKER = "satker", _("Function unit (Satker)")


# What may stand directly above what. Mabes stands below the home page only.
ALLOWED_PARENTS: dict[str, frozenset[str]] = {
    UnitLevel.MABES: frozenset(),
    UnitLevel.POLDA: frozenset({UnitLevel.MABES}),
    UnitLevel.POLRES: frozenset({UnitLevel.POLDA}),
    UnitLevel.POLSEK: frozenset({UnitLevel.POLRES}),
    UnitLevel.SATKER: frozenset(
        {UnitLevel.MABES, UnitLevel.POLDA, UnitLevel.POLRES, UnitLevel.SATKER}
    ),
}


class UnitPage(PreviewedMixin, StableAddressMixin, Page):
    """A unit: Mabes, Polda, Polres, Polsek or a function unit."""

    level = models.CharField(_("level"), max_length=8, choices=UnitLevel.choices, db_index=True)
    code = models.CharField(
        _("code"),
        max_length=80,
        unique=True,
        validators=[validate_unit_code],
        help_text=_("Part of the unit's address on the site; it stays when the name changes."),
    )
    region_code = models.CharField(
        _("region code"),
        max_length=8,
        blank=True,
        db_index=True,
        validators=[validate_region_code],
        help_text=_("Kemendagri code of the territory, for example 31 or 31.71."),
    )
    summary = models.TextField(_("summary"), max_length=500, blank=True)
    # Where the unit's video files are kept; without one, in the next unit's above it.
    collection = models.ForeignKey(
        Collection,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="units",
        verbose_name=_("collection"),
    )

    content_panels = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldPanel("level"), FieldPanel("code"), FieldPanel("region_code")],
            heading=_("Place in the hierarchy"),
        ),
        FieldPanel("summary"),
    ]
    search_fields = [*Page.search_fields, index.FilterField("level"), index.SearchField("code")]
    parent_page_types = ["content_models.HomePage", "content_models.UnitPage"]
    subpage_types = [
        "content_models.UnitPage",
        "content_models.VideoPage",
        "content_models.StoryPage",
    ]
    exclude_fields_in_copy = ["collection"]

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")

    @property
    def public_path(self) -> str:
        return f"/unit/{self.code}/"

    def clean(self) -> None:
        super().clean()
        if not self.path or not self.level:
            return
        parent = self.get_parent()
        above = getattr(parent.specific, "level", None) if parent else None
        allowed = ALLOWED_PARENTS.get(self.level, frozenset())
        if (above is None) != (not allowed) or (above is not None and above not in allowed):
            raise ValidationError(
                {
                    "level": _(
                        "A unit of this level cannot stand here. Order: Mabes, Polda, Polres, "
                        "Polsek; a function unit stands below any of the first three."
                    )
                }
            )
