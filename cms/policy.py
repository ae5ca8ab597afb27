"""What a page of the CMS may be embedded in, load as a plug-in and send its forms to."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Wagtail's admin lives on inline scripts and styles, so these are not restricted; what would turn
# a slip into a take-over is. https://www.w3.org/TR/CSP3/
POLICY = "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"


class ContentPolicyMiddleware:
    """Adds the policy wherever a view has not given a stricter one of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
