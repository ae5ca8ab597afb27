"""What the admin offers: video files, their chooser, categories."""

from __future__ import annotations

from django.db import transaction
from django.urls import URLPattern, URLResolver, include, path
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.admin_url_finder import ModelAdminURLFinder, register_admin_url_finder
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.snippets.views.snippets import SnippetViewSet

from cms.editorial import access
from cms.editorial.views import asset_page, captions, poster, uploads
from cms.editorial.views.asset_list import AssetIndexView
from cms.editorial.views.chooser import (
    AssetChooserViewSet,
    PhotographChooserViewSet,
    SignerChooserViewSet,
)
from cms.editorial.views.upload import UploadView
from cms.editorial.views.withdrawal import WithdrawView
from cms.publishing.interface import KINDS
from content_models.models import Asset, Category


class AssetURLFinder(ModelAdminURLFinder):
    """Where a link to a video file leads."""

    permission_policy = access.policy
    edit_url_name = "video_files:edit"


class AssetMenuItem(MenuItem):
    """Shown to those who may see any video file."""

    def is_shown(self, request: object) -> bool:
        return access.policy.user_has_any_permission(request.user, access.SEE)  # type: ignore[attr-defined]


class AssetViewSet(ViewSet):
    """List, upload and pages of video files. There is no deletion: an original is never lost."""

    name = "video_files"
    url_prefix = "video-files"
    icon = "media"
    menu_label = _("Media files")
    menu_name = "video-files"
    menu_order = 150
    menu_item_class = AssetMenuItem
    add_to_admin_menu = True

    @cached_property
    def _index_kwargs(self) -> dict[str, object]:
        return {
            "model": Asset,
            "index_url_name": self.get_url_name("index"),
            "index_results_url_name": self.get_url_name("index_results"),
            "add_url_name": self.get_url_name("add"),
            "edit_url_name": self.get_url_name("edit"),
            "header_icon": self.icon,
        }

    def get_urlpatterns(self) -> list[URLPattern | URLResolver]:
        # An upload may last minutes: it must not hold the outer transaction all the while.
        upload = transaction.non_atomic_requests(UploadView.as_view())
        index = AssetIndexView.as_view(**self._index_kwargs)
        results = AssetIndexView.as_view(**self._index_kwargs, results_only=True)
        one = "<int:pk>/"
        return [
            path("", index, name="index"),
            path("results/", results, name="index_results"),
            path("upload/", upload, name="add"),
            path("uploads/", include(uploads.patterns())),
            path(one, asset_page.AssetPageView.as_view(), name="edit"),
            path(f"{one}status/", asset_page.status, name="status"),
            path(f"{one}retry/", asset_page.retry, name="retry"),
            path(f"{one}cancel/", asset_page.cancel, name="cancel"),
            path(f"{one}original/", asset_page.original, name="original"),
            path(f"{one}poster/", transaction.non_atomic_requests(poster.choose), name="poster"),
            path(f"{one}thumbnail/", poster.thumbnail, name="thumbnail"),
            path(f"{one}captions/", captions.CaptionsView.as_view(), name="captions_add"),
            path(
                f"{one}captions/<int:captions_pk>/",
                captions.CaptionsView.as_view(),
                name="captions_edit",
            ),
            path(
                f"{one}captions/<int:captions_pk>/delete/", captions.delete, name="captions_delete"
            ),
            path(f"{one}captions/<int:captions_pk>/text/", captions.text, name="captions_text"),
        ]

    def on_register(self) -> None:
        super().on_register()
        finder = type("_AssetURLFinder", (AssetURLFinder,), {"model": Asset})
        register_admin_url_finder(Asset, finder)


class _Uploading:
    """The upload inside a chooser manages its own transactions, as the upload page does."""

    @property
    def create_view(self) -> object:
        return transaction.non_atomic_requests(super().create_view)  # type: ignore[misc]


class UploadingAssetChooserViewSet(_Uploading, AssetChooserViewSet):
    """The chooser of what a page plays."""


class UploadingSignerChooserViewSet(_Uploading, SignerChooserViewSet):
    """The chooser of its sign-language video."""


class UploadingPhotographChooserViewSet(_Uploading, PhotographChooserViewSet):
    """The chooser of a story's photographs."""


class CategoryViewSet(SnippetViewSet):
    """The short list of categories that headquarters keeps."""

    model = Category
    icon = "folder-open-inverse"
    menu_label = _("Categories")
    menu_order = 300
    add_to_admin_menu = True
    list_display = ["name", "description"]
    copy_view_enabled = False


class PublicationViewSet(PageViewSet):
    """Wagtail's rooms of a page; the one that unpublishes asks for a reason."""

    unpublish_view_class = WithdrawView


asset_viewset = AssetViewSet()
publication_viewsets = [PublicationViewSet(model=kind.model) for kind in KINDS]
asset_chooser_viewset = UploadingAssetChooserViewSet(
    "video_file_chooser", url_prefix="video-files/chooser"
)
signer_chooser_viewset = UploadingSignerChooserViewSet(
    "signer_chooser", url_prefix="video-files/signer-chooser"
)
photograph_chooser_viewset = UploadingPhotographChooserViewSet(
    "photograph_chooser", url_prefix="video-files/photograph-chooser"
)
