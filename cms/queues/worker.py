"""One loop for a role, whichever queue wakes it: one task at a time, in this very process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import FrameType

from django.utils.crypto import get_random_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, task_backends
from django_tasks_db import DatabaseBackend
from django_tasks_db.management.commands import db_worker

from cms.queues.errors import QueueError

logger = logging.getLogger(__name__)


def work(
    *queues: str,
    batch: bool = False,
    interval: float = 1.0,
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Do what waits in `queues` until SIGTERM or SIGINT; with `batch`, until nothing waits.

    The first signal calls `on_stop`, from the handler, and ends the process after the task that is
    under way.
    """
    backend = task_backends[DEFAULT_TASK_BACKEND_ALIAS]
    if isinstance(backend, DatabaseBackend):
        worker = _DatabaseWorker(
            queue_names=list(queues),
            interval=interval,
            batch=batch,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.on_stop = on_stop
        worker.configure_signals()
        worker.run()
    elif hasattr(backend, "waiting"):
        from cms.queues import valkey_worker

        valkey_worker.work(*queues, batch=batch, on_stop=on_stop)
    else:
        raise QueueError(
            "no-queue",
            f"{type(backend).__name__} keeps no queue that a worker could take from. Use a profile "
            "whose TASKS is the database's queue, or set QUEUE_URL.",
        )


class _DatabaseWorker(db_worker.Worker):
    on_stop: Callable[[], None] = staticmethod(lambda: None)

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        self.on_stop()
        super().shutdown(signum, frame)
