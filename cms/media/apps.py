from django.apps import AppConfig
from django.core import checks


class MediaConfig(AppConfig):
    name = "cms.media"
    label = "media_pipeline"

    def ready(self) -> None:
        from cms.media.checks import bounds, encoders

        checks.register(bounds)
        checks.register(encoders)
