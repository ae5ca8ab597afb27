"""What has to happen by itself, minute by minute."""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections

from cms.editorial.upkeep import recount_children
from cms.health.interface import Pulse, forget_silent
from cms.media.interface import audit, collect_leftovers
from cms.preview.interface import forget_expired
from cms.publishing.interface import forget_pushes
from cms.queues.waiting import is_database

logger = logging.getLogger(__name__)

MINUTE = 60.0
DAY = 24 * 60 * MINUTE
NAP = 0.5
AUDITOR = "audit_media"


def publish_scheduled() -> None:
    """Publish and expire what is due; each page is told in the transaction that changes it."""
    call_command("publish_scheduled")


def reconcile() -> None:
    """Queue again what a dead worker left behind."""
    call_command("reconcile")


def recount() -> None:
    """Count the children of pages again, in case a command that died miscounted them."""
    recount_children()


def prune() -> None:
    """Forget tasks that ended long ago, sessions and drafts that ran out, receipts of last year."""
    if is_database():
        # Valkey forgets results by itself.
        call_command("prune_db_task_results", queue_name="*", verbosity=0)
    call_command("clearsessions")
    forget_expired()
    forget_pushes()
    forget_silent()


def collect() -> None:
    """Delete from storage what killed processes left and no row speaks of."""
    collect_leftovers()


def audit_media() -> None:
    """Read again what is public, for as long and as fast as the settings say."""
    audit(seconds=settings.MEDIA_AUDIT_SECONDS, rate=settings.MEDIA_AUDIT_BYTES_PER_SECOND)


def audit_beside() -> None:
    """The same beside the other duties, which are due each minute; it may be killed at any time."""

    def work() -> None:
        try:
            audit_media()
        except Exception:
            logger.exception("the audit of public media stopped; it goes on tomorrow")
        finally:
            connections.close_all()

    if all(thread.name != AUDITOR for thread in threading.enumerate()):
        threading.Thread(target=work, name=AUDITOR, daemon=True).start()


@dataclass(slots=True, kw_only=True)
class Duty:
    """Something to do every `seconds`; `due` is on the monotonic clock."""

    act: Callable[[], None]
    seconds: float
    due: float = 0.0


class Command(BaseCommand):
    help = (
        "Run scheduled publishing and `reconcile` every minute, and the daily tidying, until "
        "stopped. A duty that fails is logged and tried again at its next turn."
    )

    _stopping = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--interval",
            type=float,
            default=MINUTE,
            help="seconds between two turns (%(default)s)",
        )
        parser.add_argument("--once", action="store_true", help="do everything once and end")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        duties = (
            Duty(act=reconcile, seconds=options["interval"]),
            Duty(act=publish_scheduled, seconds=options["interval"]),
            Duty(act=recount, seconds=10 * options["interval"]),
            Duty(act=prune, seconds=DAY),
            Duty(act=collect, seconds=DAY),
            Duty(act=audit_media if options["once"] else audit_beside, seconds=DAY),
        )
        if options["once"]:
            _turn(duties)
            return
        with Pulse("clock"):
            self._run(duties)

    def _run(self, duties: tuple[Duty, ...]) -> None:
        while not self._stopping:
            _turn(duties)
            due = min(duty.due for duty in duties)
            # In naps, for a lock that a signal's handler may set can also dead-lock with it.
            while not self._stopping and time.monotonic() < due:
                time.sleep(min(NAP, max(0.0, due - time.monotonic())))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True


def _turn(duties: tuple[Duty, ...]) -> None:
    for duty in duties:
        if duty.due > time.monotonic():
            continue
        duty.due = time.monotonic() + duty.seconds
        close_old_connections()
        try:
            duty.act()
        except Exception:
            # The clock serves several masters: one that fails must not silence the others.
            logger.exception("%s failed; it is tried again", duty.act.__name__)
