"""Pushing a build: withdrawals, assets, pages, listings, rules, deletions, and then the state."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from static_export.build import Build
from static_export.carrying import Work, carried_out
from static_export.diff import (
    Action,
    Phase,
    Reason,
    check_identity,
    check_removals,
    plan,
    removed_keys,
)
from static_export.errors import ExportError
from static_export.job import Job, LiveRules, with_retired
from static_export.kept import KEEP
from static_export.live import live_items
from static_export.manifest import Artifact, Gone, Item
from static_export.purge import Purger
from static_export.release import prepare_release
from static_export.report import Progress, PushReport
from static_export.retry import persistently
from static_export.rules import GONE_PAGE
from static_export.state import STATE_KEY, State, decode_state
from static_export.taken import Entry, Taken
from static_export.targets import open_target
from static_export.targets.base import ObjectTarget, ReleaseTarget, Target
from static_export.verify import Bodies
from static_export.watched import Watched, tombstone


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
    draft: bool = False,
    first: Collection[str] = (),
    interrupt: Callable[[], bool] | None = None,
) -> PushReport:
    """Make `target` hold the build in `dist`; return what was done and why.

    `edge`: base URL at which changed URLs are read back. `purge_url`: base URL of a cache that
    obeys PURGE; `purger`: any other caches, which the caller closes. `state`: folder of the lock,
    `{dist}.state` by default. `keep`: how many earlier releases can be returned to. `draft`: only
    show it, at an address of its own that the report gives; for targets that can. `interrupt` is
    asked now and then while many files are put, and ends that with the code `interrupted` if it
    says so; the push after that puts listings that are among the keys `first` before the many that
    are left. Raises `ExportError`; a push that failed or was killed part-way is finished by the
    next one.
    """
    started = time.monotonic()
    build = Build.open(dist)
    place = open_target(target) if isinstance(target, str) else target
    if draft and not isinstance(place, ReleaseTarget):
        place.close()
        raise ExportError(
            "bad-target", f"{place.name} has no drafts: push to a folder or prefix of its own."
        )
    return carried_out(
        lambda taken: _decide(
            build, place, taken, accept_epoch, allow_mass_delete, draft, frozenset(first)
        ),
        place,
        dry_run=dry_run,
        # What only some may see is not what the public edge shows.
        edge=None if draft else edge,
        folder=state or dist.resolve().with_name(dist.resolve().name + ".state"),
        progress=progress,
        purge_url=purge_url,
        purger=purger,
        keep=keep,
        started=started,
        interrupt=interrupt,
    )


def _decide(
    build: Build,
    place: Target,
    taken: Taken,
    accept_epoch: bool,
    mass_delete: bool,
    draft: bool,
    first: frozenset[str],
) -> Work:
    """Read what is live and decide what to do, the way this kind of target wants it."""
    if isinstance(place, ReleaseTarget):
        return prepare_release(build, place, taken, accept_epoch, mass_delete, draft)
    return _prepare(build, place, taken, accept_epoch, mass_delete, first)


def _prepare(
    build: Build,
    target: ObjectTarget,
    taken: Taken,
    accept_epoch: bool,
    mass_delete: bool,
    first: frozenset[str],
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
    same = {*live_refs} & {*build.root.shards}
    changed_live = tuple(ref for ref in live_refs if ref not in same)
    changed_built = tuple(ref for ref in build.root.shards if ref not in same)
    live = live_items(target, changed_live)
    built = build.items(changed_built)
    settled = taken.known(build.root)
    unfinished = _unfinished(build, state) | _untaken(build, settled, live, built)
    held = taken.held(build.root)
    actions = tuple(_stays_down(a, held) for a in plan(live, built, unfinished))
    actions += tuple(_renewed(build, target, actions))
    if state.intent:
        # What was taken down since is not as it was put.
        done = {key: sha for key, sha in state.intent.done.items() if key not in {*held, *settled}}
        actions = tuple(_resumed(action, done, first) for action in actions)
    actions = tuple(sorted(actions, key=lambda action: (action.phase, action.key)))
    allowed = set(state.intent.removed) if state.intent else set()
    check_removals(
        tuple(key for key in removed_keys(actions) if key not in allowed),
        state.live.artifact_count if state.live else 0,
        allow_mass_delete=mass_delete,
    )
    _check_files(build, actions)
    bodies = Bodies(build)
    job = Job(
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
    return with_retired(job)


def _check_files(build: Build, actions: Sequence[Action]) -> None:
    """Read every file that is to be put, so that no damaged one is found half-way.

    In one thread: several would wait longer for Python's lock than for a disk.
    """
    for action in actions:
        if isinstance(action.item, Artifact):
            build.read(action.item)


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


def _resumed(action: Action, done: Mapping[str, str], first: frozenset[str]) -> Action:
    """After a push that was interrupted: what is done is not looked at again, and what it was
    interrupted for comes before the rest."""
    item = action.item
    if isinstance(item, Artifact) and done.get(action.key) == item.sha256:
        return replace(action, is_settled=True)
    if action.phase is Phase.LISTINGS and action.key in first:
        return replace(action, phase=Phase.URGENT_LISTINGS)
    return action


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
