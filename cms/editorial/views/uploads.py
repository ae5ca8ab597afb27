"""Uploads in parts, as JSON: the same doors for the pages of the admin and for units' scripts.

No byte of a file comes through here. Who asks sees the own uploads only, all others are not there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from wagtail.api.v3.auth import BearerTokenAuth
from wagtail.models import Collection

from cms.editorial import access
from cms.media.interface import ErrorCode, MediaError, sentence, uploads
from content_models.models import Asset, Upload, UploadState

logger = logging.getLogger(__name__)

STATUS = {
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.TOO_MANY: 429,
    ErrorCode.GONE: 410,
    ErrorCode.INCOMPLETE: 409,
    ErrorCode.STORAGE: 503,
}
LONGEST_TEXT = 255
MOST_LISTED = 100
MOST_REFUSED = 20
# For so long a sender who closed the page is told that a file has to be sent again.
TOLD = timedelta(days=14)

View = Callable[..., HttpResponseBase]


class _MisunderstoodError(Exception):
    """The request is not what this door takes."""


def begin_or_list(request: HttpRequest) -> JsonResponse:
    """POST begins or goes on; GET lists what the user has not finished, and where files may go."""
    if request.method == "GET":
        return JsonResponse(
            {
                "uploads": [describe(upload) for upload in unfinished(request)],
                "collections": [
                    {"id": found.pk, "name": found.name} for found in _collections(request)
                ],
                "limit": settings.MEDIA_MAX_UPLOAD_BYTES,
            }
        )
    asked = _body(request)
    found = uploads.begin(
        user=request.user,
        name=_text(asked, "name"),
        size=_number(asked, "size"),
        fingerprint=_text(asked, "fingerprint", longest=128),
        title=_text(asked, "title", default=""),
        collection=_collection(request, asked),
        again=asked.get("again") is True,
    )
    if isinstance(found, Asset):
        return JsonResponse({"state": "done", "known": True, "asset": _asset(found)})
    return JsonResponse(describe(found), status=201)


def one(request: HttpRequest, identity: UUID) -> JsonResponse:
    """GET shows how it stands and what storage has of it; DELETE gives it up."""
    upload = _own(request, identity)
    if request.method == "DELETE":
        uploads.abandon(upload)
        upload.refresh_from_db()
        return JsonResponse(describe(upload))
    shown = describe(upload)
    if upload.state == "open":
        shown["stored"] = [
            {"number": part.number, "size": part.size, "etag": part.etag}
            for part in uploads.stored_parts(upload)
        ]
    return JsonResponse(shown)


def sign(request: HttpRequest, identity: UUID) -> JsonResponse:
    """Addresses for parts: `{"parts": [{"number": 1, "md5": "…Base64…"}]}`."""
    upload = _own(request, identity)
    asked = _body(request).get("parts")
    if not isinstance(asked, list) or not all(isinstance(part, dict) for part in asked):
        raise _MisunderstoodError("parts")
    wanted = [(_number(part, "number"), _text(part, "md5")) for part in asked]
    return JsonResponse(
        {
            "parts": [
                {"number": part.number, "url": part.url, "headers": part.headers}
                for part in uploads.sign(upload, wanted)
            ]
        }
    )


def finish(request: HttpRequest, identity: UUID) -> JsonResponse:
    """All parts are there: `{"checksum": "…"}`. Asked again, it says how the upload stands."""
    upload = _own(request, identity)
    checksum = _text(_body(request), "checksum", default="", longest=64)
    shown = describe(uploads.finish(upload, checksum))
    return JsonResponse(shown, status=200 if shown["state"] == "done" else 202)


def unfinished(request: HttpRequest) -> list[Upload]:
    """The user's own uploads that have not ended, newest first."""
    own = _of(request).filter(state__in=uploads.UNDER_WAY)
    return list(own.select_related("asset", "collection")[:MOST_LISTED])


def refused(request: HttpRequest) -> list[Upload]:
    """The user's own that were refused of late and not sent again since, newest first."""
    own = _of(request)
    later = own.filter(
        fingerprint=OuterRef("fingerprint"), size=OuterRef("size"), pk__gt=OuterRef("pk")
    )
    lately = own.filter(state=UploadState.REFUSED, touched_at__gte=timezone.now() - TOLD)
    return list(lately.filter(~Exists(later))[:MOST_REFUSED])


def describe(upload: Upload) -> dict[str, Any]:
    """An upload as these doors show it."""
    return {
        "id": str(upload.uuid),
        "state": upload.state,
        "name": upload.name,
        "title": upload.title,
        "size": upload.size,
        "part_size": upload.part_size,
        "fingerprint": upload.fingerprint,
        "expires": uploads.expires_at(upload).isoformat() if upload.state == "open" else None,
        "sha256": upload.sha256,
        "known": upload.message_code == "known",
        "message": sentence(upload.message_code, {}) if upload.state == "refused" else "",
        "asset": _asset(upload.asset) if upload.asset else None,
    }


