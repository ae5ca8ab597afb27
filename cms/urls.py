"""Doors into the CMS. The public site is static and lives elsewhere."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from cms.health.views import metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="wagtailadmin_home"), name="root"),
    path("graphql/", include("cms.api.urls")),
    path("api/uploads/", include("cms.editorial.script_urls")),
    path("metrics", metrics, name="metrics"),
    path("preview/", include("cms.preview.urls")),
    path("documents/", include(wagtaildocs_urls)),
    path("admin/", include("cms.editorial.urls")),
    path("admin/", include(wagtailadmin_urls)),
]
