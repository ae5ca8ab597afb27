"""Shows a draft to the one who asked for it, in the site's own templates."""

from __future__ import annotations

import logging
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET
from wagtail.models import Page

import site_builder
from cms.preview import records
from cms.preview.tokens import LinkRefusedError, Opened, Refusal, opened
from content_models.models import HomePage, UnitPage, VideoPage
from site_builder.assets import Asset, Assets, load
from site_builder.settings import origin

logger = logging.getLogger(__name__)

PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
}


@require_GET
@xframe_options_sameorigin
def preview(request: HttpRequest) -> HttpResponse:
    """A draft by its token: the same user, still allowed to edit, within the hour."""
    response = _preview(request)
    for name, value in PRIVATE_HEADERS.items():
        response[name] = value
    return response


@require_GET
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """A front-end file of the site, public anyway, from the host that shows the preview."""
    found = _front_end_by_path().get(f"assets/{name}")
    if found is None:
        raise Http404
    return HttpResponse(
        found.content,
        content_type=found.type,
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


def _preview(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
    try:
        draft = opened(request.GET.get("token", ""), request.user.pk)
    except LinkRefusedError as error:
        return _refused(request, error.refusal)
    unit = _permitted_unit(request, draft)
    try:
        html = _rendered(draft.page, unit)
    except site_builder.BuilderError:
        logger.exception("the preview of page %s failed", draft.page.pk)
        text = _("The preview cannot be shown now. Tell the operator; your draft is safe.")
        return render(request, "preview/message.html", {"text": text}, status=503)
    response = HttpResponse(html)
    response["Content-Security-Policy"] = _policy()
    return response


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    if refusal is Refusal.UNKNOWN:
        raise Http404
    text = {
        Refusal.EXPIRED: _("This preview link has expired. Open the preview again from the page."),
        Refusal.OTHER_USER: _("This preview link belongs to somebody else. Open your own."),
    }[refusal]
    return render(request, "preview/message.html", {"text": text}, status=403)


def _permitted_unit(request: HttpRequest, draft: Opened) -> UnitPage:
    """The unit of a draft that the user may edit, or add; else 403 or 404."""
    if draft.parent_pk is None:
        stored = VideoPage.objects.filter(pk=draft.page.pk).first()
        if stored is None:
            raise Http404
        allowed = stored.permissions_for_user(request.user).can_edit()
        parent = stored.get_parent()
    else:
        parent = Page.objects.filter(pk=draft.parent_pk).first()
        if parent is None:
            raise Http404
        allowed = parent.permissions_for_user(request.user).can_add_subpage()
    if not allowed:
        raise PermissionDenied
    unit = parent.specific
    if not isinstance(unit, UnitPage):
        raise Http404
    return unit


def _rendered(page: VideoPage, unit: UnitPage) -> str:
    home = HomePage.objects.ancestor_of(unit).get()
    base = reverse("preview").rstrip("/")
    front_end = _front_end()
    with translation.override(settings.SITE_LANGUAGE):
        return site_builder.render_preview(
            records.video(page, unit, blank_poster=base + front_end.url("share.png")),
            site=records.site(home),
            unit=records.unit(unit),
            ancestors=records.unit_links(UnitPage.objects.ancestor_of(unit).order_by("depth")),
            categories=records.category_links(page),
            tags=records.tag_links(page),
            site_url=settings.SITE_BASE_URL,
            media_origin=settings.MEDIA_BASE_URL,
            language=settings.SITE_LANGUAGE,
            asset_base=base,
        )


def _policy() -> str:
    """Nothing from third parties; the media from the store that the presigned links name."""
    media = origin(settings.S3_ENDPOINT_URL or "https://s3.amazonaws.com")
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' {media} data:; media-src 'self' {media} blob:; "
        f"connect-src 'self' {media}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    )


@lru_cache(maxsize=1)
def _front_end() -> Assets:
    return load()


@lru_cache(maxsize=1)
def _front_end_by_path() -> dict[str, Asset]:
    return {found.path: found for found in _front_end().files.values()}
