"""The page for operators, and the numbers for their monitoring."""

from __future__ import annotations

from itertools import groupby

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cms.health.chart import chart
from cms.health.metrics import encoded
from cms.health.reading import take
from cms.health.signs import GROUPS, Level, signs, worst
from cms.publishing.interface import tallies

PERMISSION = "health.see_health"


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """How everything stands, looked at now; ready within seconds, whatever is down."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    reading = take()
    found = signs(reading)
    names = list(GROUPS)
    found.sort(key=lambda sign: names.index(sign.group))
    return render(
        request,
        "health/page.html",
        {
            "page_title": _("Health of the system"),
            "header_icon": "tick",
            "at": reading.at,
            "level": worst(found),
            "troubles": [sign for sign in found if sign.level is not Level.GOOD],
            "groups": [
                (name, GROUPS[name], list(members))
                for name, members in groupby(found, key=lambda sign: sign.group)
            ],
            "chart": chart(reading.publications),
        },
    )


@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """The same for Prometheus: nothing is here unless its bearer token is configured (RFC 6750)."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        answer = HttpResponse("Send METRICS_TOKEN as a bearer token.\n", "text/plain", status=401)
        answer["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return answer
    with translation.override("en"):
        body, media_type = encoded(take(), tallies(), request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=media_type)
