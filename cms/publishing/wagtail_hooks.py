"""Links between pages, as the public gets them."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from wagtail import hooks
from wagtail.models import Page
from wagtail.rich_text import LinkHandler
from wagtail.rich_text.feature_registry import FeatureRegistry

from cms.publishing import visibility


class PublicPageLinkHandler(LinkHandler):
    """A link to a public page leads there; one to any other page is plain text.

    Wagtail's own handler writes the address of a draft as readily as that of a public page.
    """

    identifier = "page"

    @staticmethod
    def get_model() -> type[Page]:
        return Page

    @classmethod
    def extract_references(
        cls, attrs: dict[str, Any]
    ) -> Iterator[tuple[type[Page], str, str, str]]:
        """For Wagtail's index of who uses what, and for ours of which texts follow which page."""
        if str(attrs.get("id", "")).isdigit():
            yield Page, str(attrs["id"]), "", ""

    @classmethod
    def expand_db_attributes(cls, attrs: dict[str, Any]) -> str:
        return cls.expand_db_attributes_many([attrs])[0]

    @classmethod
    def expand_db_attributes_many(cls, attrs_list: list[dict[str, Any]]) -> list[str]:
        keys = {int(attrs["id"]) for attrs in attrs_list if str(attrs.get("id", "")).isdigit()}
        pages = visibility.released_pages(Page.objects.filter(pk__in=keys)).specific()
        paths = {str(page.pk): getattr(page, "public_path", None) for page in pages}
        return [
            f'<a href="{escape(path)}">' if (path := paths.get(str(attrs.get("id")))) else "<a>"
            for attrs in attrs_list
        ]


@hooks.register("register_rich_text_features", order=100)
def link_to_public_pages_only(features: FeatureRegistry) -> None:
    features.register_link_type(PublicPageLinkHandler)
