"""A worker of RQ that runs tasks in this process, outlives its server and ends when asked."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import django_rq
from django.db import close_old_connections
from django_tasks_rq import Job as TaskJob
from redis.exceptions import RedisError
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.worker import BaseWorker, WorkerStatus
from rq.worker.base import StopRequested

from cms.queues.errors import QueueError

logger = logging.getLogger(__name__)

LONGEST_WAIT = 5.0  # seconds between two tries to reach the server
NAP = 0.25


class InProcessWorker(BaseWorker):
    """Runs each job where the signal arrives, so that work under way can give itself back."""

    max_connection_wait_time = LONGEST_WAIT
    on_stop: Callable[[], None] = staticmethod(lambda: None)
    stopped = False

    def execute_job(self, job: Job, queue: Queue) -> None:
        # From here on a signal waits for the job to end.
        self.set_state(WorkerStatus.BUSY)
        close_old_connections()
        execution = self.prepare_execution(job)
        with self._heart(job, execution):
            self.perform_job(job, queue, execution)
        close_old_connections()
        self.set_state(WorkerStatus.IDLE)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Sets flags only: RQ's own asks the server, from a handler that may interrupt asking."""
        self.stopped = self._stop_requested = True
        self.on_stop()
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    @contextmanager
    def _heart(self, job: Job, execution: Execution) -> Iterator[None]:
        """Else another worker's tidying takes a long job for a dead worker's."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(self.job_monitoring_interval):
                try:
                    self.maintain_heartbeats(job, execution)
                except RedisError as error:
                    logger.warning("no sign of life could be given: %s", error)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def work(*queues: str, batch: bool, on_stop: Callable[[], None]) -> None:
    """Do what waits until told to stop; a server that is away is waited for."""
    worker: InProcessWorker | None = None
    wait = NAP
    while worker is None or not worker.stopped:
        try:
            worker = _worker(queues, on_stop)
            worker.work(burst=batch)
            if batch or worker.stopped:
                return
            logger.warning("the queue went away, it is asked again")
            time.sleep(wait)
        except StopRequested:
            # Told so while it waited for the server.
            return
        except RedisError as error:
            if batch:
                raise QueueError(
                    "queue-down", f"The queue at QUEUE_URL does not answer: {error}. Start it."
                ) from error
            logger.warning("the queue is down, it is asked again: %s", error)
            with suppress(StopRequested):
                time.sleep(wait)
        wait = min(LONGEST_WAIT, wait * 2)


def _worker(names: tuple[str, ...], on_stop: Callable[[], None]) -> InProcessWorker:
    queues = [django_rq.get_queue(name, job_class=TaskJob) for name in names]
    worker = InProcessWorker(
        queues,
        connection=queues[0].connection,
        job_class=TaskJob,
        queue_class=type(queues[0]),
        serializer=queues[0].serializer,
        log_job_description=False,
    )
    worker.on_stop = on_stop
    return worker
