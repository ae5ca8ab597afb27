"""The upload page: a plain form, which a script makes resumable (`uploads`)."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from cms.editorial import access
from cms.editorial.forms import UploadForm
from cms.editorial.upload_handler import was_too_large
from cms.editorial.views.uploads import refused
from cms.editorial.views.uploads import unfinished as unfinished_uploads
from cms.media.interface import ErrorCode, MediaError, ingest, sentence, uploads
from content_models.models import Asset, UploadState

logger = logging.getLogger(__name__)


def upload_form(request: HttpRequest, **kwargs: Any) -> UploadForm:
    """The form for this request, bound if it brings a file."""
    if request.method == "POST":
        kwargs |= {
            "data": request.POST,
            "files": request.FILES,
            "too_large": was_too_large(request),
        }
    return UploadForm(user=request.user, **kwargs)


def take_in(form: UploadForm, request: HttpRequest) -> Asset:
    """Hand a valid form's file to the media pipeline; the work on it begins by itself."""
    file = form.cleaned_data["file"]
    return ingest(
        file,
        name=file.name,
        title=form.cleaned_data["title"],
        user=request.user,
        collection=form.chosen_collection,
    )


def explain(error: MediaError) -> str:
    """What to tell somebody whose file could not be stored."""
    if error.code is ErrorCode.TOO_LARGE:
        return _("The file is larger than allowed. Cut it or export it smaller.")
    return _("The file could not be stored. Nothing is lost: wait a minute and send it again.")


class UploadView(WagtailAdminTemplateMixin, FormView):
    """Upload a file with the form, or see what is unfinished and go on with it."""

    template_name = "editorial/asset/upload.html"
    page_title = gettext_lazy("Upload files")
    header_icon = "upload"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not access.policy.user_has_permission(request.user, "add"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, form_class: type[BaseForm] | None = None) -> UploadForm:
        return upload_form(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        allowed = access.policy.collections_user_has_permission_for(self.request.user, "add")
        open_to = set(allowed.values_list("pk", flat=True))
        listed = [*refused(self.request), *unfinished_uploads(self.request)]
        unfinished = [
            {
                "upload": upload,
                "expires": uploads.expires_at(upload),
                "refusal": sentence(upload.message_code, {}),
                "collection": upload.collection_id if upload.collection_id in open_to else "",
            }
            for upload in listed
        ]
        resumable = any(upload.state == UploadState.OPEN for upload in listed)
        return super().get_context_data(unfinished=unfinished, resumable=resumable, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("video_files:index"), "label": _("Media files")},
            {"url": "", "label": str(self.page_title)},
        ]

    def form_valid(self, form: UploadForm) -> HttpResponse:
        try:
            asset = take_in(form, self.request)
        except MediaError as error:
            logger.exception("an upload could not be stored")
            form.add_error("file", explain(error))
            return self.form_invalid(form)
        messages.success(self.request, _("The file has arrived. It is being processed now."))
        return redirect("video_files:edit", asset.pk)

    def form_invalid(self, form: UploadForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response
