"""One outer transaction around every unsafe request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from cms import turns
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
# Seconds that a request waits for other writers; SQLite's own patience is as long.
PATIENCE = 20
# What an open editor sends by itself, every few seconds, from everybody who has one open.
EDIT = "wagtailadmin_pages:edit"
BESIDE_OTHERS = frozenset(
    {
        "wagtailadmin_pages:preview_on_add",
        "wagtailadmin_pages:preview_on_edit",
        "wagtailadmin_editing_sessions:ping",
        "wagtailadmin_editing_sessions:release",
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
        with outbox.transaction(turn=partial(_begin, _turn(request, kwargs))):
            response = view(request, *args, **kwargs)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


def _begin(turn: Callable[[], None]) -> None:
    """Nobody who reads may go without a thread because somebody else writes for very long."""
    turns.no_longer_than(PATIENCE)
    turn()


def _turn(request: HttpRequest, kwargs: dict[str, object]) -> Callable[[], None]:
    """Drafts and previews wait only for those who write alone, as all others do."""
    name = request.resolver_match.view_name if request.resolver_match else ""
    if name in BESIDE_OTHERS:
        return turns.beside_others
    # Without an action, the form is saved as a draft.
    if name == EDIT and not any(field.startswith("action-") for field in request.POST):
        return partial(turns.beside_others, int(str(kwargs["page_id"])))
    return turns.alone
