"""Captions of a video file: add, change, remove."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from cms.editorial import access
from cms.editorial.forms import CaptionsForm
from content_models.models import Asset, Captions


def _refuse(request: HttpRequest, asset: Asset) -> HttpResponse:
    """403 that says who may change what the public reads."""
    return render(request, "editorial/captions/released.html", {"asset": asset}, status=403)


class CaptionsView(WagtailAdminTemplateMixin, FormView):
    """One language of one video file; new without `captions_pk`."""

    template_name = "editorial/captions/form.html"
    page_title = gettext_lazy("Captions")
    header_icon = "openquote"
    asset: Asset
    captions: Captions

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.asset = access.asset_or_404(request.user, kwargs["pk"], action="change")
        captions_pk = kwargs.get("captions_pk")
        self.captions = (
            get_object_or_404(Captions, pk=captions_pk, asset=self.asset)
            if captions_pk
            else Captions(asset=self.asset, language="id")
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not access.may_change_released(request.user, self.asset):
            return _refuse(request, self.asset)
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, form_class: type | None = None) -> CaptionsForm:
        post = self.request.method == "POST"
        return CaptionsForm(
            self.request.POST if post else None,
            self.request.FILES if post else None,
            instance=self.captions,
        )

    def form_valid(self, form: CaptionsForm) -> HttpResponse:
        form.save()
        messages.success(self.request, _("The captions are saved."))
        if form.repairs:
            messages.warning(
                self.request,
                format_html(
                    "{}<ul>{}</ul>",
                    _("The file was not as players need it. This was put right:"),
                    format_html_join("", "<li>{}</li>", ((note,) for note in form.repairs)),
                ),
            )
        return redirect("video_files:edit", self.asset.pk)

    def get_page_subtitle(self) -> str:
        return self.asset.title

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        asset_url = reverse("video_files:edit", args=[self.asset.pk])
        return [
            *self.breadcrumbs_items,
            {"url": reverse("video_files:index"), "label": _("Media files")},
            {"url": asset_url, "label": self.asset.title},
            {"url": "", "label": str(self.page_title)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "asset": self.asset,
            "captions": self.captions,
        }


@require_POST
def delete(request: HttpRequest, pk: int, captions_pk: int) -> HttpResponse:
    """Remove one language's captions."""
    asset = access.asset_or_404(request.user, pk, action="change")
    captions = get_object_or_404(Captions, pk=captions_pk, asset=asset)
    if not access.may_change_released(request.user, asset):
        return _refuse(request, asset)
    captions.delete()
    messages.success(request, _("The captions are removed."))
    return redirect("video_files:edit", pk)


@require_GET
def text(request: HttpRequest, pk: int, captions_pk: int) -> HttpResponse:
    """The WebVTT text, for the player on the asset's page and to take home."""
    asset = access.asset_or_404(request.user, pk)
    captions = get_object_or_404(Captions, pk=captions_pk, asset=asset)
    return HttpResponse(captions.text, content_type="text/vtt; charset=utf-8")
