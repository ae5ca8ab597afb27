"""Rooms of Wagtail's admin that would name pages of every unit to everybody who may log in."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from wagtail.models import Page
from wagtail.permissions import policy_registry

REPORTS = "wagtailadmin_reports"
CHOOSER_BELOW = "wagtailadmin_choose_page_child"
CHOOSER_SEVERAL = "wagtailadmin_choose_page_chosen_multiple"


def explorable_pages(request: HttpRequest, pages: QuerySet[Page]) -> QuerySet[Page]:
    """Those of the pages that the user's explorer shows: the own subtree and the way to it."""
    mine = policy_registry.get_by_type(Page).explorable_instances(request.user)
    return pages.filter(pk__in=mine.values("pk"))


class ClosedDoorsMiddleware:
    """Reports are for administrators; the page chooser opens where the explorer does."""

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
    ) -> None:
        match, user = request.resolver_match, request.user
        if match is None or not user.is_authenticated or getattr(user, "is_superuser", False):
            return
        if REPORTS in match.namespaces:
            raise PermissionDenied
        if match.url_name == CHOOSER_BELOW:
            named = {str(kwargs["parent_page_id"])}
        elif match.url_name == CHOOSER_SEVERAL:
            named = {pk for pk in request.GET.getlist("id") if pk.isdecimal()}
        else:
            return
        found = explorable_pages(request, Page.objects.filter(pk__in=named))
        if found.count() != len(named):
            raise Http404
