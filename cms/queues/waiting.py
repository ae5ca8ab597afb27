"""A look into whichever queue is in use."""

from __future__ import annotations

from typing import Any

from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, TaskResultStatus, task_backends
from django_tasks.base import Task
from django_tasks_db import DatabaseBackend
from django_tasks_db.models import DBTaskResult


def is_database(alias: str = DEFAULT_TASK_BACKEND_ALIAS) -> bool:
    """Whether the queue is a table."""
    return isinstance(task_backends[alias], DatabaseBackend)


def waiting(task: Task) -> list[list[Any]] | None:
    """Arguments of this task's calls that no worker has taken yet; None if nobody can say."""
    if is_database(task.backend):
        rows = DBTaskResult.objects.filter(
            status=TaskResultStatus.READY, task_path=task.module_path
        )
        return [row["args"] for row in rows.values_list("args_kwargs", flat=True)]
    look = getattr(task_backends[task.backend], "waiting", None)
    return look(task) if look else None
