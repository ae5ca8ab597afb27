"""Shows a draft to the one who asked for it, in the site's own templates."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from cms.media.interface import MediaError
from cms.preview import drafts, media
from cms.preview.front_end import front_end
from cms.preview.media import Door
from cms.preview.tokens import LinkRefusedError, Opened, Refusal, opened
from content_models.models import VideoPage
from site_builder import BuilderError

logger = logging.getLogger(__name__)

PRIVATE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
}
STATUS = {
    Refusal.UNKNOWN: 404,
    Refusal.EXPIRED: 403,
    Refusal.OTHER_USER: 403,
    Refusal.PAGE_GONE: 404,
    Refusal.NOT_ALLOWED: 403,
}
Show = Callable[[HttpRequest, Opened, Door], HttpResponse]


@require_GET
@xframe_options_sameorigin
def preview(request: HttpRequest) -> HttpResponse:
    """A draft by its token: the same user, still allowed to edit, within the hour."""
    return _private(_through_the_door(request, request.GET.get("token", ""), _page))


@require_GET
def file(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """A playlist, index or captions of the draft's video, on the same terms as the draft."""
    return _private(
        _through_the_door(request, token, lambda _request, draft, door: _text(draft, name, door))
    )


@require_GET
def signer_file(request: HttpRequest, token: str, name: str) -> HttpResponse:
    """The same of the draft's sign-language video."""
    return _private(
        _through_the_door(
            request, token, lambda _request, draft, door: _text(draft, name, door, signer=True)
        )
    )


@require_GET
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """A front-end file of the site, public anyway, from the host that shows the preview."""
    found = front_end().by_path.get(f"assets/{name}")
    if found is None:
        raise Http404
    return HttpResponse(
        found.content,
        content_type=found.type,
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


def _through_the_door(request: HttpRequest, token: str, show: Show) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
    try:
        draft = opened(token, request.user)
    except LinkRefusedError as error:
        return _message(request, _refusal(error.refusal), STATUS[error.refusal])
    base = reverse("preview_file", args=[draft.token, "x"]).removesuffix("x")
    door = Door(base=request.build_absolute_uri(base), seconds=draft.seconds_left)
    try:
        return show(request, draft, door)
    except LookupError:
        return _message(request, _refusal(Refusal.PAGE_GONE), 404)
    except (BuilderError, MediaError):
        logger.exception("the preview of page %s failed", draft.page.pk)
        text = _("The preview cannot be shown now. Tell the operator; your draft is safe.")
        return _message(request, text, 503)


def _page(request: HttpRequest, draft: Opened, door: Door) -> HttpResponse:
    response = HttpResponse(drafts.html_of(draft, front_end(), door))
    response["Content-Security-Policy"] = _policy()
    return response


def _text(draft: Opened, name: str, door: Door, *, signer: bool = False) -> HttpResponse:
    page, found = draft.page, None
    if isinstance(page, VideoPage) and signer:
        found = media.text(page.signer, name, door.beside(media.SIGNER))
    elif isinstance(page, VideoPage):
        found = media.text(page.asset, name, door)
    if found is None:
        raise Http404
    content, content_type = found
    return HttpResponse(content, content_type=content_type)


def _private(response: HttpResponse) -> HttpResponse:
    for name, value in PRIVATE_HEADERS.items():
        response[name] = value
    return response


def _refusal(refusal: Refusal) -> str:
    texts = {
        Refusal.UNKNOWN: _("This is not a preview link. Open the preview from the page's form."),
        Refusal.EXPIRED: _("This preview link has expired. Open the preview again from the page."),
        Refusal.OTHER_USER: _("This preview link belongs to somebody else. Open your own."),
        Refusal.PAGE_GONE: _("The page of this preview was deleted, so there is nothing to show."),
        Refusal.NOT_ALLOWED: _(
            "You may no longer edit this page, so its preview is closed to you. Ask your unit's "
            "releaser or the operator if you need it."
        ),
    }
    return texts[refusal]


def _message(request: HttpRequest, text: str, status: int) -> HttpResponse:
    """A plain page in the language of the site's editors, the user's own where they chose one."""
    response = render(request, "preview/message.html", {"text": text}, status=status)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    )
    return response


def _policy() -> str:
    """Nothing from third parties; media from the stores that the draft and the lists name."""
    hosts = " ".join(media.origins())
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        f"img-src 'self' {hosts} data:; media-src 'self' {hosts} blob:; "
        f"connect-src 'self' {hosts}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'"
    )
