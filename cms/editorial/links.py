"""Links to pages inside the editor's rich text."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from wagtail.admin.rich_text.converters.contentstate import link_entity
from wagtail.admin.rich_text.converters.html_to_contentstate import (
    ExternalLinkElementHandler,
    PageLinkElementHandler,
)
from wagtail.models import Page
from wagtail.rich_text.feature_registry import FeatureRegistry

from cms.publishing.interface import visibility


class NamelessPageLinkHandler(PageLinkElementHandler):
    """A link to a page that is not public leads the editor to the admin, which asks who they are.

    Wagtail's handler writes down the public address of any page whose number somebody puts into a
    text, and an address has the words of the title in it.
    """

    def get_attribute_data(self, attrs: dict[str, str]) -> dict[str, Any]:
        number = int(attrs["id"])
        if visibility.released_pages(Page.objects.filter(pk=number)).exists():
            return super().get_attribute_data(attrs)
        return {
            "id": number,
            "url": reverse("wagtailadmin_pages:edit", args=[number]),
            "parentId": None,
        }


def register(features: FeatureRegistry) -> None:
    """In place of Wagtail's own rule for links."""
    rule = {
        "from_database_format": {
            "a[href]": ExternalLinkElementHandler("LINK"),
            'a[linktype="page"]': NamelessPageLinkHandler("LINK"),
        },
        "to_database_format": {"entity_decorators": {"LINK": link_entity}},
    }
    features.register_converter_rule("contentstate", "link", rule)
