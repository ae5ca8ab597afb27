"""The Wagtail app that holds the truth."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentModelsConfig(AppConfig):
    name = "content_models"
    label = "content_models"
    verbose_name = _("Content")
    default_auto_field = "django.db.models.BigAutoField"
