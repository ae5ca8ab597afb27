"""Workers of all small errands: Wagtail's index of references, files to delete."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tasks import DEFAULT_TASK_QUEUE_NAME

from cms.queues.errors import QueueError
from cms.queues.worker import work


class Command(BaseCommand):
    help = (
        "Do the CMS's small errands until SIGTERM. Takes work from the database, or from "
        "QUEUE_URL where it is set."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", action="store_true", help="End when nothing waits.")
        parser.add_argument(
            "--interval", type=float, default=1.0, help="Seconds between looks into the database."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            work(DEFAULT_TASK_QUEUE_NAME, batch=options["batch"], interval=options["interval"])
        except QueueError as error:
            raise CommandError(str(error)) from error
