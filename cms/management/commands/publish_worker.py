"""Keep the public site at the present: withdraw, promote, number, build, push."""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from cms.publishing.models import LogHead
from cms.publishing.pipeline import cycle

logger = logging.getLogger("cms.publishing")


class Command(BaseCommand):
    help = "Publish what changed, again and again; --once for a single cycle."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="One cycle with a sweep, then end.")
        parser.add_argument("--full", action="store_true", help="Render every page again.")
        parser.add_argument("--interval", type=float, default=0.5, help="Seconds between looks.")
        parser.add_argument("--sweep-every", type=float, default=30, help="Seconds.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            report = cycle(sweep=True, full=options["full"])
            self.stdout.write(
                f"sequence {report.sequence}: {report.rendered} rendered, "
                f"{report.uploaded} uploaded, {report.deleted} deleted"
            )
            return
        self._run(options)

    def _run(self, options: dict[str, Any]) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        swept_at, failures, full = float("-inf"), 0, options["full"]
        while not stop.is_set():
            due = time.monotonic() - swept_at >= options["sweep_every"]
            try:
                close_old_connections()
                cycle(sweep=due, full=full)
            except Exception as error:
                failures += 1
                logger.exception("publishing failed (%s in a row); trying again", failures)
                self._remember(error)
            else:
                failures, full = 0, False
                swept_at = time.monotonic() if due else swept_at
            stop.wait(options["interval"] * min(2**failures, 60))

    @staticmethod
    def _remember(error: Exception) -> None:
        try:
            LogHead.objects.filter(pk=1).update(last_error=f"{type(error).__name__}: {error}")
        except Exception:
            logger.exception("could not note the failure")
