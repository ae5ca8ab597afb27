"""Workers of the media queue that give their work back at once when asked to end."""

from __future__ import annotations

from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.utils.crypto import get_random_string
from django_tasks.base import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands import db_worker

from cms.media.lease import stopping
from cms.media.tasks import QUEUE


class _Worker(db_worker.Worker):
    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        # The encode under way hears of it within a second and returns its lease.
        stopping.set()
        super().shutdown(signum, frame)


class Command(db_worker.Command):
    help = "Process uploads, as `db_worker --queue-name media` does, but end promptly on SIGTERM."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", action="store_true", help="End when nothing waits.")
        parser.add_argument("--interval", type=float, default=1.0, help="Seconds between looks.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.configure_logging(options["verbosity"])
        worker = _Worker(
            queue_names=[QUEUE],
            interval=options["interval"],
            batch=options["batch"],
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.configure_signals()
        worker.run()
