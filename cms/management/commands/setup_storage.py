"""Create buckets, public reading and CORS in object storage."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cms.media.interface import MediaError, setup_storage


class Command(BaseCommand):
    help = "Create what object storage lacks: buckets, public reading of two of them, CORS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            names = setup_storage()
        except MediaError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Object storage is ready: " + ", ".join(names))
