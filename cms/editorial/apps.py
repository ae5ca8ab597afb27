"""The editor's side of the CMS."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class EditorialConfig(AppConfig):
    name = "cms.editorial"
    label = "editorial"

    def ready(self) -> None:
        """Bring policy to the models, which know none: who may see what, and the page's form."""
        from wagtail.admin.panels import FieldPanel
        from wagtail.permissions import register_permission_policy

        from cms.editorial import access, redirects, search, withdrawal_buttons
        from cms.editorial.page_forms import StoryPageForm, VideoPageForm
        from cms.editorial.panels import PublicationPanel, ReceiptsPanel
        from cms.editorial.viewsets import photograph_chooser_viewset, signer_chooser_viewset
        from content_models.models import (
            Asset,
            HomePage,
            StoryPage,
            StoryPhotograph,
            UnitPage,
            VideoPage,
        )

        register_permission_policy(Asset, access.policy)
        redirects.refine_views()
        withdrawal_buttons.rename_in_lists()
        search.connect()
        VideoPage.base_form_class = VideoPageForm
        StoryPage.base_form_class = StoryPageForm
        signer = FieldPanel("signer", widget=signer_chooser_viewset.widget_class)
        VideoPage.content_panels = [
            PublicationPanel(),
            *_with_signer(VideoPage.content_panels, signer),
        ]
        StoryPage.content_panels = [PublicationPanel(), *StoryPage.content_panels]
        photograph = FieldPanel("asset", widget=photograph_chooser_viewset.widget_class)
        StoryPhotograph.panels = [photograph, *StoryPhotograph.panels[1:]]
        for model in (UnitPage, HomePage):
            model.content_panels = [*model.content_panels, ReceiptsPanel()]


def _with_signer(panels: list[Any], signer: Any) -> list[Any]:
    """The panels with the one of the sign-language video beneath that of the main file."""
    place = 1 + next(n for n, one in enumerate(panels) if getattr(one, "field_name", "") == "asset")
    return [*panels[:place], signer, *panels[place:]]
