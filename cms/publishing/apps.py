"""Publishing listens to what editors do."""

from django.apps import AppConfig
from django.core import checks


class PublishingConfig(AppConfig):
    name = "cms.publishing"
    label = "publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cms.publishing import signal_handlers
        from cms.publishing.checks import caches_can_be_told

        signal_handlers.connect()
        checks.register(caches_can_be_told)
