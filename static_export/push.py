"""Pushing a build: withdrawals, assets, pages, listings, rules, deletions, and then the state."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

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
from static_export.lock import PushLock, push_lock
from static_export.manifest import Artifact, Item, ShardRef
from static_export.paths import url_path
from static_export.purge import HttpPurger, Purger, Watch
from static_export.release import Release, prepare_release, release
from static_export.report import Progress, PushReport, report_of, step_counter
from static_export.retry import persistently
from static_export.state import STATE_KEY, Intent, State, decode_shard, decode_state, shard_key
from static_export.targets import open_target
from static_export.targets.base import ObjectTarget, ReleaseTarget, Target
from static_export.verify import Bodies, Verdict, verify_edge


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
    purger: Purger | None = None,
) -> PushReport:
    """Make `target` hold the build in `dist`; return what was done and why.

    `edge`: base URL at which changed URLs are read back. `purge_url`: base URL of a cache that
    obeys PURGE; `purger`: any other caches, which the caller closes. `state`: folder of the lock,
    `{dist}.state` by default. Raises `ExportError`; a push that failed or was killed part-way is
    finished by the next one.
    """
    started = time.monotonic()
    build = Build.open(dist)
    place = open_target(target) if isinstance(target, str) else target
    folder = state or dist.resolve().with_name(dist.resolve().name + ".state")
    with closing(place):
        if dry_run:
            actions = _decide(build, place, accept_epoch, allow_mass_delete).actions
            return report_of(place.name, build.root, actions, started, dry_run=True)
        doubts = Doubts(folder / f"unseen-{_file_name(place.name)}.json")
        with push_lock(folder / f"push-{_file_name(place.name)}.lock") as lock:
            sys.audit("policetube.step", "push.locked")
            job = _decide(build, place, accept_epoch, allow_mass_delete)
            unseen = doubts.keys() if edge else frozenset()
            if job.is_done and not unseen:
                return report_of(place.name, build.root, (), started)
            resumed = 0
            purged: tuple[str, ...] = ()
            watch: Watch | None = None
            if not job.is_done:
                unseen |= {action.key for action in job.actions}
                if edge:
                    doubts.keep(unseen)
                sys.audit("policetube.step", "push.doubted")
                with closing(HttpPurger(purge_url)) if purge_url else nullcontext(purger) as told:
                    watch = Watch(told) if told else None
                    if isinstance(job, Release):
                        resumed, purged = release(job, lock, watch, progress)
                    else:
                        resumed, purged = _carry_out(job, lock, watch, progress)
            done = time.monotonic()
            sys.audit("policetube.step", "push.unseen")
            verdict = Verdict(right=(), wrong=())
            if edge:
                verdict = _look(job, unseen, build, edge)
                wrong = {path for path, _ in verdict.wrong}
                doubts.keep(key for key in unseen if url_path(key) in wrong)
        return report_of(
            place.name,
            build.root,
            job.actions,
            started,
            resumed=resumed,
            purged=purged,
            verdict=verdict,
            uploaded_after=((watch and watch.began) or done) - started,
            purged_after=watch.ended - started if watch and watch.ended else None,
        )


def _look(job: Job | Release, unseen: frozenset[str], build: Build, edge: str) -> Verdict:
    """Read back what this push changed, and what an earlier one never saw right."""
    wanted = {action.key: action.item for action in job.actions}
    earlier = unseen - wanted.keys()
    if earlier:
        items = build.items()
        wanted |= {key: items.get(key) for key in earlier}
    return verify_edge(wanted, Bodies(build), edge)


def _decide(build: Build, place: Target, accept_epoch: bool, mass_delete: bool) -> Job | Release:
    """Read what is live and decide what to do, the way this kind of target wants it."""
    if isinstance(place, ReleaseTarget):
        return prepare_release(build, place, accept_epoch, mass_delete)
    return _prepare(build, place, accept_epoch, mass_delete)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One build, one target, and the decision what to do."""

    build: Build
    target: ObjectTarget
    bodies: Bodies
    state: State
    actions: tuple[Action, ...]
    shards: tuple[ShardRef, ...]

    @property
    def is_done(self) -> bool:
        return self.state.live == self.build.root and self.state.intent is None


