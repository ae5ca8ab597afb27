"""The page for operators."""

from __future__ import annotations

from itertools import groupby

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from cms.health.chart import chart
from cms.health.reading import take
from cms.health.signs import GROUPS, Level, signs, worst

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
