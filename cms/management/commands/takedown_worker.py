"""Take down what was withdrawn, at once and beside whatever else is going on."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from cms.health.interface import Pulse
from cms.publishing import takedowns
from cms.publishing.checks import insist_on_own_keys
from cms.publishing.sweep import glance

logger = logging.getLogger("cms.publishing")

# However large the site: comparing takes at most a tenth of the worker's time.
REST = 9
LONGEST_PAUSE = 30.0  # seconds


class Command(BaseCommand):
    help = (
        "Take down, verify and try again what was withdrawn, has become restricted or has expired. "
        "Runs beside publish_worker, on the same STATE_DIR, and waits for none of its work."
    )

    _stopping = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=0.25, help="Seconds between looks.")
        parser.add_argument(
            "--glance-every",
            type=float,
            default=5,
            help="Seconds between two looks for what no signal told, done inside the database.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        insist_on_own_keys()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        with Pulse("takedown-worker"):
            self._run(options)

    def _run(self, options: dict[str, Any]) -> None:
        glanced_at, rest, failures = float("-inf"), 0.0, 0
        while not self._stopping:
            pause = options["interval"]
            try:
                close_old_connections()
                takedowns.run()
                if time.monotonic() - glanced_at >= max(options["glance_every"], rest):
                    glanced_at = time.monotonic()
                    glance()
                    rest = REST * (time.monotonic() - glanced_at)
            except Exception:
                failures += 1
                logger.exception("taking down failed (%s in a row); trying again", failures)
                pause = min(pause * 2**failures, LONGEST_PAUSE)
            else:
                failures = 0
            self._nap(pause)

    def _nap(self, seconds: float) -> None:
        """In pieces, for a lock that a signal's handler may set can also dead-lock with it."""
        wake_at = time.monotonic() + seconds
        while not self._stopping and (left := wake_at - time.monotonic()) > 0:
            time.sleep(min(left, 0.25))

    def _stop(self, *_: object) -> None:
        self._stopping = True
