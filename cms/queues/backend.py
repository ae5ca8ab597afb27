"""Tasks through RQ, without its weaknesses: a server that is down loses no work and no request."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, cast

import django_rq
from django.db import transaction
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.signals import task_enqueued
from django_tasks.utils import get_random_id
from django_tasks_rq import Job, RQBackend
from django_tasks_rq.backend import failed_callback, success_callback
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Callback
from rq.queue import Queue
from rq.serializers import JSONSerializer

logger = logging.getLogger(__name__)

DAY = 24 * 60 * 60
# What ended is of use to whoever looks for a fault, for a while.
KEEP_RESULT = DAY
KEEP_FAILURE = 7 * DAY


class ValkeyBackend(RQBackend):
    """Hands tasks over after commit, so that a worker finds the rows they speak of.

    While the server is down, tasks of the queues in OPTIONS `FOUND_AGAIN` are left to the sweep
    that finds their rows; all others are done at once, by the process that asked.
    """

    # That would need a scheduler process; nothing here asks for it.
    supports_defer = False

    def enqueue(self, task: Task, args: Any, kwargs: Any) -> TaskResult:
        self.validate_task(task)
        result: TaskResult = TaskResult(
            task=task,
            id=get_random_id(),
            status=TaskResultStatus.READY,
            enqueued_at=None,
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        transaction.on_commit(partial(self._hand_over, result), robust=True)
        return result

    def waiting(self, task: Task) -> list[list[Any]] | None:
        """Arguments of this task's calls that no worker has taken yet; None if nobody can say."""
        try:
            jobs = _queue(task).get_jobs()
        except RedisError as error:
            logger.warning("the queue cannot be looked into: %s", error)
            return None
        return [list(job.args) for job in jobs if job.func_name == task.module_path]

    def _hand_over(self, result: TaskResult) -> None:
        try:
            _push(result)
        except RedisError as error:
            self._do_without(result.task, result, error)
        else:
            task_enqueued.send(type(self), task_result=result)

    def _do_without(self, task: Task, result: TaskResult, error: RedisError) -> None:
        if task.queue_name in self.options.get("FOUND_AGAIN", ()):
            logger.warning("%s%r waits for the sweep: %s", task.name, tuple(result.args), error)
            return
        logger.warning("%s is done at once, for the queue is down: %s", task.name, error)
        at_once = ImmediateBackend(self.alias, {"QUEUES": list(self.queues)})
        at_once.enqueue(task, result.args, result.kwargs)

    def _get_job(self, result_id: str) -> Job | None:
        try:
            found = Job.fetch(
                result_id, connection=django_rq.get_connection(), serializer=JSONSerializer
            )
            return cast(Job, found)
        except NoSuchJobError:
            return None


def _queue(task: Task) -> Queue:
    return django_rq.get_queue(task.queue_name, job_class=Job)


def _push(result: TaskResult) -> None:
    queue = _queue(result.task)
    job = queue.create_job(
        result.task.module_path,
        args=list(result.args),
        kwargs=dict(result.kwargs),
        job_id=result.id,
        result_ttl=KEEP_RESULT,
        failure_ttl=KEEP_FAILURE,
        on_failure=Callback(failed_callback),
        on_success=Callback(success_callback),
        meta={"backend_name": result.backend},
    )
    pushed = queue.enqueue_job(job)
    object.__setattr__(result, "enqueued_at", pushed.enqueued_at)
