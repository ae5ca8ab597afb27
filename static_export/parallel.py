"""Actions of one phase, many at once: in threads, or begun one after the other and awaited."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue

from static_export.diff import Action, Phase
from static_export.errors import ExportError
from static_export.lock import PushLock
from static_export.manifest import Artifact
from static_export.targets.base import Pending

# Actions that are ended rather than interrupted, and phases that may have many more.
FEW = 1000
MANY = frozenset({Phase.NEW_PAGES, Phase.NEW_LISTINGS, Phase.PAGES, Phase.LISTINGS})
# Most that a thread is given at once, and of how many portions each thread gets a share at least.
BATCH, FEW_BATCHES = 8, 8
# Batches that have begun while the first of them is waited for.
AHEAD = 4
Batch = tuple[Action, ...]


class MoreUrgentError(Exception):
    """Something else is more urgent than to go on."""


@dataclass(slots=True, kw_only=True)
class Course:
    """How far a push has come: actions that are left, and what was put, with its hash.

    `tell` is told of each action that was done, `interrupt` whether to go on.
    """

    left: int
    lock: PushLock
    tell: Callable[[Action], None]
    interrupt: Callable[[], bool] | None
    done: dict[str, str] = field(default_factory=dict)

    def passed(self, action: Action) -> None:
        self.left -= 1
        if isinstance(action.item, Artifact):
            self.done[action.key] = action.item.sha256
        self.tell(action)

    def should_end(self, action: Action) -> bool:
        """Not for the few that are left, nor before anything that others wait for."""
        may_end = self.interrupt is not None and self.left > FEW and action.phase in MANY
        return may_end and bool(self.interrupt and self.interrupt())


def in_threads(actions: Batch, do: Callable[[Action], bool], parallel: int, course: Course) -> int:
    """Do actions, few bodies in memory at once; return for how many `do` said so.

    The first failure stops the rest; what is running still ends. Threads are given a few actions
    at a time where there are many: handing over costs more than what is done around a put.
    """
    said = running = 0
    ended: SimpleQueue[tuple[Batch, Future[int]]] = SimpleQueue()
    size = max(1, min(BATCH, len(actions) // (FEW_BATCHES * parallel)))

    def do_all(batch: Batch) -> int:
        return sum(map(do, batch))

    with ThreadPoolExecutor(max_workers=parallel) as pool:

        def collect() -> int:
            batch, future = ended.get()
            found = future.result()
            for action in batch:
                course.passed(action)
            return found

        for batch in batches(actions, size):
            course.lock.glance()
            if course.should_end(batch[0]):
                while running:
                    collect()
                    running -= 1
                raise MoreUrgentError
            if running >= 2 * parallel:
                said += collect()
                running -= 1
            future = pool.submit(do_all, batch)
            future.add_done_callback(partial(_put_back, ended, batch))
            running += 1
        while running:
            said += collect()
            running -= 1
    return said


def _put_back(
    ended: SimpleQueue[tuple[Batch, Future[int]]], batch: Batch, future: Future[int]
) -> None:
    ended.put((batch, future))


def in_stream(
    some: Iterable[Batch],
    begin: Callable[[Batch], Pending],
    course: Course,
    *,
    noted: Callable[[], None],
    again: Callable[[Batch], None],
) -> None:
    """Begin batch after batch without waiting for those ahead, as many as `AHEAD`.

    What fails, and may do better, goes to `again` before anything else begins: there it is tried
    with pauses. `noted` is called after each success.
    """
    running: deque[tuple[Batch, Pending]] = deque()
    failed: list[Action] = []

    def collect() -> None:
        batch, pending = running.popleft()
        for action, failure in zip(batch, pending(), strict=True):
            if failure is None:
                noted()
                course.passed(action)
            elif isinstance(failure, ExportError | InterruptedError):
                raise failure
            else:
                failed.append(action)

    def settle() -> None:
        while running:
            collect()
        if failed:
            again(tuple(failed))
            failed.clear()

    try:
        for batch in some:
            course.lock.glance()
            if course.should_end(batch[0]):
                settle()
                raise MoreUrgentError
            if len(running) >= AHEAD:
                collect()
            if failed:
                settle()
            running.append((batch, begin(batch)))
        settle()
    finally:
        # Whatever made it end: what has begun is waited for.
        for _, pending in running:
            with suppress(Exception):
                pending()


@contextmanager
def rarely_collected(count: int) -> Iterator[None]:
    """Keep what many actions are made of from being searched for garbage again and again."""
    if count > FEW:
        gc.freeze()
    try:
        yield
    finally:
        if count > FEW:
            gc.unfreeze()


def batches(actions: Batch, size: int) -> Iterator[Batch]:
    """Actions in portions, in order."""
    return (actions[start : start + size] for start in range(0, len(actions), size))
