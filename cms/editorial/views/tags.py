"""Tags that are offered while somebody types."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET
from taggit.models import Tag
from wagtail.models import Page

from cms.editorial.doors import explorable_pages
from cms.publishing.interface import visibility
from content_models.models import VideoTag

AT_ONCE = 10


@require_GET
def autocomplete(request: HttpRequest, app_name: str = "", model_name: str = "") -> JsonResponse:
    """Tags of public videos and of the user's own; Wagtail's offers those of every draft."""
    term = request.GET.get("term", "")
    shown = Q(content_object__in=visibility.public_videos())
    shown |= Q(content_object__in=explorable_pages(request, Page.objects.all()).values("pk"))
    tags = Tag.objects.filter(
        name__istartswith=term, pk__in=VideoTag.objects.filter(shown).values("tag_id")
    )
    names = tags.order_by("name").values_list("name", flat=True)[:AT_ONCE] if term else []
    return JsonResponse(list(names), safe=False)
