"""One outer transaction around every unsafe request."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from cms.publishing import outbox

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# They hash a password, which is slow on purpose, for anybody who asks, and publish nothing.
SLOW_DOORS = frozenset(
    {
        "wagtailadmin_login",
        "wagtailadmin_password_reset",
        "wagtailadmin_password_reset_confirm",
    }
)


class OuterTransactionMiddleware:
    """What a request changes and what it tells the world commit together, or not at all.

    It wraps the view, not the whole request: by then the body has been read, so that no slow
    upload holds the database. Views marked `non_atomic_requests` manage by themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> HttpResponse | None:
        if request.method in SAFE_METHODS or getattr(view, "_non_atomic_requests", None):
            return None
        if request.resolver_match and request.resolver_match.url_name in SLOW_DOORS:
            return None
        with outbox.transaction():
            response = view(request, *args, **kwargs)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response
