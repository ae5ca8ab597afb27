"""Back to an earlier release: bytes that the target keeps, minus all that is not public now.

A rollback is a new release. Pages that have been withdrawn or moved since stay as they are, and so
does every file that mentions one of them, or a list that is no more; pages that are new since then
stay, too. Nothing that the target has is sent. The next push of a build goes on from there as from
any other release.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from static_export import kept
from static_export.at_hand import AtHand
from static_export.carrying import Work, carried_out
from static_export.diff import GROUP_PHASE, Action, Phase, Reason
from static_export.errors import ExportError
from static_export.job import Job, LiveRules, with_retired
from static_export.keeping import is_there
from static_export.kept import KEEP
from static_export.live import live_items
from static_export.manifest import Artifact, Gone, Item, Root, Shard, ShardRef, encode_shard
from static_export.past import Past, chosen_files, past_release
from static_export.paths import url_path
from static_export.purge import Purger
from static_export.release_back import prepare_return
from static_export.remembered import Releases
from static_export.report import Progress, PushReport
from static_export.retry import persistently
from static_export.state import STATE_KEY, State, decode_shard, decode_state, shard_key
from static_export.taken import Taken
from static_export.targets import open_target
from static_export.targets.base import ObjectTarget, ReleaseTarget, Target
from static_export.watched import Watched


def rollback(
    *,
    target: str | Target,
    sequence: int,
    state: Path,
    without: Iterable[str] = (),
    dry_run: bool = False,
    edge: str | None = None,
    progress: Progress | None = None,
    purge_url: str | None = None,
    purger: Purger | None = None,
    keep: int = KEEP,
    dist: Path | None = None,
) -> PushReport:
    """Return to the latest kept release of a sequence; say what was done and why.

    `without`: URL paths of pages that must stay as they are now, with all that mentions them:
    what was corrected since. `dist`: a build that is at hand, mostly the one that is live; of what
    it holds the target makes no copies, so that only who has it can return to what is left. The
    rest is as for `push`. Raises `ExportError`; a rollback that was killed part-way is finished by
    the next one, or overtaken by the next push.
    """
    started = time.monotonic()
    place = open_target(target) if isinstance(target, str) else target
    hidden = tuple(without)

    def decide(taken: Taken) -> Work:
        if isinstance(place, ReleaseTarget):
            known = Releases(state, place.name)
            return prepare_return(place, known, sequence, hidden, taken)
        return _decide(place, sequence, hidden, taken, AtHand(dist))

    return carried_out(
        decide,
        place,
        dry_run=dry_run,
        edge=edge,
        folder=state,
        progress=progress,
        purge_url=purge_url,
        purger=purger,
        keep=keep,
        started=started,
    )


def kept_releases(target: ObjectTarget) -> State:
    """What a target remembers of the live release and of those before."""
    data = persistently(lambda: target.read_state(STATE_KEY), f"Reading {target.name}")
    return decode_state(data, target.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What the target shall hold: the live release with some files of the past."""

    root: Root
    target: ObjectTarget
    changed: Mapping[str, bytes] = field(repr=False)

    def shard_bytes(self, ref: ShardRef) -> bytes:
        return self.changed[ref.name]

    def items(self) -> dict[str, Item]:
        """Everything; shards that are as they were are read from the target."""
        found: dict[str, Item] = {}
        for ref in self.root.shards:
            data = self.changed.get(ref.name) or self.target.read_state(shard_key(ref))
            found |= decode_shard(data, ref, self.target.name).items
        return found


def _decide(
    target: ObjectTarget, sequence: int, without: tuple[str, ...], taken: Taken, at_hand: AtHand
) -> Job:
    """Read what was and what is; decide what to do. Writes nothing."""
    state = kept_releases(target)
    if state.live is None:
        raise ExportError("unknown-release", f"{target.name} holds no site yet: push one.")
    past = past_release(target, state, state.live, sequence)
    lost = _lost(target, state)
    lost_from = {ref for ref, _ in lost.values()}
    refs = tuple(r for r in state.live.shards if r.name in past.shards or r in lost_from)
    live = live_items(target, refs)
    # What was taken down is not public, either, whatever the live manifest says of it.
    down = tuple(sorted(map(url_path, {*taken.entries(), *lost})))
    begun = frozenset(state.intent.keys) if state.intent else frozenset()
    chosen = chosen_files(target, past, live, (*without, *down), begun, at_hand)
    gone = {key: Gone(path=url_path(key)) for key in lost}
    changed = _with({**chosen, **gone}, refs, target)
    names = {ref.name: ref for ref in changed}
    root = Root(
        epoch=state.live.epoch,
        sequence=state.live.sequence,
        built_with=past.built_with if chosen else state.live.built_with,
        shards=tuple(names.get(ref.name, ref) for ref in state.live.shards),
    )
    bodies = _BodiesAtHand(target, at_hand)
    actions = [*_returns(chosen, past, live, state)]
    actions += _mended(target, state, {**chosen, **gone}, at_hand)
    actions += [_tombstone(key, item) for key, (_, item) in lost.items()]
    job = Job(
        build=Returned(root=root, target=target, changed={r.name: d for r, d in changed.items()}),
        target=Watched(target, taken, root, bodies),
        bodies=bodies,
        first_bodies=bodies,
        taken=taken,
        settled={},
        state=state,
        actions=tuple(sorted(actions, key=lambda action: (action.phase, action.key))),
        shards=tuple(changed),
        left=frozenset(_left(chosen, live, state, at_hand)),
    )
    return with_retired(job)


