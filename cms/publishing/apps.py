"""Publishing listens to what editors do."""

from django.apps import AppConfig


class PublishingConfig(AppConfig):
    name = "cms.publishing"
    label = "publishing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cms.publishing import signal_handlers

        signal_handlers.connect()
