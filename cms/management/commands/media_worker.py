"""Workers of the media queue that give their work back at once when asked to end."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import nullcontext
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cms.health.interface import Pulse
from cms.media.lease import stopping
from cms.media.tasks import QUEUE, remove_dead_folders
from cms.queues.errors import QueueError
from cms.queues.worker import work


class Command(BaseCommand):
    help = (
        "Process uploads until SIGTERM, which ends an encode promptly and gives it back. Takes "
        "work from the database, or from QUEUE_URL where it is set."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", action="store_true", help="End when nothing waits.")
        parser.add_argument(
            "--interval", type=float, default=1.0, help="Seconds between looks into the database."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # `clock` tidies its own machine; this may be another.
        remove_dead_folders()
        try:
            with nullcontext() if options["batch"] else Pulse("media-worker"):
                work(
                    QUEUE,
                    batch=options["batch"],
                    interval=options["interval"],
                    # The encode under way hears of it within a second and returns its lease.
                    on_stop=stopping.set,
                )
        except QueueError as error:
            raise CommandError(str(error)) from error