def _lost(target: ObjectTarget, state: State) -> dict[str, tuple[ShardRef, Artifact]]:
    """What a push that did not end has withdrawn or moved; its shard, and what it was.

    Nothing is kept of that, so it cannot be had back: it stays away until the next build says.
    """
    if state.intent is None or state.live is None or not state.intent.withdrawn:
        return {}
    wanted, found = set(state.intent.withdrawn), dict[str, tuple[ShardRef, Artifact]]()
    for ref in state.live.shards:
        items = live_items(target, [ref])
        for key in wanted & items.keys():
            item = items[key]
            if isinstance(item, Artifact) and not is_there(item, target):
                found[key] = ref, item
    return found


def _tombstone(key: str, item: Artifact) -> Action:
    return Action(
        phase=Phase.WITHDRAWALS,
        key=key,
        item=Gone(path=url_path(key)),
        reason=Reason.UNFINISHED,
        removes_content=True,
        replaces=item,
        is_unfinished=True,
    )


def _with(
    chosen: Mapping[str, Item], refs: tuple[ShardRef, ...], target: ObjectTarget
) -> dict[ShardRef, bytes]:
    """The shards that the chosen files and tombstones change, with their bytes."""
    found: dict[ShardRef, bytes] = {}
    left = dict(chosen)
    for ref in refs:
        data = persistently(lambda r=ref: target.read_state(shard_key(r)), ref.name)  # type: ignore[misc]
        items = dict(decode_shard(data, ref, target.name).items)
        own = {key: item for key, item in left.items() if key in items}
        if ref.name == "assets":
            own |= {
                key: item
                for key, item in left.items()
                if isinstance(item, Artifact) and item.group == "asset"
            }
        if not own:
            continue
        for key in own:
            del left[key]
        content = encode_shard(Shard(name=ref.name, items=items | own))
        count = sum(isinstance(item, Artifact) for item in (items | own).values())
        sha256 = hashlib.sha256(content).hexdigest()
        found[ShardRef(name=ref.name, path=ref.path, sha256=sha256, count=count)] = content
    if left:
        raise ExportError(
            "damaged-state",
            f"No shard at {target.name} speaks of {next(iter(left))}: push a build instead.",
        )
    return found


def _returns(
    chosen: Mapping[str, Artifact], past: Past, live: Mapping[str, Item], state: State
) -> Iterator[Action]:
    begun = set(state.intent.keys) if state.intent else set()
    for key, item in chosen.items():
        now = live.get(key)
        yield Action(
            phase=GROUP_PHASE[item.group],
            key=key,
            item=item,
            reason=Reason.EARLIER,
            replaces=now if isinstance(now, Artifact) else None,
            is_unfinished=key in begun,
            place=past.place(key),
        )


def _left(
    chosen: Mapping[str, Artifact], live: Mapping[str, Item], state: State, at_hand: AtHand
) -> Iterator[str]:
    """What is replaced and of which no copy is made.

    Of what a push that did not end had begun one may be made already: it is seen to as by a push.
    """
    begun = set(state.intent.keys).difference(state.intent.left) if state.intent else ()
    for key in chosen:
        now = live.get(key)
        if isinstance(now, Artifact) and key not in begun and at_hand.holds(now):
            yield key


def _mended(
    target: ObjectTarget, state: State, chosen: Mapping[str, Item], at_hand: AtHand
) -> Iterator[Action]:
    """What a push or rollback that did not end may have changed goes back to what is live."""
    if state.intent is None or state.live is None:
        return
    live = live_items(target, state.live.shards)
    for key in state.intent.keys:
        if key in chosen:
            continue
        now = live.get(key)
        if isinstance(now, Artifact):
            place = kept.place(state.number, key)
            phase = GROUP_PHASE[now.group]
            if persistently(lambda p=place: target.has(p), place):  # type: ignore[misc]
                yield Action(phase=phase, key=key, item=now, reason=Reason.EARLIER, place=place)
            elif key in state.intent.left and not is_there(now, target):
                if not at_hand.holds(now):
                    raise ExportError(
                        "unfinished",
                        f"A return at {target.name} to an earlier change did not end, and what it "
                        "replaced was left to a build that is not at hand any more. Return to "
                        "that change again, or push a build.",
                    )
                yield Action(phase=phase, key=key, item=now, reason=Reason.UNFINISHED)
        else:
            phase = Phase.RULES if now else Phase.DELETIONS
            yield Action(phase=phase, key=key, item=now, reason=Reason.UNFINISHED)


class _BodiesAtHand(LiveRules):
    """Bodies of rules as the target makes them, and those of files that a build has at hand."""

    def __init__(self, target: ObjectTarget, at_hand: AtHand) -> None:
        super().__init__(target)
        self._at_hand = at_hand

    def of(self, item: Item) -> bytes:
        return self._at_hand.read(item) if isinstance(item, Artifact) else super().of(item)
