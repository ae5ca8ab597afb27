"""A video file's own page, with what it can be asked to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.models import Page

from cms.editorial import access, history, presentation
from cms.editorial.forms import AssetForm
from cms.media.interface import MediaError, describe, original_url
from cms.media.interface import cancel as cancel_processing
from cms.media.interface import retry as retry_processing
from cms.publishing.interface import KINDS
from content_models.models import Asset


class AssetPageView(WagtailAdminTemplateMixin, FormView):
    """State, player, ladder, captions and uses; name and unit can be changed."""

    template_name = "editorial/asset/page.html"
    page_title = gettext_lazy("Video file")
    header_icon = "media"
    asset: Asset

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        action = "change" if request.method == "POST" else None
        self.asset = access.asset_or_404(request.user, kwargs["pk"], action=action)
        self.may_change = access.policy.user_has_permission_for_instance(
            request.user, "change", self.asset
        )

    def get_form(self, form_class: type | None = None) -> AssetForm | None:
        if not self.may_change:
            return None
        data = self.request.POST if self.request.method == "POST" else None
        return AssetForm(data, instance=self.asset, user=self.request.user)

    def form_valid(self, form: AssetForm) -> HttpResponse:
        # Only these: a worker may be writing the others.
        self.asset.title = form.cleaned_data["title"]
        self.asset.collection = form.cleaned_data.get("collection") or self.asset.collection
        self.asset.save(update_fields=["title", "collection"])
        messages.success(self.request, _("Saved."))
        return redirect("video_files:edit", self.asset.pk)

    def get_page_subtitle(self) -> str:
        return Asset.objects.values_list("title", flat=True).get(pk=self.asset.pk)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("video_files:index"), "label": _("Media files")},
            {"url": "", "label": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        asset = self.asset
        pages = [
            page
            for kind in KINDS
            for page in kind.model.objects.filter(kind.shows([asset.pk])).distinct().order_by("pk")
        ]
        told = describe(asset)
        return context | {
            "asset": asset,
            # The page lists what holds for a usable file; what polls has one line for all.
            "status": presentation.status_json(asset) | {"message": told.message},
            "notes": told.notes,
            "attempts": history.attempts(asset),
            "status_url": reverse("video_files:status", args=[asset.pk]),
            "playback": presentation.playback(asset),
            "duration": presentation.length(asset.duration) if asset.duration else "",
            "captions": list(asset.captions.all()),
            "may_change": self.may_change,
            "stills": presentation.still_choices(asset),
            "may_change_released": self.may_change
            and access.may_change_released(self.request.user, asset),
            "used_on": _visible_pages(self.request, pages),
            "use_count": len(pages),
        }


def _visible_pages(request: HttpRequest, pages: Iterable[Page]) -> list[Page]:
    """Those of the pages that the user may edit; the others stay unnamed."""
    return [page for page in pages if page.permissions_for_user(request.user).can_edit()]


@require_GET
def status(request: HttpRequest, pk: int) -> JsonResponse:
    """The state of one video file, for the page that polls."""
    return JsonResponse(presentation.status_json(access.asset_or_404(request.user, pk)))


@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try once more what failed."""
    asset = access.asset_or_404(request.user, pk, action="change")
    try:
        retry_processing(asset)
    except MediaError:
        messages.warning(
            request, _("The file is being processed, or is ready; there is nothing to retry.")
        )
    else:
        messages.success(request, _("The file is being processed again."))
    return redirect("video_files:edit", pk)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Have nothing more made of a file that waits or is under way."""
    asset = access.asset_or_404(request.user, pk, action="change")
    try:
        cancel_processing(asset)
    except MediaError:
        messages.warning(request, _("Processing has ended already; there is nothing to cancel."))
    else:
        messages.success(request, _("Processing was cancelled. The original is kept."))
    return redirect("video_files:edit", pk)


@require_GET
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect to a short-lived link to the original as it was uploaded."""
    asset = access.asset_or_404(request.user, pk, action="change")
    if not asset.original_key:
        raise Http404
    return redirect(original_url(asset))
