"""The operators' side of the CMS."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "cms.health"
    label = "health"
    default_auto_field = "django.db.models.BigAutoField"
