"""Wagtail's buttons that unpublish, named after what they do to a publication."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.action_menu import ActionMenuItem, UnpublishMenuItem
from wagtail.admin.wagtail_hooks import PageListingUnpublishButton
from wagtail.models import Page

from content_models.models import Publication

WITHDRAW = _("Withdraw from the public…")
WAGTAILS = PageListingUnpublishButton.label


class WithdrawMenuItem(UnpublishMenuItem):
    """Beneath the form of a publication."""

    label = WITHDRAW


def rename_in_menu(menu_items: list[ActionMenuItem], page: Page | None) -> None:
    """For a publication, ours in place of Wagtail's, which leads to the same form."""
    if not isinstance(page, Publication):
        return
    menu_items[:] = [
        WithdrawMenuItem(order=item.order) if type(item) is UnpublishMenuItem else item
        for item in menu_items
    ]


def rename_in_lists() -> None:
    """In listings and headers; what kind of page it is costs no question to the database."""
    PageListingUnpublishButton.label = property(_label)


def _label(button: Any) -> str | Promise:
    kind = getattr(button.page, "specific_class", None)
    return WITHDRAW if kind and issubclass(kind, Publication) else WAGTAILS
