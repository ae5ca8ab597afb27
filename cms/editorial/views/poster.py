"""The poster of a video file: one of its stills, the picture at a second, or one brought along."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from wagtail.admin import messages

from cms.editorial import access, presentation
from cms.editorial.forms import PosterForm
from cms.editorial.upload_handler import was_too_large
from cms.media.interface import ErrorCode, MediaError, frame, pictures, posters, sentence
from cms.publishing.interface import outer_transaction
from content_models.models import Asset, Poster

logger = logging.getLogger(__name__)
OURS = frozenset({ErrorCode.STORAGE, ErrorCode.CHECKSUM, ErrorCode.DISK_FULL, ErrorCode.TIME_LIMIT})
YEAR = 31_536_000


@require_POST
def choose(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the chosen picture; it is made before the transaction that records it."""
    asset = access.asset_or_404(request.user, pk, action="change")
    if not access.may_change_released(request.user, asset):
        return _refuse(request, asset)
    form = PosterForm(request.POST, request.FILES, asset=asset, too_large=was_too_large(request))
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
        return _back(pk)
    if form.cleaned_data["source"] == PosterForm.KEEP:
        return _back(pk)
    try:
        still, origin = _made(asset, form)
        if still is not None:
            posters.store(asset, still)
    except MediaError as error:
        return _complain(request, pk, error)
    with outer_transaction():
        # A page may have been released while the picture was being made.
        if not access.may_change_released(request.user, asset):
            return _refuse(request, asset)
        if still is None:
            posters.clear(asset)
        else:
            posters.record(asset, still, origin)
    try:
        if still is not None:
            posters.keep(asset, still)
    except MediaError as error:
        return _complain(request, pk, error)
    messages.success(request, _("The poster is saved."))
    return _back(pk)


@require_GET
def thumbnail(request: HttpRequest, pk: int) -> HttpResponse:
    """The poster, a few kilobytes of it: lists are read over bad lines."""
    asset = access.asset_or_404(request.user, pk)
    shown = presentation.poster_of(asset)
    if shown is None:
        return HttpResponse(status=404)
    etag = quote_etag(shown.sha256)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    answer = HttpResponse(pictures.thumbnail(posters.read(shown)), content_type="image/jpeg")
    answer["ETag"] = etag
    patch_cache_control(answer, private=True, max_age=YEAR, immutable=True)
    return answer


def _made(asset: Asset, form: PosterForm) -> tuple[pictures.Still | None, Poster.Origin]:
    source = form.cleaned_data["source"]
    if source == PosterForm.AUTOMATIC:
        return None, Poster.Origin.CANDIDATE
    if source == PosterForm.UPLOAD:
        file = form.cleaned_data["picture"]
        return pictures.still_of(file, size=file.size), Poster.Origin.UPLOADED
    if source == PosterForm.FRAME and asset.ladder is not None:
        return frame(asset.ladder, form.cleaned_data["second"]), Poster.Origin.CANDIDATE
    return posters.candidate(asset, source), Poster.Origin.CANDIDATE


def _complain(request: HttpRequest, pk: int, error: MediaError) -> HttpResponse:
    """Say what failed; where it was not the picture, the same one may do later."""
    words = sentence(error.code, {})
    if error.code in OURS:
        logger.error("no poster for asset %s: %s", pk, error)
        words += " " + _("Choose the picture again in a minute.")
    else:
        logger.info("no poster for asset %s: %s", pk, error)
    messages.error(request, words)
    return _back(pk)


def _refuse(request: HttpRequest, asset: Asset) -> HttpResponse:
    return render(request, "editorial/asset/poster_released.html", {"asset": asset}, status=403)


def _back(pk: int) -> HttpResponse:
    return redirect(f"{reverse('video_files:edit', args=[pk])}#poster-title")
