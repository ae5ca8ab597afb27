"""Taking single pages down at once: behind no build, no push and no lock.

What is to go is first written to the record that every push to the target looks at (`taken.py`),
so that no push brings it back. Then each key answers with a tombstone, copies kept of it are
forgotten, caches are told, and the target and the edge are asked whether it is gone. What is not is
in the report: to be tried again until nothing is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from static_export.errors import ExportError, TransientError
from static_export.keeping import forget
from static_export.paths import url_path
from static_export.purge import HttpPurger, Purger
from static_export.release import left_in, take_out
from static_export.remembered import Releases
from static_export.retry import persistently
from static_export.rules import GONE_PAGE, PLAIN_GONE
from static_export.state import STATE_KEY, decode_state
from static_export.taken import Taken, Withdrawal
from static_export.targets import open_target, target_name
from static_export.targets.base import ABSENT, ObjectTarget, ReleaseTarget, Target
from static_export.verify import still_seen
from static_export.watched import tombstone

# Short, for whoever calls tries again, and others wait.
ATTEMPTS = 3
PARALLEL = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What of a key can still be seen, or why nobody could look, at one `place`."""

    key: str
    place: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownReport:
    """What was done, and what anybody can still see.

    `taken` are keys that answered with something else until now, at any of the targets.
    `taken_after` is the part of `seconds` until all targets had been seen to.
    """

    targets: tuple[str, ...]
    taken: tuple[str, ...]
    purged: tuple[str, ...]
    visible: tuple[Sighting, ...]
    seconds: float
    taken_after: float


def takedown(
    *,
    targets: Iterable[str | Target],
    withdrawals: Iterable[Withdrawal],
    state: Path,
    edge: str | None = None,
    purge_url: str | None = None,
    purger: Purger | None = None,
) -> TakedownReport:
    """Make what was withdrawn answer 404 or 410, and say what is not seen to be gone.

    May be repeated; what fails at one target or with one key holds up no other. `state` is the
    folder that pushes to the targets are given; `edge`, in front of all of them, `purge_url`
    and `purger` are theirs, too.
    """
    started = time.monotonic()
    targets, withdrawals = tuple(targets), tuple(withdrawals)
    keys = tuple(sorted({key for one in withdrawals for key in one.keys}))
    courses = [_Course(place=str(getattr(target, "name", target))) for target in targets]

    def visit(target: str | Target, course: _Course) -> None:
        with course.attempt(keys):
            _visit(target, withdrawals, keys, state, course)

    with ThreadPoolExecutor(max_workers=max(1, len(courses))) as pool:
        list(pool.map(visit, targets, courses))
    taken_after = time.monotonic() - started
    sys.audit("policetube.step", "takedown.taken")
    cache = _Course(place=purge_url or "caches")
    purged: tuple[str, ...] = ()
    # Not before all mirrors are done: a cache would ask the last of them.
    if purge_url or purger:
        with (
            cache.attempt(keys),
            closing(HttpPurger(purge_url)) if purge_url else nullcontext(purger) as told,
        ):
            purged = told.purge(map(url_path, keys)) if told else ()
        sys.audit("policetube.step", "takedown.purged")
    visible = [sighting for course in (*courses, cache) for sighting in course.sightings()]
    return TakedownReport(
        targets=tuple(course.place for course in courses),
        taken=tuple(sorted({key for course in courses for key in course.taken})),
        purged=purged,
        visible=(*visible, *_at_edge(edge, keys)),
        seconds=time.monotonic() - started,
        taken_after=taken_after,
    )


@dataclass(slots=True, kw_only=True)
class _Course:
    """What happens at one place; what fails there holds up nothing that can be done without it."""

    place: str
    taken: list[str] = field(default_factory=list)
    visible: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def attempt(self, keys: Iterable[str]) -> Iterator[None]:
        """Something that must be done for all of the keys."""
        try:
            yield
        except (ExportError, TransientError) as error:
            self.visible = dict.fromkeys(keys, str(error)) | self.visible

    def sightings(self) -> Iterator[Sighting]:
        for key, seen in sorted(self.visible.items()):
            yield Sighting(key=key, place=self.place, seen=seen)


def _visit(
    target: str | Target,
    withdrawals: tuple[Withdrawal, ...],
    keys: tuple[str, ...],
    state: Path,
    course: _Course,
) -> None:
    """Do at one target what has to be done there, and look whether it was."""
    place = open_target(target) if isinstance(target, str) else target
    taken = Taken.of(place.name, state)
    with closing(place):
        with course.attempt(keys):
            taken.add(withdrawals)
            sys.audit("policetube.step", "takedown.recorded")
        with course.attempt(keys):
            if isinstance(place, ReleaseTarget):
                known = Releases(state, place.name)
                course.taken += sorted(take_out(place, frozenset(keys), _go_on, known))
                course.visible |= left_in(place, frozenset(keys))
            else:
                _bury(place, keys, taken, course)
        if not isinstance(place, ReleaseTarget):
            with course.attempt(keys):
                _forget(place, keys)


