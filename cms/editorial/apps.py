"""The editor's side of the CMS."""

from __future__ import annotations

from django.apps import AppConfig


class EditorialConfig(AppConfig):
    name = "cms.editorial"
    label = "editorial"

    def ready(self) -> None:
        """Bring policy to the models, which know none: who may see what, and the page's form."""
        from wagtail.permissions import register_permission_policy

        from cms.editorial import access, redirects
        from cms.editorial.forms import VideoPageForm
        from cms.editorial.panels import PublicationPanel, ReceiptsPanel
        from content_models.models import Asset, HomePage, UnitPage, VideoPage

        register_permission_policy(Asset, access.policy)
        redirects.refine_views()
        VideoPage.base_form_class = VideoPageForm
        VideoPage.content_panels = [PublicationPanel(), *VideoPage.content_panels]
        for model in (UnitPage, HomePage):
            model.content_panels = [*model.content_panels, ReceiptsPanel()]
