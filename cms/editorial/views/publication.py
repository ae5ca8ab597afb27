"""Where a video page stands, for the panel on its edit view."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from cms.editorial.presentation import status_json
from cms.publishing.interface import publication_status, receipts
from content_models.models import AssetState, VideoPage

RECEIPTS = "editorial/receipts.html"
# The way of a page from the desk to the public, as far as an editor waits for it.
STEPS = ("draft", "in_review", "transcoding", "publishing", "live")
STEP_OF_STAGE = {
    "scheduled": "in_review",
    "no_video": "transcoding",
    "media_failed": "transcoding",
    "signer_failed": "transcoding",
    "promoting": "publishing",
    "withdrawing": "draft",
    "hidden": "draft",
}


def publication(page: VideoPage) -> dict[str, Any]:
    """The stage in plain words, and the state of the video file while it is not ready."""
    status = publication_status(page)
    found = receipts(page)
    draft = page.get_latest_revision_as_object()
    asset = draft.asset
    video = status_json(asset) if asset and asset.state != AssetState.READY else None
    return {
        "stage": status.stage,
        "step": STEP_OF_STAGE.get(status.stage, status.stage),
        "label": str(status.label),
        "public_url": status.public_url,
        "receipts": render_to_string(RECEIPTS, {"receipts": found}) if found else "",
        "video": video,
        "settled": status.settled and (video is None or video["settled"]),
    }


@require_GET
def status(request: HttpRequest, page_id: int) -> JsonResponse:
    """JSON for the panel; 404 for a page the user may not edit."""
    page = VideoPage.objects.filter(pk=page_id).first()
    if page is None or not page.permissions_for_user(request.user).can_edit():
        raise Http404
    return JsonResponse(publication(page))
