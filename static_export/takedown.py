"""Taking single pages down at once: behind no build, no push and no lock.

What is to go is first written to the record that every push to the target looks at (`taken.py`),
so that no push brings it back. Then each key answers with a tombstone, copies kept of it are
forgotten, caches are told, and the target and the edge are asked whether it is gone. What is not is
in the report: to be tried again until nothing is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from static_export.errors import ExportError
from static_export.manifest import Gone
from static_export.paths import url_path
from static_export.purge import HttpPurger
from static_export.release import left_in, take_out
from static_export.report import Explained
from static_export.retry import persistently
from static_export.rules import GONE_PAGE, plain_gone_body
from static_export.taken import Taken, Withdrawal
from static_export.targets import open_target
from static_export.targets.base import KeepsCopies, ObjectTarget, ReleaseTarget, Target
from static_export.verify import still_seen
from static_export.watched import tombstone

# Short, for whoever calls tries again, and others wait.
ATTEMPTS = 3
PARALLEL = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownReport:
    """What was done at one target, and what anybody can still see.

    `taken` are keys that answered with something else until now. `visible` pairs keys with what was
    seen instead of nothing, or why nobody could look. `taken_after` is the part of `seconds` until
    the target had its tombstones.
    """

    target: str
    taken: tuple[str, ...]
    purged: tuple[str, ...]
    visible: Explained
    seconds: float
    taken_after: float


@dataclass(slots=True, kw_only=True)
class _Course:
    """How far it has come; what fails holds up nothing that can be done without it."""

    keys: tuple[str, ...]
    started: float = field(default_factory=time.monotonic)
    taken: list[str] = field(default_factory=list)
    purged: tuple[str, ...] = ()
    visible: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Something that must be done for every key."""
        try:
            yield
        except ExportError as error:
            self.visible = dict.fromkeys(self.keys, str(error)) | self.visible


def takedown(
    *,
    target: str | Target,
    withdrawals: Iterable[Withdrawal],
    state: Path,
    edge: str | None = None,
    purge_url: str | None = None,
) -> TakedownReport:
    """Make what was withdrawn answer 404 or 410, and say what is not seen to be gone.

    May be repeated. `state` is the folder that pushes to the target are given; `edge` and
    `purge_url` are theirs, too. Raises `ExportError` if there is no such target, or if the record
    cannot be written.
    """
    withdrawals = tuple(withdrawals)
    course = _Course(keys=tuple(sorted({key for one in withdrawals for key in one.keys})))
    place = open_target(target) if isinstance(target, str) else target
    taken = Taken.of(place.name, state)
    with closing(place):
        taken.add(withdrawals)
        sys.audit("policetube.step", "takedown.recorded")
        with course.attempt():
            if isinstance(place, ReleaseTarget):
                course.taken += sorted(take_out(place, frozenset(course.keys), _go_on))
            else:
                _bury(place, taken, course)
        with course.attempt():
            if isinstance(place, KeepsCopies):
                place.forget(course.keys)
        taken_after = time.monotonic() - course.started
        sys.audit("policetube.step", "takedown.taken")
        if purge_url:
            with course.attempt(), closing(HttpPurger(purge_url)) as purger:
                course.purged = purger.purge(map(url_path, course.keys))
            sys.audit("policetube.step", "takedown.purged")
        with course.attempt():
            if isinstance(place, ReleaseTarget):
                course.visible |= left_in(place, frozenset(course.keys))
        if edge:
            course.visible |= still_seen(edge, course.keys)
    return TakedownReport(
        target=place.name,
        taken=tuple(sorted(course.taken)),
        purged=course.purged,
        visible=tuple(sorted(course.visible.items())),
        seconds=time.monotonic() - course.started,
        taken_after=taken_after,
    )


def number(*, withdrawals: Iterable[Withdrawal], state: Path) -> None:
    """Note the numbers that withdrawals have been given, so that a build can know of them."""
    withdrawals = tuple(withdrawals)
    for taken in Taken.all_in(state):
        taken.number(withdrawals)
        sys.audit("policetube.step", "takedown.numbered")


def _bury(place: ObjectTarget, taken: Taken, course: _Course) -> None:
    """Put a tombstone at each key and read it back."""
    where = f"{place.name}/{GONE_PAGE}"
    read = persistently(lambda: place.read_state(GONE_PAGE), where, attempts=ATTEMPTS)
    body = read or plain_gone_body()

    def compare(gone: Gone) -> str | None:
        return persistently(lambda: place.compare(gone, body), gone.key, attempts=ATTEMPTS)

    def bury(key: str) -> tuple[str, bool, str | None]:
        gone = tombstone(key)
        try:
            with taken.closed(key):
                if compare(gone) is None:
                    return key, False, None
                persistently(lambda: place.put(gone, body), key, attempts=ATTEMPTS)
            sys.audit("policetube.step", "takedown.put")
            return key, True, compare(gone)
        except ExportError as error:
            return key, False, str(error)

    with ThreadPoolExecutor(max_workers=min(PARALLEL, place.parallel)) as pool:
        for key, is_new, problem in pool.map(bury, course.keys):
            if is_new:
                course.taken.append(key)
            if problem:
                course.visible[key] = problem


def _go_on() -> None:
    """No lock is held that could be lost."""
