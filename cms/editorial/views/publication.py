"""Where a publication stands, for the panel on its edit view."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET
from wagtail.models import Page

from cms.editorial.presentation import status_json
from cms.publishing.interface import (
    is_told,
    log_head,
    publication_status,
    receipts,
    withdrawal_of,
)
from content_models.models import (
    PENDING_STATES,
    Asset,
    HomePage,
    Publication,
    StoryPage,
    UnitPage,
)

RECEIPTS = "editorial/receipts.html"
WITHDRAWAL = "editorial/withdrawal/given.html"
# The way of a page from the desk to the public, as far as an editor waits for it.
STEPS = ("draft", "in_review", "transcoding", "publishing", "live")
STEP_OF_STAGE = {
    "scheduled": "in_review",
    "no_video": "transcoding",
    "no_photograph": "transcoding",
    "developing": "transcoding",
    "media_failed": "transcoding",
    "signer_failed": "transcoding",
    "promoting": "publishing",
    "withdrawing": "draft",
    "hidden": "draft",
}


def publication(page: Publication, user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """The stage in plain words, and the state of the first file that cannot be shown yet."""
    status = publication_status(page)
    shown = receipts_of(page)
    given = withdrawal_of(page)
    unready = (one for one in _files(page) if one.state in PENDING_STATES or one.is_unusable)
    asset = next(unready, None)
    video = status_json(asset) if asset else None
    return {
        "stage": status.stage,
        "step": STEP_OF_STAGE.get(status.stage, status.stage),
        "label": str(status.label),
        "public_url": status.public_url,
        "receipts": shown["receipts"],
        "under_way": not shown["settled"],
        "withdrawal": render_to_string(WITHDRAWAL, {"given": given}) if given else "",
        "withdraw_url": _withdraw_url(page, user),
        "video": video,
        "settled": status.settled and (video is None or video["settled"]),
    }


def _withdraw_url(page: Publication, user: AbstractBaseUser | AnonymousUser) -> str:
    """Where the user may withdraw the page; empty if there is nothing to withdraw, or no right."""
    if not (page.permissions_for_user(user).can_unpublish() and is_told(page)):
        return ""
    back = {"next": reverse("wagtailadmin_pages:edit", args=[page.pk])}
    return f"{reverse('wagtailadmin_pages:unpublish', args=[page.pk])}?{urlencode(back)}"


def receipts_of(page: Publication | UnitPage | HomePage) -> dict[str, Any]:
    """The last receipts, drawn; settled once the newest is complete, or what it tells is live."""
    found = receipts(page)
    newest = found[0] if found else None
    told = newest is not None and (newest.sequence or math.inf) <= log_head().live_sequence
    return {
        "receipts": render_to_string(RECEIPTS, {"receipts": found}) if found else "",
        "settled": newest is None or newest.is_complete or told,
    }


def _files(page: Publication) -> list[Asset]:
    """What its newest draft shows, in order; as many queries for twenty photographs as for one."""
    revision = page.get_latest_revision()
    draft = revision.content if revision else page.serializable_data()
    if isinstance(page, StoryPage):
        rows = sorted(draft["photographs"], key=lambda row: row["sort_order"] or 0)
        keys = [row["asset"] for row in rows]
    else:
        keys = [draft["asset"]]
    found = Asset.objects.in_bulk([key for key in keys if key])
    return [found[key] for key in keys if key in found]


@require_GET
def status(request: HttpRequest, page_id: int) -> JsonResponse:
    """JSON for the panel; 404 for a page the user may not edit."""
    found = Page.objects.filter(pk=page_id).first()
    page = found.specific if found else None
    if not isinstance(page, Publication | UnitPage | HomePage):
        raise Http404
    if not page.permissions_for_user(request.user).can_edit():
        raise Http404
    if isinstance(page, Publication):
        return JsonResponse(publication(page, request.user))
    return JsonResponse(receipts_of(page))