def still_up(
    *, targets: Iterable[str | Target], keys: Iterable[str], edge: str | None = None
) -> tuple[Sighting, ...]:
    """Only look whether keys are down, by a tombstone or by nothing at all; touches nothing."""
    targets, keys = tuple(targets), tuple(sorted(keys))
    courses = [_Course(place=str(getattr(target, "name", target))) for target in targets]

    def visit(target: str | Target, course: _Course) -> None:
        with course.attempt(keys):
            place = open_target(target) if isinstance(target, str) else target
            with closing(place):
                if isinstance(place, ReleaseTarget):
                    course.visible |= left_in(place, frozenset(keys))
                else:
                    course.visible |= _unburied(place, keys)

    with ThreadPoolExecutor(max_workers=max(1, len(courses))) as pool:
        list(pool.map(visit, targets, courses))
    visible = [sighting for course in courses for sighting in course.sightings()]
    return (*visible, *_at_edge(edge, keys))


def unsettled(*, targets: Iterable[str], epoch: str, sequence: int, state: Path) -> bool:
    """Whether anything is down that a build with this identity would put right, once pushed."""
    return any(
        entry.is_known_to(epoch, sequence)
        for target in targets
        for entry in Taken.of(target_name(target), state).entries().values()
    )


def unnumbered(*, state: Path) -> frozenset[str]:
    """Marks of withdrawals on record that have no number yet."""
    entries = (entry for taken in Taken.all_in(state) for entry in taken.entries().values())
    return frozenset(entry.mark for entry in entries if entry.sequence is None)


def number(numbers: Mapping[str, int], *, state: Path) -> None:
    """Note the numbers that withdrawals have been given, by mark: so a build can know of them."""
    for taken in Taken.all_in(state):
        taken.number(numbers)
        sys.audit("policetube.step", "takedown.numbered")


def _at_edge(edge: str | None, keys: Iterable[str]) -> Iterator[Sighting]:
    if edge:
        for key, answer in still_seen(edge, keys).items():
            yield Sighting(key=key, place=edge, seen=answer)


class _Undertaker:
    """Compares keys of a target with its tombstone."""

    def __init__(self, place: ObjectTarget) -> None:
        where = f"{place.name}/{GONE_PAGE}"
        read = persistently(lambda: place.read_state(GONE_PAGE), where, attempts=ATTEMPTS)
        self._place, self._body = place, read or PLAIN_GONE

    def compare(self, key: str) -> str | None:
        """What is there instead of the tombstone; None if it is it."""
        gone = tombstone(key)
        return persistently(lambda: self._place.compare(gone, self._body), key, attempts=ATTEMPTS)

    def put(self, key: str) -> None:
        gone = tombstone(key)
        persistently(lambda: self._place.put(gone, self._body), key, attempts=ATTEMPTS)


def _bury(place: ObjectTarget, keys: Iterable[str], taken: Taken, course: _Course) -> None:
    """Put a tombstone at each key and read it back."""
    undertaker = _Undertaker(place)

    def bury(key: str) -> tuple[str, bool, str | None]:
        try:
            with taken.closed(key):
                if undertaker.compare(key) is None:
                    return key, False, None
                undertaker.put(key)
            sys.audit("policetube.step", "takedown.put")
            return key, True, undertaker.compare(key)
        except ExportError as error:
            return key, False, str(error)

    with ThreadPoolExecutor(max_workers=min(PARALLEL, place.parallel)) as pool:
        for key, is_new, problem in pool.map(bury, keys):
            if is_new:
                course.taken.append(key)
            if problem:
                course.visible[key] = problem


def _forget(place: ObjectTarget, keys: Iterable[str]) -> None:
    """Delete what is kept of earlier releases; the next push looks for what mentions them."""
    where = f"{place.name}/{STATE_KEY}"
    data = persistently(lambda: place.read_state(STATE_KEY), where, attempts=ATTEMPTS)
    forget(place, decode_state(data, place.name), keys)


def _unburied(place: ObjectTarget, keys: Iterable[str]) -> dict[str, str]:
    """Keys for which something else than the tombstone answers, and what."""
    undertaker = _Undertaker(place)

    def look(key: str) -> tuple[str, str | None]:
        try:
            return key, undertaker.compare(key)
        except ExportError as error:
            return key, str(error)

    with ThreadPoolExecutor(max_workers=min(PARALLEL, place.parallel)) as pool:
        return {key: seen for key, seen in pool.map(look, keys) if seen not in (None, ABSENT)}


def _go_on() -> None:
    """No lock is held that could be lost."""
