"""Where operators find the page in Wagtail's admin."""

from __future__ import annotations

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from cms.health import views


class HealthMenuItem(MenuItem):
    """For those who may see it."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(views.PERMISSION))


@hooks.register("register_admin_urls")
def register_urls() -> list[URLPattern]:
    return [path("health/", views.health, name="health")]


@hooks.register("register_settings_menu_item")
def register_menu_item() -> MenuItem:
    return HealthMenuItem(
        _("Health of the system"), reverse_lazy("health"), icon_name="tick", order=50
    )


@hooks.register("register_permissions")
def register_permission() -> QuerySet[Permission]:
    return Permission.objects.filter(content_type__app_label="health", codename="see_health")
