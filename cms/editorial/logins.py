"""Who is at the door, and what is said to somebody who has guessed too often."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

SECONDS = 60


def client_address(request: HttpRequest) -> str | None:
    """Where a request comes from, past our own proxies; an IPv6 address stands for its /64.

    Only what our `PROXY_COUNT` proxies wrote is believed: what is left of it in X-Forwarded-For
    the client may have made up.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    count = settings.PROXY_COUNT
    seen = hops[-count] if 0 < count <= len(hops) else ""
    for text in (seen, request.META.get("REMOTE_ADDR", "")):
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        if address.version == 6:
            # Whoever has one of them has them all.
            return str(ipaddress.ip_network((address, 64), strict=False).network_address)
        return str(address)
    return None


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any) -> HttpResponse:
    """The page that says to wait, and how long (RFC 6585, 4)."""
    minutes = settings.LOGIN_WAIT_MINUTES
    answer = render(request, "429.html", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * SECONDS)
    return answer
