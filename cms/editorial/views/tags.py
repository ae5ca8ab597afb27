"""Tags that are offered while somebody types."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET
from taggit.models import Tag
from wagtail.models import Page

from cms.editorial.doors import explorable_pages
from cms.publishing.interface import KINDS, visibility

AT_ONCE = 10


@require_GET
def autocomplete(request: HttpRequest, app_name: str = "", model_name: str = "") -> JsonResponse:
    """Tags of public pages and of the user's own; Wagtail's offers those of every draft."""
    term = request.GET.get("term", "")
    own, carried = explorable_pages(request.user, Page.objects.all()).values("pk"), Q()
    for kind in KINDS:
        shown = Q(content_object__in=visibility.public(kind.model)) | Q(content_object__in=own)
        carried |= Q(pk__in=kind.tagging.objects.filter(shown).values("tag_id"))
    tags = Tag.objects.filter(carried, name__istartswith=term)
    names = tags.order_by("name").values_list("name", flat=True)[:AT_ONCE] if term else []
    return JsonResponse(list(names), safe=False)
