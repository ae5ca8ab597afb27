"""Pushing a build: withdrawals, assets, pages, listings, rules, deletions, and then the state."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Protocol

from static_export.build import Build
from static_export.diff import (
    Action,
    Phase,
    Reason,
    check_identity,
    check_removals,
    plan,
    removed_keys,
)
from static_export.doubts import Doubts
from static_export.keeping import (
    everything_of,
    forget,
    keep_replaced,
    lose_mentions,
    note_release,
    restore,
)
from static_export.kept import KEEP
from static_export.lock import PushLock, local_name, push_lock
from static_export.manifest import Artifact, Gone, Item, Redirect, Root, ShardRef
from static_export.paths import url_path
from static_export.purge import HttpPurger, Purger, Watch
from static_export.release import Release, prepare_release, release
from static_export.report import Progress, PushReport, report_of, step_counter
from static_export.retired import due, retire
from static_export.retry import persistently
from static_export.rules import GONE_PAGE, PLAIN_GONE, redirect_body
from static_export.state import STATE_KEY, Intent, State, decode_shard, decode_state, shard_key
from static_export.taken import Entry, Taken
from static_export.targets import open_target
from static_export.targets.base import ObjectTarget, ReleaseTarget, Target
from static_export.verify import Bodies, BodySource, Verdict, verify_edge
from static_export.watched import Watched, tombstone

CHECKED_AT_ONCE = 200  # files that a thread reads


def push(
    *,
    dist: Path,
    target: str | Target,
    dry_run: bool = False,
    edge: str | None = None,
    allow_mass_delete: bool = False,
    state: Path | None = None,
    progress: Progress | None = None,
    accept_epoch: bool = False,
    purge_url: str | None = None,
    keep: int = KEEP,
    purger: Purger | None = None,
) -> PushReport:
    """Make `target` hold the build in `dist`; return what was done and why.

    `edge`: base URL at which changed URLs are read back. `purge_url`: base URL of a cache that
    obeys PURGE; `purger`: any other caches, which the caller closes. `state`: folder of the lock,
    `{dist}.state` by default. `keep`: how many earlier releases can be returned to. Raises
    `ExportError`; a push that failed or was killed part-way is finished by the next one.
    """
    started = time.monotonic()
    build = Build.open(dist)
    place = open_target(target) if isinstance(target, str) else target
    return carried_out(
        lambda taken: _decide(build, place, taken, accept_epoch, allow_mass_delete),
        place,
        dry_run=dry_run,
        edge=edge,
        folder=state or dist.resolve().with_name(dist.resolve().name + ".state"),
        progress=progress,
        purge_url=purge_url,
        purger=purger,
        keep=keep,
        started=started,
    )


def carried_out(
    decide: Callable[[Taken], Job | Release],
    place: Target,
    *,
    dry_run: bool,
    edge: str | None,
    folder: Path,
    progress: Progress | None,
    purge_url: str | None,
    purger: Purger | None,
    keep: int,
    started: float,
) -> PushReport:
    """Decide and do it under the lock, look at the edge, report; close the target."""
    taken = Taken.of(place.name, folder)
    with closing(place):
        if dry_run:
            job = _with_retired(decide(taken))
            return report_of(place.name, job.build.root, job.actions, started, dry_run=True)
        doubts = Doubts(folder / f"unseen-{local_name(place.name)}.json")
        with push_lock(lock_path(folder, place.name)) as lock:
            sys.audit("policetube.step", "push.locked")
            job = _with_retired(decide(taken))
            unseen = doubts.keys() if edge else frozenset()
            if job.is_done and not unseen:
                taken.drop(job.settled)
                return report_of(place.name, job.build.root, (), started)
            resumed = 0
            purged: tuple[str, ...] = ()
            watch: Watch | None = None
            if not job.is_done:
                unseen |= {action.key for action in job.actions if not action.retires}
                if edge:
                    doubts.keep(unseen)
                sys.audit("policetube.step", "push.doubted")
                with closing(HttpPurger(purge_url)) if purge_url else nullcontext(purger) as told:
                    watch = Watch(told) if told else None
                    if isinstance(job, Release):
                        resumed, purged = release(job, lock, watch, progress)
                    else:
                        resumed, purged = _carry_out(replace(job, keep=keep), lock, watch, progress)
            done = time.monotonic()
            sys.audit("policetube.step", "push.unseen")
            verdict = Verdict(right=(), wrong=())
            if edge:
                verdict = _look(job, unseen, edge, taken)
                wrong = {path for path, _ in verdict.wrong}
                doubts.keep(key for key in unseen if url_path(key) in wrong)
        return report_of(
            place.name,
            job.build.root,
            job.actions,
            started,
            resumed=resumed,
            purged=purged,
            verdict=verdict,
            uploaded_after=((watch and watch.began) or done) - started,
            purged_after=watch.ended - started if watch and watch.ended else None,
        )


def _look(job: Job | Release, unseen: frozenset[str], edge: str, taken: Taken) -> Verdict:
    """Read back what this push changed, and what an earlier one never saw right."""
    wanted = {action.key: action.item for action in job.actions if not action.retires}
    earlier = unseen - wanted.keys()
    if earlier:
        items = job.build.items()
        wanted |= {key: items.get(key) for key in earlier}
    wanted |= dict.fromkeys(taken.held(job.build.root) & wanted.keys())
    return verify_edge(wanted, edge)


def _decide(
    build: Build, place: Target, taken: Taken, accept_epoch: bool, mass_delete: bool
) -> Job | Release:
    """Read what is live and decide what to do, the way this kind of target wants it."""
    if isinstance(place, ReleaseTarget):
        return prepare_release(build, place, taken, accept_epoch, mass_delete)
    return _prepare(build, place, taken, accept_epoch, mass_delete)


def _with_retired(job: Job | Release) -> Job | Release:
    """The same job, which deletes the assets that nothing has named for long enough."""
    if isinstance(job, Release):
        return job
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
    afterwards, with the Unix time since when.
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

    @property
    def number(self) -> int:
        """Of the release that this job takes the place of."""
        return self.state.number

    @property
    def keeps(self) -> bool:
        return self.keep > 0 and self.state.live is not None

    @property
    def is_done(self) -> bool:
        """Nothing to do, and nothing left over by a push that died once its build was live."""
        if self.settled:
            return False
        state = self.state
        unchanged = state.live == self.build.root and state.intent is None
        return unchanged and not self.actions and not state.garbage and not state.expired


def _prepare(
    build: Build, target: ObjectTarget, taken: Taken, accept_epoch: bool, mass_delete: bool
) -> Job:
    """Read what is live, decide what to do, refuse what must not be done. Writes nothing."""
    data = persistently(lambda: target.read_state(STATE_KEY), f"Reading {target.name}")
    state = decode_state(data, target.name)
    for there in (state.live, state.intent):
        if there:
            check_identity(
                build.root, there.epoch, there.sequence, target.name, accept_epoch=accept_epoch
            )
    live_refs = state.live.shards if state.live else ()
    changed_live = tuple(ref for ref in live_refs if ref not in build.root.shards)
    changed_built = tuple(ref for ref in build.root.shards if ref not in live_refs)
    live = live_items(target, changed_live)
    built = build.items(changed_built)
    settled = taken.known(build.root)
    unfinished = _unfinished(build, state) | _untaken(build, settled, live, built)
    held = taken.held(build.root)
    actions = tuple(_stays_down(a, held) for a in plan(live, built, unfinished))
    actions += tuple(_renewed(build, target, actions))
    actions = tuple(sorted(actions, key=lambda action: (action.phase, action.key)))
    allowed = set(state.intent.removed) if state.intent else set()
    check_removals(
        tuple(key for key in removed_keys(actions) if key not in allowed),
        state.live.artifact_count if state.live else 0,
        allow_mass_delete=mass_delete,
    )
    _check_files(build, actions)
    bodies = Bodies(build)
    return Job(
        build=build,
        target=Watched(target, taken, build.root, bodies),
        bodies=bodies,
        state=state,
        actions=actions,
        shards=changed_built,
        taken=taken,
        settled=settled,
        first_bodies=LiveRules(target),
    )


def _check_files(build: Build, actions: Sequence[Action]) -> None:
    """Read every file that is to be put, so that no damaged one is found half-way."""
    items = [action.item for action in actions if isinstance(action.item, Artifact)]

    def check(some: Sequence[Artifact]) -> None:
        for item in some:
            build.read(item)

    some = [
        items[start : start + CHECKED_AT_ONCE] for start in range(0, len(items), CHECKED_AT_ONCE)
    ]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(check, some))


def _carry_out(
    job: Job, lock: PushLock, purger: Purger | None, progress: Progress | None
) -> tuple[int, tuple[str, ...]]:
    """Do the actions in order; return how many were done already, and the URLs purged.

    The last write makes the build the live one. What fails before it, purging included, leaves
    the intent in place, so that the next push does it again.
    """
    tell = step_counter(len(job.actions), progress)
    resumed = 0
    purged: tuple[str, ...] = ()
    persistently(job.target.prepare, f"Preparing {job.target.name}")
    if job.actions:
        intent = _intent(job, lock.token)
        _write_state(job.target, replace(job.state, intent=intent, retired=job.retired))
        sys.audit("policetube.step", "push.intended")
    for phase, group in groupby(job.actions, key=lambda action: action.phase):
        actions = tuple(group)
        resumed += _in_parallel(actions, job, lock, tell)
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
    return resumed, purged


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
                ),
            )
            expired += tuple(release.number for release in releases[: -job.keep])
            releases = releases[-job.keep :]
        gone = [action.key for action in job.actions if action.withdraws]
        if gone:
            lose_mentions(job.target, [release.number for release in releases], gone)
        list(pool.map(write, job.shards))
        lock.check()
        state = State(
            live=job.build.root,
            garbage=garbage,
            releases=releases,
            expired=expired,
            # The first one is 1.
            number=job.number + (is_noted or before is None),
            retired=job.staying,
        )
        _write_state(job.target, state)
        sys.audit("policetube.step", "push.live")
        job.taken.drop(job.settled)
        if garbage or expired:
            list(pool.map(drop, garbage))
            for number in expired:
                list(pool.map(drop, everything_of(number, job.target)))
            lock.check()
            _write_state(job.target, replace(state, garbage=(), expired=()))


def _intent(job: Job, fence: int) -> Intent:
    earlier = job.state.intent.shards if job.state.intent else ()
    return Intent(
        epoch=job.build.root.epoch,
        sequence=job.build.root.sequence,
        fence=fence,
        keys=tuple(sorted(action.key for action in job.actions)),
        removed=removed_keys(job.actions),
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


def _in_parallel(
    actions: Iterable[Action], job: Job, lock: PushLock, tell: Callable[[Action], None]
) -> int:
    """Do actions of one phase in threads, few bodies in memory at once; return how many were
    already done. The first failure stops the rest; what is running still ends."""
    resumed = running = 0
    ended: SimpleQueue[tuple[Action, Future[bool]]] = SimpleQueue()
    with ThreadPoolExecutor(max_workers=job.target.parallel) as pool:

        def collect() -> bool:
            action, future = ended.get()
            done = future.result()
            tell(action)
            return done

        for action in actions:
            lock.check()
            if running >= 2 * job.target.parallel:
                resumed += collect()
                running -= 1
            future = pool.submit(_do, action, job)
            future.add_done_callback(partial(_put_back, ended, action))
            running += 1
        while running:
            resumed += collect()
            running -= 1
    return resumed


def _put_back(
    ended: SimpleQueue[tuple[Action, Future[bool]]], action: Action, future: Future[bool]
) -> None:
    ended.put((action, future))


def _do(action: Action, job: Job) -> bool:
    """Do one action; True if an unfinished push had done it already."""
    if job.keeps and not action.withdraws:
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
    left = action.reason in (Reason.UNFINISHED, Reason.TAKEN_DOWN)
    if left and isinstance(item, Artifact):
        same = persistently(lambda: target.compare(item, body), action.key) is None
        if same:
            return True
    persistently(lambda: target.put(item, body), action.key)
    sys.audit("policetube.step", "push.put")
    return False


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


def _renewed(build: Build, target: ObjectTarget, actions: Sequence[Action]) -> Iterator[Action]:
    """Every tombstone anew, where each is a copy of a page that another now takes the place of.

    Even those that this push puts: those that do not wait are copies of the page before.
    """
    if not target.copies_gone_page or all(action.key != GONE_PAGE for action in actions):
        return
    late = {action.key for action in actions if action.phase is Phase.RULES}
    for key, item in build.items().items():
        if isinstance(item, Gone) and key not in late:
            yield Action(phase=Phase.RULES, key=key, item=item, reason=Reason.CHANGED)


def live_items(target: ObjectTarget, refs: tuple[ShardRef, ...]) -> dict[str, Item]:
    """What the shards kept at the target say, by object key."""

    def read(ref: ShardRef) -> dict[str, Item]:
        key = shard_key(ref)
        data = persistently(lambda: target.read_state(key), key)
        return dict(decode_shard(data, ref, target.name).items)

    found: dict[str, Item] = {}
    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        for items in pool.map(read, refs):
            found |= items
    return found


def _unfinished(build: Build, state: State) -> dict[str, Item | None]:
    """What the keys of a push that did not end must be now."""
    if state.intent is None:
        return {}
    built = build.items()
    return {key: built.get(key) for key in state.intent.keys}


def _untaken(
    build: Build, settled: Mapping[str, Entry], live: Mapping[str, Item], built: Mapping[str, Item]
) -> dict[str, Item | None]:
    """What keys must be that were taken down before this build was made.

    What went is in a shard that changed; only if it went and came back just as it was, or never was
    there, all of the manifest is read.
    """
    if settled.keys() - live.keys() - built.keys():
        built = build.items()
    return {key: built.get(key) for key in settled}


def _stays_down(action: Action, held: frozenset[str]) -> Action:
    """What this build does not know to be down stays so, whatever it holds there."""
    if action.key not in held or isinstance(action.item, Gone | None):
        return action
    return Action(
        phase=Phase.WITHDRAWALS,
        key=action.key,
        item=tombstone(action.key),
        reason=Reason.TAKEN_DOWN,
    )


def _write_state(target: ObjectTarget, state: State) -> None:
    _persist(target, STATE_KEY, state.encoded())


def _persist(target: ObjectTarget, key: str, data: bytes) -> None:
    persistently(lambda: target.write_state(key, data), f"Writing {key} to {target.name}")


def lock_path(folder: Path, target: str) -> Path:
    """Where the lock of a target lies."""
    return folder / f"push-{local_name(target)}.lock"
