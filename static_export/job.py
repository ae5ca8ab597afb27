"""The work of a push to a target of objects: actions in order, and then the state."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from threading import Lock
from typing import Protocol

from static_export.carrying import Done, Means
from static_export.diff import Action, Phase, Reason, removed_keys
from static_export.errors import ExportError
from static_export.keeping import (
    clear,
    forget,
    keep_replaced,
    lose_mentions,
    note_release,
    restore,
)
from static_export.kept import KEEP
from static_export.lock import PushLock
from static_export.manifest import Artifact, Item, Redirect, Root, ShardRef
from static_export.parallel import (
    Batch,
    Course,
    MoreUrgentError,
    batches,
    in_stream,
    in_threads,
    rarely_collected,
)
from static_export.paths import url_path
from static_export.report import step_counter
from static_export.retired import due, retire
from static_export.retry import persistently
from static_export.rules import GONE_PAGE, PLAIN_GONE, redirect_body
from static_export.state import STATE_KEY, Intent, State, shard_key
from static_export.taken import Entry, Taken
from static_export.targets.base import ObjectTarget, Pending
from static_export.verify import BodySource

# Bytes of a file from which on it is put by itself.
SMALL = 256 * 1024
# Why an action may have been done already.
LEFT = frozenset({Reason.UNFINISHED, Reason.TAKEN_DOWN})


class Source(Protocol):
    """What a target shall hold: a build, or an earlier release."""

    @property
    def root(self) -> Root: ...

    def shard_bytes(self, ref: ShardRef) -> bytes:
        """The bytes of one of its shards."""
        ...

    def items(self) -> Mapping[str, Item]:
        """All of it, by object key."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One source, one target, and the decision what to do.

    `settled` was taken down because of changes that this build contains: the push makes it right.
    `first_bodies` are those of withdrawals, which come before all that the others name.
    `retired` are assets that nothing names while it is done, `staying` those that are there
    afterwards, with the Unix time since when. Of `left` no copy is made: a build at hand has the
    same bytes.
    """

    build: Source
    target: ObjectTarget
    bodies: BodySource
    state: State
    actions: tuple[Action, ...]
    shards: tuple[ShardRef, ...]
    taken: Taken
    settled: Mapping[str, Entry]
    first_bodies: BodySource
    keep: int = KEEP
    retired: Mapping[str, float] = field(default_factory=dict)
    staying: Mapping[str, float] = field(default_factory=dict)
    left: frozenset[str] = frozenset()

    @property
    def root(self) -> Root:
        return self.build.root

    def items(self) -> Mapping[str, Item]:
        """All of it, by object key."""
        return self.build.items()

    def carry_out(self, means: Means) -> Done:
        """Do the actions in order; the last write makes the build the live one."""
        return _carry_out(replace(self, keep=means.keep), means)

    @property
    def number(self) -> int:
        """Of the release that this job takes the place of."""
        return self.state.number

    @property
    def keeps(self) -> bool:
        return self.keep > 0 and self.state.live is not None

    @property
    def all_left(self) -> frozenset[str]:
        """`left`, and what a rollback that did not end had left to a build."""
        return self.left.union(self.state.intent.left if self.state.intent else ())

    @property
    def is_done(self) -> bool:
        """Nothing to do, and nothing left over by a push that died once its build was live."""
        if self.settled:
            return False
        state = self.state
        unchanged = state.live == self.build.root and state.intent is None
        left_over = state.garbage or state.expired or (state.losing and state.is_surveyable)
        return unchanged and not self.actions and not left_over


def with_retired(job: Job) -> Job:
    """The same job, which deletes the assets that nothing has named for long enough."""
    now = time.time()
    retired = retire(job.actions, job.state.retired, now)
    # Never what this push itself retires: its copy for a rollback is made meanwhile.
    deletions = due({key: since for key, since in job.state.retired.items() if key in retired}, now)
    deleted = {action.key for action in deletions}
    actions = (*job.actions, *deletions)
    return replace(
        job,
        actions=tuple(sorted(actions, key=lambda action: (action.phase, action.key))),
        retired=retired,
        staying={key: since for key, since in retired.items() if key not in deleted},
    )


def _carry_out(job: Job, means: Means) -> Done:
    """What fails before the last write, purging included, leaves the intent in place, so that the
    next push does it again.
    """
    lock, purger = means.lock, means.purger
    resumed = 0
    purged: tuple[str, ...] = ()
    persistently(job.target.prepare, f"Preparing {job.target.name}")
    if job.actions:
        intent = _intent(job, lock.token)
        _write_state(job.target, replace(job.state, intent=intent, retired=job.retired))
        sys.audit("policetube.step", "push.intended")
    course = Course(
        left=len(job.actions),
        lock=lock,
        tell=step_counter(len(job.actions), means.progress),
        interrupt=means.interrupt,
    )
    for phase, group in groupby(job.actions, key=lambda action: action.phase):
        actions = tuple(group)
        try:
            with rarely_collected(len(actions)):
                resumed += _carry_out_phase(actions, job, course)
        except MoreUrgentError:
            begun = replace(_intent(job, lock.token), done=course.done)
            _write_state(job.target, replace(job.state, intent=begun, retired=job.retired))
            raise ExportError(
                "interrupted",
                f"{job.target.name}: {course.left} of {len(job.actions)} actions are left for the "
                "next push, before which something more urgent is to be built. Push again.",
            ) from None
        if purger and phase is Phase.WITHDRAWALS:
            purged += purger.purge(url_path(action.key) for action in actions)
            sys.audit("policetube.step", "push.withdrawn")
    if purger:
        later = (
            action
            for action in job.actions
            if action.phase is not Phase.WITHDRAWALS and not action.retires
        )
        purged += purger.purge(url_path(action.key) for action in later)
        sys.audit("policetube.step", "push.purged")
    _make_live(job, lock)
    return Done(resumed=resumed, purged=purged)


def _make_live(job: Job, lock: PushLock) -> None:
    """Store the changed shards beside the old ones, switch, then drop the old ones."""

    def write(ref: ShardRef) -> None:
        lock.check()
        _persist(job.target, shard_key(ref), job.build.shard_bytes(ref))
        sys.audit("policetube.step", "push.sharded")

    def drop(key: str) -> None:
        persistently(lambda: job.target.delete_state(key), key)
        sys.audit("policetube.step", "push.dropped")

    garbage = _garbage(job)
    before = job.state.live
    with ThreadPoolExecutor(max_workers=job.target.parallel) as pool:
        releases, expired = job.state.releases, job.state.expired
        changes = [action for action in job.actions if action.reason is not Reason.RETIRED]
        is_noted = before is not None and job.keeps and bool(changes or job.shards)
        if before and is_noted:
            releases += (
                note_release(
                    *(job.target, job.number, before, job.build.root),
                    actions=job.actions,
                    check=lock.check,
                    dropped=job.state.intent.withdrawn if job.state.intent else (),
                    left=job.all_left,
                ),
            )
            expired += tuple(release.number for release in releases[: -job.keep])
            releases = releases[-job.keep :]
        gone = {action.key for action in job.actions if action.withdraws}
        list(pool.map(write, job.shards))
        lock.check()
        state = State(
            live=job.build.root,
            garbage=garbage,
            releases=releases,
            expired=expired,
            # Not before it is live: until then what is kept may have to come back.
            losing=tuple(sorted(gone.union(job.state.losing))),
            # The first one is 1.
            number=job.number + (is_noted or before is None),
            retired=job.staying,
        )
        _write_state(job.target, state)
        sys.audit("policetube.step", "push.live")
        job.taken.drop(job.settled)
        lost = state.losing if state.is_surveyable else ()
        if garbage or expired or lost:
            if lost:
                kept_ones = [release.number for release in releases]
                lose_mentions(job.target, kept_ones, lost)
            list(pool.map(drop, garbage))
            # The rest of a large one goes with the next pushes.
            old = tuple(number for number in expired if not clear(number, job.target, drop))
            lock.check()
            left = state.losing if not lost else ()
            _write_state(job.target, replace(state, garbage=(), expired=old, losing=left))


def _intent(job: Job, fence: int) -> Intent:
    earlier = job.state.intent.shards if job.state.intent else ()
    withdrawn = {action.key for action in job.actions if action.withdraws}
    if job.state.intent:
        withdrawn.update(job.state.intent.withdrawn)
    return Intent(
        epoch=job.build.root.epoch,
        sequence=job.build.root.sequence,
        fence=fence,
        keys=tuple(sorted(action.key for action in job.actions)),
        removed=removed_keys(job.actions),
        withdrawn=tuple(sorted(withdrawn)),
        left=tuple(sorted(job.all_left)),
        shards=tuple(sorted({*earlier, *(shard_key(ref) for ref in job.shards)})),
        number=job.number,
    )


def _garbage(job: Job) -> tuple[str, ...]:
    """Shards kept at the target that the new root does not name."""
    kept = set(job.state.garbage)
    if job.state.live:
        kept |= {shard_key(ref) for ref in job.state.live.shards}
    if job.state.intent:
        kept |= set(job.state.intent.shards)
    return tuple(sorted(kept - {shard_key(ref) for ref in job.build.root.shards}))


def _carry_out_phase(actions: Batch, job: Job, course: Course) -> int:
    """Do all actions of one phase; return how many were done already by a push that did not end.

    What is new is put several at once where the target gains by that.
    """
    target = job.target
    new = tuple(action for action in actions if target.together > 1 and _is_new(action))
    do = partial(_do, job=job)

    def again(failed: Batch) -> None:
        in_threads(failed, do, target.parallel, course)

    in_stream(
        batches(new, target.together),
        partial(_begin, job=job),
        course,
        noted=_note_put,
        again=again,
    )
    others = actions if not new else tuple(action for action in actions if not _is_new(action))
    return in_threads(others, do, target.parallel, course)


def _is_new(action: Action) -> bool:
    """Whether an action is to put a file of moderate size where nothing is, and nothing else."""
    item = action.item
    return (
        isinstance(item, Artifact)
        and item.size <= SMALL
        and action.replaces is None
        and action.place is None
        and action.reason not in LEFT
        and not action.is_settled
    )


def _begin(batch: Batch, job: Job) -> Pending:
    items = (action.item for action in batch if isinstance(action.item, Artifact))
    puts = [(item, job.bodies.of(item)) for item in items]
    return persistently(lambda: job.target.put_all(puts), job.target.name)


def _do(action: Action, job: Job) -> bool:
    """Do one action; True if an unfinished push had done it already."""
    if action.is_settled:
        return True
    if job.keeps and not action.withdraws and action.key not in job.left:
        keep_replaced(action, job.target, job.state)
    done = _replace(action, job)
    if action.withdraws:
        forget(job.target, job.state, [action.key])
    return done


def _replace(action: Action, job: Job) -> bool:
    target, item = job.target, action.item
    if action.retires:
        return False
    if item is None:
        persistently(lambda: target.delete(action.key), action.key)
        sys.audit("policetube.step", "push.deleted")
        return False
    if action.place is not None and isinstance(item, Artifact):
        restore(item, action.place, target)
        return False
    bodies = job.first_bodies if action.phase is Phase.WITHDRAWALS else job.bodies
    body = bodies.of(item)
    # A rule is put again in any case: a disk that failed may have left another one beside it.
    if action.reason in LEFT and isinstance(item, Artifact):
        same = persistently(lambda: target.compare(item, body), action.key) is None
        if same:
            return True
    persistently(lambda: target.put(item, body), action.key)
    _note_put()
    return False


def _note_put() -> None:
    sys.audit("policetube.step", "push.put")


class LiveRules:
    """Bodies of redirects and tombstones, made of what the target itself has."""

    def __init__(self, target: ObjectTarget) -> None:
        self._target = target
        self._gone: bytes | None = None
        self._reading = Lock()

    def of(self, item: Item) -> bytes:
        """The body that answers for a rule."""
        if isinstance(item, Redirect):
            return redirect_body(item)
        with self._reading:
            if self._gone is None:
                where = f"{self._target.name}/{GONE_PAGE}"
                page = persistently(lambda: self._target.read_state(GONE_PAGE), where)
                self._gone = page or PLAIN_GONE
        return self._gone


def _write_state(target: ObjectTarget, state: State) -> None:
    _persist(target, STATE_KEY, state.encoded())


def _persist(target: ObjectTarget, key: str, data: bytes) -> None:
    persistently(lambda: target.write_state(key, data), f"Writing {key} to {target.name}")