def _asset(asset: Asset) -> dict[str, Any]:
    return {
        "id": asset.pk,
        "uuid": str(asset.uuid),
        "title": asset.title,
        "state": asset.state,
        "sha256": asset.sha256,
        "url": reverse("video_files:edit", args=[asset.pk]),
    }


def _own(request: HttpRequest, identity: UUID) -> Upload:
    """404 for what is another's or nobody's: nothing tells the two apart."""
    own = _of(request).select_related("asset", "user", "collection")
    return get_object_or_404(own, uuid=identity)


def _of(request: HttpRequest) -> QuerySet[Upload]:
    # Uploads without a user are the operator's, not those of whoever has no number.
    return Upload.objects.filter(user_id=request.user.pk or 0)


def _collections(request: HttpRequest) -> list[Collection]:
    found = access.policy.collections_user_has_permission_for(request.user, "add")
    return list(found.order_by("path")[:MOST_LISTED])


def _collection(request: HttpRequest, asked: dict[str, Any]) -> Collection | None:
    """The one that is asked for, else the topmost where the user may add files."""
    allowed = access.policy.collections_user_has_permission_for(request.user, "add")
    # Not a set: a list or an object from outside has no hash.
    if asked.get("collection") in (None, ""):
        return allowed.order_by("path").first()
    found = allowed.filter(pk=_number(asked, "collection")).first()
    if found is None:
        raise Http404
    return found


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise _MisunderstoodError("JSON") from error
    if not isinstance(asked, dict):
        raise _MisunderstoodError("JSON")
    return asked


def _text(
    asked: dict[str, Any], name: str, *, default: str | None = None, longest: int = LONGEST_TEXT
) -> str:
    value = asked.get(name, default)
    if not isinstance(value, str) or not _storable(value) or (not value and default is None):
        raise _MisunderstoodError(name)
    if len(value) > longest and default is None and name != "name":
        raise _MisunderstoodError(name)
    return value


def _storable(text: str) -> bool:
    """PostgreSQL takes no text with a NUL; half a surrogate pair, which JSON allows, is no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _number(asked: dict[str, Any], name: str) -> int:
    value = asked.get(name)
    if isinstance(value, str) and value.isdecimal() and len(value) < 19:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise _MisunderstoodError(name)
    return value


def _answering(view: View, methods: tuple[str, ...]) -> View:
    """Rights, methods, and faults in words; each door is its own transaction."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in methods:
            return _fault("method", _("This address takes other requests."), 405)
        if not access.policy.user_has_permission(request.user, "add"):
            return _fault("forbidden", _("You may not upload files here."), 403)
        try:
            return view(request, *args, **kwargs)
        except Http404:
            return _fault("not_found", _("There is no such upload."), 404)
        except _MisunderstoodError as error:
            return _fault("invalid", f"{sentence(ErrorCode.INVALID, {})} ({error})", 400)
        except MediaError as error:
            if error.code is ErrorCode.STORAGE:
                logger.exception("an upload could not be served")
            return _fault(error.code, _words(error.code), STATUS.get(error.code, 400), str(error))

    return transaction.non_atomic_requests(answer)


def _words(code: ErrorCode) -> str:
    params = {
        ErrorCode.TOO_LARGE: {"limit": round(settings.MEDIA_MAX_UPLOAD_BYTES / 1024**3, 1)},
        ErrorCode.TOO_MANY: {"most": settings.MEDIA_MAX_OPEN_UPLOADS},
    }
    return sentence(code, params.get(code, {}))


def _fault(code: str, message: str, status: int, detail: str = "") -> JsonResponse:
    error = {"code": str(code), "message": message}
    if detail:
        error["detail"] = detail
    return JsonResponse({"error": error}, status=status)


def _with_token(view: View) -> View:
    """For scripts: Wagtail's API token in the header says who asks, a cookie says nothing."""
    authenticate = BearerTokenAuth()

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if authenticate(request) is None:
            response = _fault("token", _("The token is unknown or was revoked."), 401)
            response["WWW-Authenticate"] = "Bearer"
            return response
        return view(request, *args, **kwargs)

    return answer


def patterns(*, token: bool = False, prefix: str = "uploads") -> list[URLPattern]:
    """The doors, for a session, or with `token` for scripts."""
    doors: tuple[tuple[str, str, View, tuple[str, ...]], ...] = (
        ("", "", begin_or_list, ("GET", "POST")),
        ("<uuid:identity>/", "_one", one, ("GET", "DELETE")),
        ("<uuid:identity>/sign/", "_sign", sign, ("POST",)),
        ("<uuid:identity>/finish/", "_finish", finish, ("POST",)),
    )
    made = []
    for route, name, view, methods in doors:
        door = _answering(view, methods)
        made.append(path(route, _with_token(door) if token else door, name=f"{prefix}{name}"))
    return made
