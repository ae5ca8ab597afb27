"""Keep the public site at the present: withdraw, promote, number, build, push."""

from __future__ import annotations

import logging
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from cms.health.interface import Pulse
from cms.publishing import tallies
from cms.publishing.checks import insist_on_own_keys
from cms.publishing.leaving import Leaving
from cms.publishing.media import Patience
from cms.publishing.models import LogHead
from cms.publishing.pipeline import cycle
from cms.publishing.sweep import Rounds, glance

logger = logging.getLogger("cms.publishing")

NAP = 0.25  # seconds
# However large the site: comparing takes at most a fiftieth of the time of this worker, for which
# editors wait. The takedown worker compares more often.
REST = 49


class Command(BaseCommand):
    help = "Publish what changed, again and again; --once for a single cycle."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="One cycle with a sweep, then end.")
        parser.add_argument("--full", action="store_true", help="Render every page again.")
        parser.add_argument("--interval", type=float, default=0.5, help="Seconds between looks.")
        parser.add_argument(
            "--sweep-every",
            type=float,
            default=5,
            help="Seconds between two comparisons of the whole site, done inside the database.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        insist_on_own_keys()
        if options["once"]:
            self._once(full=options["full"])
        else:
            self._run(options)

    def _once(self, *, full: bool) -> None:
        reports = [cycle(sweep=True, full=full)]
        while reports[-1].did_something and not reports[-1].failures:
            reports.append(cycle())
        self.stdout.write(
            f"sequence {reports[-1].sequence}: "
            f"{sum(report.rendered for report in reports)} rendered, "
            f"{sum(report.uploaded for report in reports)} uploaded, "
            f"{sum(report.deleted for report in reports)} deleted"
        )
        if failures := reports[-1].failures:
            raise CommandError("; ".join(failures))

    def _run(self, options: dict[str, Any]) -> None:
        asked_to_stop = False

        def stop(*_: object) -> None:
            # A flag and short naps: a handler that takes the lock its own thread waits on hangs.
            nonlocal asked_to_stop
            asked_to_stop = True

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        with Pulse("publish-worker") as pulse:
            self._publish(options, pulse, lambda: asked_to_stop)

    def _publish(
        self, options: dict[str, Any], pulse: Pulse, asked_to_stop: Callable[[], bool]
    ) -> None:
        swept_at, failures, full = float("-inf"), 0, options["full"]
        rounds, rest = Rounds(), 0.0
        patience, leaving = Patience(), Leaving()
        while not asked_to_stop():
            due = time.monotonic() - swept_at >= max(options["sweep_every"], rest)
            pause = options["interval"]
            try:
                close_old_connections()
                if due:
                    rest = REST * self._compare(rounds)
                    leaving.every()
                with pulse.doing("publishing"):
                    report = cycle(full=full, patience=patience, leaving=leaving)
            except Exception as error:
                failures += 1
                logger.exception("publishing failed (%s in a row); trying again", failures)
                self._remember(f"{type(error).__name__}: {error}")
                pause *= min(2**failures, 60)
            else:
                failures, full = 0, False
                swept_at = time.monotonic() if due else swept_at
                if report.failures:
                    self._remember("; ".join(report.failures))
                pause = 0 if report.promoted or report.files_wait else pause
            wake_at = time.monotonic() + pause
            while not asked_to_stop() and (left := wake_at - time.monotonic()) > 0:
                time.sleep(min(left, NAP))

    @staticmethod
    def _compare(rounds: Rounds) -> float:
        """All of the site at a glance, a part of it field by field; seconds it took.

        A failure is logged and holds nothing up: what signals told goes out all the same.
        """
        begun = time.monotonic()
        for compare in (glance, rounds.turn):
            try:
                compare()
            except Exception:
                logger.exception("comparing the site failed; it is tried again")
        return time.monotonic() - begun

    @staticmethod
    def _remember(problem: str) -> None:
        try:
            LogHead.objects.filter(pk=1).update(last_error=problem)
            tallies.count({"failures": 1})
        except Exception:
            logger.exception("could not note the failure")
