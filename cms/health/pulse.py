"""Signs of life that a process gives while it runs, whatever it is at."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import close_old_connections, connections
from django.utils import timezone

from cms import turns
from cms.health.models import Heartbeat

logger = logging.getLogger(__name__)

EVERY = 10.0  # seconds
# Whoever was not heard of for so long is not coming back under that number.
FORGOTTEN = timedelta(days=1)


class Pulse:
    """A thread that tells the database now and then that this process lives."""

    def __init__(self, role: str) -> None:
        host, pid = socket.gethostname()[:80], os.getpid()
        self.row = Heartbeat(
            name=f"{role}@{host}:{pid}", role=role, host=host, pid=pid, began_at=timezone.now()
        )
        self._doing: tuple[str, datetime | None] = ("", None)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pulse of {role}", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join(timeout=5)

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Say with the next sign what goes on during the block."""
        self._doing = (what, timezone.now())
        try:
            yield
        finally:
            self._doing = ("", None)

    def _run(self) -> None:
        try:
            while True:
                self._attempt(self._beat)
                if self._done.wait(EVERY):
                    break
            self._attempt(lambda: Heartbeat.objects.filter(pk=self.row.pk).delete())
        finally:
            connections.close_all()

    def _beat(self) -> None:
        self.row.at = timezone.now()
        self.row.doing, self.row.doing_since = self._doing
        with turns.briefly(2.0):
            self.row.save()

    @staticmethod
    def _attempt(act: Callable[[], object]) -> None:
        """A sign that could not be given is missed, and nothing else."""
        try:
            close_old_connections()
            act()
        except Exception as error:  # noqa: BLE001 - the work goes on without it
            logger.info("no sign of life could be given: %s", error)


def forget_silent() -> int:
    """Delete what killed processes left behind long ago; how many there were."""
    return Heartbeat.objects.filter(at__lt=timezone.now() - FORGOTTEN).delete()[0]