def _prepare(build: Build, target: ObjectTarget, accept_epoch: bool, mass_delete: bool) -> Job:
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
    live = _live_items(target, changed_live)
    built = build.items(changed_built)
    actions = plan(live, built, _unfinished(build, state))
    allowed = set(state.intent.removed) if state.intent else set()
    check_removals(
        tuple(key for key in removed_keys(actions) if key not in allowed),
        state.live.artifact_count if state.live else 0,
        allow_mass_delete=mass_delete,
    )
    bodies = Bodies(build)
    for action in actions:
        if isinstance(action.item, Artifact):
            build.read(action.item)
    return Job(
        build=build,
        target=target,
        bodies=bodies,
        state=state,
        actions=actions,
        shards=changed_built,
    )


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
        _write_state(job.target, replace(job.state, intent=_intent(job, lock.token)))
        sys.audit("policetube.step", "push.intended")
    for phase, group in groupby(job.actions, key=lambda action: action.phase):
        actions = tuple(group)
        resumed += _in_parallel(actions, job, lock, tell)
        if purger and phase is Phase.WITHDRAWALS:
            purged += purger.purge(url_path(action.key) for action in actions)
            sys.audit("policetube.step", "push.withdrawn")
    if purger:
        later = (a for a in job.actions if a.phase is not Phase.WITHDRAWALS)
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
    with ThreadPoolExecutor(max_workers=job.target.parallel) as pool:
        list(pool.map(write, job.shards))
        lock.check()
        _write_state(job.target, State(live=job.build.root, garbage=garbage))
        sys.audit("policetube.step", "push.live")
        if garbage:
            list(pool.map(drop, garbage))
            lock.check()
            _write_state(job.target, State(live=job.build.root))


def _intent(job: Job, fence: int) -> Intent:
    earlier = job.state.intent.shards if job.state.intent else ()
    return Intent(
        epoch=job.build.root.epoch,
        sequence=job.build.root.sequence,
        fence=fence,
        keys=tuple(sorted(action.key for action in job.actions)),
        removed=removed_keys(job.actions),
        shards=tuple(sorted({*earlier, *(shard_key(ref) for ref in job.shards)})),
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
    resumed = 0
    running: dict[Future[bool], Action] = {}
    with ThreadPoolExecutor(max_workers=job.target.parallel) as pool:

        def collect(futures: Iterable[Future[bool]]) -> int:
            found = 0
            for future in futures:
                action = running.pop(future)
                found += future.result()
                tell(action)
            return found

        for action in actions:
            lock.check()
            if len(running) >= 2 * job.target.parallel:
                resumed += collect(wait(running, return_when=FIRST_COMPLETED).done)
            running[pool.submit(_do, action, job)] = action
        resumed += collect(list(running))
    return resumed


def _do(action: Action, job: Job) -> bool:
    """Do one action; True if an unfinished push had done it already."""
    target, item = job.target, action.item
    if item is None:
        persistently(lambda: target.delete(action.key), action.key)
        sys.audit("policetube.step", "push.deleted")
        return False
    body = job.bodies.of(item)
    if action.reason is Reason.UNFINISHED:
        same = persistently(lambda: target.compare(item, body), action.key) is None
        if same:
            return True
    persistently(lambda: target.put(item, body), action.key)
    sys.audit("policetube.step", "push.put")
    return False


def _live_items(target: ObjectTarget, refs: tuple[ShardRef, ...]) -> dict[str, Item]:
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


def _write_state(target: ObjectTarget, state: State) -> None:
    _persist(target, STATE_KEY, state.encoded())


def _persist(target: ObjectTarget, key: str, data: bytes) -> None:
    persistently(lambda: target.write_state(key, data), f"Writing {key} to {target.name}")


def _file_name(target: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", target)[-120:].strip("-")
