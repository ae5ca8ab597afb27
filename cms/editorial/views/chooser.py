"""Choosing a video file for a page, with the upload inside the dialogue."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.generic.base import View
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic import chooser
from wagtail.admin.viewsets.chooser import ChooserViewSet

from cms.editorial import access
from cms.editorial.forms import UploadForm
from cms.editorial.views.asset_list import KindColumn, PosterColumn, StateColumn
from cms.editorial.views.upload import explain, take_in, upload_form
from cms.media.interface import MediaError
from content_models.models import (
    PENDING_STATES,
    Asset,
    AssetKind,
    FileRole,
    LadderFile,
    unusable,
)

logger = logging.getLogger(__name__)


class UploadFormMixin(chooser.CreationFormMixin):
    """The upload form in place of a form for the model's fields."""

    creation_tab_id = "upload"

    def get_creation_form_class(self) -> type[UploadForm]:
        return UploadForm

    def get_creation_form(self) -> UploadForm:
        return upload_form(self.request, prefix="video-upload")


class ChooseMixin:
    """Files that can be shown, of collections the user may choose from.

    What was not examined yet may be of any kind: only its content will tell.
    """

    kinds: tuple[AssetKind, ...] = (AssetKind.VIDEO, AssetKind.AUDIO)
    request: HttpRequest
    get_filter_form_class: Callable[[], Any]
    ordering = "-created_at"

    def get_object_list(self) -> QuerySet[Asset]:
        posters = LadderFile.objects.filter(role=FileRole.POSTER).select_related("ladder")
        return (
            access.choosable_assets(self.request.user)
            .filter(Q(kind__in=self.kinds) | Q(state__in=PENDING_STATES, probe={}))
            .exclude(unusable())
            .select_related("collection", "ladder", "poster")
            .prefetch_related(Prefetch("ladder__files", queryset=posters, to_attr="posters"))
        )

    def get_filter_form(self) -> Any:
        form_class = self.get_filter_form_class()
        collections = access.policy.collections_user_has_permission_for(self.request.user, "choose")
        return form_class(
            self.request.GET, collections=collections if len(collections) > 1 else None
        )

    @property
    def columns(self) -> list[Any]:
        return [
            PosterColumn("poster", label="", width="6rem"),
            *super().columns,  # type: ignore[misc]
            KindColumn("kind", label=_("Kind")),
            StateColumn("state", label=_("State")),
            Column("collection", label=_("Unit"), accessor="collection.name"),
            DateColumn("created_at", label=_("Uploaded")),
        ]


class ChooseView(ChooseMixin, chooser.ChooseViewMixin, UploadFormMixin, chooser.BaseChooseView):
    """The whole dialogue."""


class ChooseResultsView(
    ChooseMixin, chooser.ChooseResultsViewMixin, UploadFormMixin, chooser.BaseChooseView
):
    """The list alone, after a search."""


def _require_numbers(pks: list[str]) -> None:
    """404 for what names no video file."""
    if not all(pk.isdecimal() for pk in pks):
        raise Http404


class ChooseSignerView(ChooseView):
    """The same for a sign-language video, which has to move."""

    kinds = (AssetKind.VIDEO,)


class ChooseSignerResultsView(ChooseResultsView):
    """Its list alone."""

    kinds = (AssetKind.VIDEO,)


class ChoosePhotographView(ChooseView):
    """The same for a photograph of a story."""

    kinds = (AssetKind.PHOTO,)


class ChoosePhotographResultsView(ChooseResultsView):
    """Its list alone."""

    kinds = (AssetKind.PHOTO,)


class ChosenView(chooser.ChosenViewMixin, chooser.ChosenResponseMixin, View):
    """The answer once a file is picked."""

    def get_object(self, pk: str) -> Asset:
        _require_numbers([pk])
        asset = access.visible_assets(self.request.user).get(pk=pk)
        if not access.policy.user_has_permission_for_instance(self.request.user, "choose", asset):
            raise PermissionDenied
        return asset


class ChosenMultipleView(chooser.ChosenMultipleViewMixin, chooser.ChosenResponseMixin, View):
    """The same for several."""

    def get_objects(self, pks: list[str]) -> QuerySet[Asset]:
        _require_numbers(pks)
        return access.choosable_assets(self.request.user).filter(pk__in=pks)


class ChooserUploadView(
    chooser.CreateViewMixin, UploadFormMixin, chooser.ChosenResponseMixin, View
):
    """The upload inside the dialogue: what arrives is chosen at once."""

    def post(self, request: HttpRequest) -> HttpResponse:
        # The script has sent the file by itself; only the choice is left.
        if arrived := request.POST.get("arrived", ""):
            _require_numbers([arrived])
            return self.get_chosen_response(
                get_object_or_404(access.choosable_assets(request.user), pk=arrived)
            )
        self.form = self.get_creation_form()
        if not self.form.is_valid():
            return self.get_reshow_creation_form_response()
        try:
            asset = take_in(self.form, request)
        except MediaError as error:
            logger.exception("an upload could not be stored")
            self.form.add_error("file", explain(error))
            return self.get_reshow_creation_form_response()
        return self.get_chosen_response(asset)


class AssetChooserViewSet(ChooserViewSet):
    """Widget and dialogue for every foreign key to a video file."""

    model = Asset
    icon = "media"
    choose_one_text = _("Choose or upload a recording")
    choose_another_text = _("Choose another recording")
    edit_item_text = _("Open the video file's page")
    create_action_label = _("Upload")
    create_action_clicked_label = _("Uploading…")
    choose_view_class = ChooseView
    choose_results_view_class = ChooseResultsView
    chosen_view_class = ChosenView
    chosen_multiple_view_class = ChosenMultipleView
    create_view_class = ChooserUploadView


class SignerChooserViewSet(AssetChooserViewSet):
    """Widget and dialogue for the sign-language video of a page; not for every foreign key."""

    register_widget = False
    choose_one_text = _("Choose or upload a sign-language video")
    choose_another_text = _("Choose another sign-language video")
    choose_view_class = ChooseSignerView
    choose_results_view_class = ChooseSignerResultsView


class PhotographChooserViewSet(AssetChooserViewSet):
    """Widget and dialogue for a photograph of a story; not for every foreign key."""

    register_widget = False
    choose_one_text = _("Choose or upload a photograph")
    choose_another_text = _("Choose another photograph")
    edit_item_text = _("Open the photograph's page")
    choose_view_class = ChoosePhotographView
    choose_results_view_class = ChoosePhotographResultsView
