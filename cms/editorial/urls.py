"""Rooms of Wagtail's admin that ours stand before."""

from __future__ import annotations

from django.urls import path
from wagtail.admin.auth import require_admin_access

from cms.editorial.views import tags

urlpatterns = [
    path("tag-autocomplete/", require_admin_access(tags.autocomplete)),
    path(
        "tag-autocomplete/<slug:app_name>/<slug:model_name>/",
        require_admin_access(tags.autocomplete),
    ),
]
