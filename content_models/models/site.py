"""The top of the site."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from content_models.models.addressed import StableAddressMixin
from content_models.models.previewed import PreviewedMixin

PLAIN_RICH_TEXT = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "blockquote"]


class HomeView(StrEnum):
    """The pages of the site that say what the home page's editor wrote."""

    HOME = "home"
    ABOUT = "about"


class HomePage(PreviewedMixin, StableAddressMixin, Page):
    """Root of the public site; its texts stand on the home and about pages."""

    description = models.CharField(
        _("description"),
        max_length=300,
        help_text=_("What this site is, in one or two sentences. Shown to search engines too."),
    )
    about = RichTextField(
        _("about this site"),
        features=PLAIN_RICH_TEXT,
        blank=True,
        help_text=_("Who publishes, how footage is handled, whom to contact."),
    )

    content_panels = [*Page.content_panels, FieldPanel("description"), FieldPanel("about")]
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["content_models.UnitPage"]
    max_count = 1

    # Its texts stand on two pages of the site.
    preview_modes = [(HomeView.HOME, _("Home page")), (HomeView.ABOUT, _("About this site"))]

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")

    @property
    def public_path(self) -> str:
        return "/"
