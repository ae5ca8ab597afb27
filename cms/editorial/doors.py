"""Rooms of Wagtail's admin that would name pages of every unit to everybody who may log in."""

from __future__ import annotations

from collections.abc import Callable

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from wagtail.models import Page
from wagtail.permissions import policy_registry

from cms.editorial.access import User

# Reports go across units. Documents and images have no place on a page here, and Wagtail's API of
# them, and its choosers, name those of every unit.
FOR_ADMINISTRATORS = frozenset(
    {
        "wagtailadmin_reports",
        "wagtailadmin_workflows",
        "wagtaildocs",
        "wagtaildocs_chooser",
        "wagtailimages",
        "wagtailimages_chooser",
        "documents",
        "images",
    }
)
SERVED_DOCUMENTS = frozenset({"wagtaildocs_serve", "wagtaildocs_authenticate_with_password"})
PAGES = "wagtailadmin_pages"
CHOOSER_BELOW = "wagtailadmin_choose_page_child"
CHOOSER_SEVERAL = "wagtailadmin_choose_page_chosen_multiple"
BULK_ACTION = "wagtail_bulk_action"
SETTINGS = "wagtailsettings"
NAMED_BY_NUMBER = frozenset({CHOOSER_SEVERAL, BULK_ACTION})
CHANGES = ("change", "delete")
# What addresses of pages call the pages that they are about.
NAMED_PAGES = ("page_id", "parent_page_id", "page_to_move_id", "destination_id")
# What forms about pages call the page above; shown again, they would say its name.
NAMED_IN_FORMS = "new_parent_page"


def explorable_pages(user: User, pages: QuerySet[Page]) -> QuerySet[Page]:
    """Those of the pages that the user's explorer shows: the own subtree and the way to it."""
    mine = policy_registry.get_by_type(Page).explorable_instances(user)
    return pages.filter(pk__in=mine.values("pk"))


def _require_numbers(request: HttpRequest) -> None:
    """404 for a row that is not named by its number, which Wagtail would stumble over."""
    named = {*request.GET.getlist("id"), *request.GET.getlist("childOf")} - {"all"}
    if not all(pk.isdecimal() for pk in named):
        raise Http404


def _require_explorable(request: HttpRequest, named: list[str]) -> None:
    """404 unless each of the named pages is one that the user's explorer shows."""
    if not all(pk.isdecimal() for pk in named):
        raise Http404
    wanted = {int(pk) for pk in named}
    # Asked of these alone: among all pages it takes longer the more there are.
    mine = policy_registry.get_by_type(Page).explorable_instances(request.user)
    if mine.filter(pk__in=wanted).count() != len(wanted):
        raise Http404


def _pages_of_bulk_action(request: HttpRequest) -> list[str]:
    """The pages that a bulk action names, its destination and all it would list among them."""
    named = [*request.GET.getlist("id"), *request.GET.getlist("childOf")]
    named += request.POST.getlist("chooser")
    if "all" not in named:
        return named
    parent = request.GET.get("childOf", "")
    if not parent.isdecimal():
        raise Http404
    # A search goes through all below the parent, a listing through its children.
    above = get_object_or_404(Page, pk=parent)
    below = above.get_descendants() if request.GET.get("q") else above.get_children()
    listed = [str(pk) for pk in below.values_list("pk", flat=True)]
    return [one for one in named if one != "all"] + listed


class ClosedDoorsMiddleware:
    """Rooms across units are for administrators; pages open where the explorer shows them."""

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
        if match is None:
            return
        if match.url_name in SERVED_DOCUMENTS and not getattr(user, "is_superuser", False):
            raise Http404
        if not user.is_authenticated:
            return
        if match.url_name in NAMED_BY_NUMBER:
            _require_numbers(request)
        if getattr(user, "is_superuser", False):
            return
        if FOR_ADMINISTRATORS.intersection(match.namespaces):
            raise PermissionDenied
        if PAGES in match.namespaces:
            # Wagtail names a page in the message that it may not be moved.
            named = [str(kwargs[name]) for name in NAMED_PAGES if name in kwargs]
            named += [pk for pk in request.POST.getlist(NAMED_IN_FORMS) if pk]
            named += [pk for pk in request.GET.getlist(NAMED_IN_FORMS) if pk]
            _require_explorable(request, named)
        if match.url_name == CHOOSER_BELOW:
            _require_explorable(request, [str(kwargs["parent_page_id"])])
        elif match.url_name == CHOOSER_SEVERAL:
            _require_explorable(request, request.GET.getlist("id"))
        elif match.url_name == BULK_ACTION:
            model = _model(str(kwargs["app_label"]), str(kwargs["model_name"]))
            if model is Page:
                _require_explorable(request, _pages_of_bulk_action(request))
            else:
                _require_changes(request, model)
        elif SETTINGS in match.namespaces:
            _require_changes(request, _model(str(kwargs["app_name"]), str(kwargs["model_name"])))


def _model(app_label: str, name: str) -> type[Model]:
    try:
        return apps.get_model(app_label, name)
    except LookupError:
        raise Http404 from None


def _require_changes(request: HttpRequest, model: type[Model]) -> None:
    """404 for who may change nothing of a kind: Wagtail would name what it refuses to touch."""
    policy = policy_registry.get_by_type(model)
    if policy is None or not policy.user_has_any_permission(request.user, CHANGES):
        raise Http404
