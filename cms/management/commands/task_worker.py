"""Workers of all small errands: Wagtail's index of references, uploads that have arrived."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_tasks import DEFAULT_TASK_QUEUE_NAME

from cms.health.interface import Pulse
from cms.media.finishing import QUEUE as ARRIVALS
from cms.media.lease import stopping
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
            with nullcontext() if options["batch"] else Pulse("task-worker"):
                work(
                    ARRIVALS,
                    DEFAULT_TASK_QUEUE_NAME,
                    batch=options["batch"],
                    interval=options["interval"],
                    # A file that is being read back is given to whoever comes next.
                    on_stop=stopping.set,
                )
        except QueueError as error:
            raise CommandError(str(error)) from error
