"""The panel on top of a publication: draft → in review → video → publishing → live."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import Panel

from cms.editorial.views.publication import STEPS, publication, receipts_of
from content_models.models import StoryPage

STEP_LABELS = {
    "draft": _("Draft"),
    "in_review": _("In review"),
    "transcoding": _("Video"),
    "publishing": _("Publishing"),
    "live": _("Live"),
}
STORY_STEP_LABELS = {**STEP_LABELS, "transcoding": _("Photographs")}
NEW_PAGE = {
    "stage": "draft",
    "step": "draft",
    "label": _("New. Nothing is saved yet."),
    "public_url": None,
    "video": None,
    "receipts": "",
    "withdrawal": "",
    "withdraw_url": "",
    "under_way": False,
    "settled": True,
}


class ReceiptsPanel(Panel):
    """Shows when the public site followed the last changes of a unit or of the home page.

    As a publication's panel, it is kept up to date by the page's script.
    """

    class BoundPanel(Panel.BoundPanel):
        template_name = "editorial/receipts_panel.html"

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            page = self.instance if self.instance.pk else None
            return super().get_context_data(parent_context) | {
                "status_url": reverse("publication_status", args=[page.pk]) if page else "",
                "now": receipts_of(page) if page else None,
            }


class PublicationPanel(Panel):
    """Shows where the page stands; the page's script keeps it up to date."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "editorial/publication_panel.html"

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            saved = self.instance.pk is not None
            page = type(self.instance).objects.get(pk=self.instance.pk) if saved else None
            now = publication(page, self.request.user) if page else NEW_PAGE
            of_photographs = isinstance(self.instance, StoryPage)
            labels = STORY_STEP_LABELS if of_photographs else STEP_LABELS
            reached = STEPS.index(now["step"]) if now["step"] in STEPS else 0
            return super().get_context_data(parent_context) | {
                "now": now,
                "what": _("Photograph:") if of_photographs else _("Video file:"),
                "status_url": reverse("publication_status", args=[page.pk]) if page else "",
                "url_pattern": reverse("publication_status", args=[0]),
                "steps": [
                    {"code": code, "label": labels[code], "reached": index <= reached}
                    for index, code in enumerate(STEPS)
                ],
            }
