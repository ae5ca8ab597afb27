"""Keeping at a target what a push replaces there, returning to it, forgetting it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from static_export import kept
from static_export.diff import Action, Reason
from static_export.errors import ExportError
from static_export.manifest import Artifact, Root, ShardRef
from static_export.paths import url_path
from static_export.retry import persistently
from static_export.state import State, shard_key
from static_export.targets.base import ObjectTarget

# Files of a release that is too old that one push deletes; publications wait for it.
CLEARED = 500


def keep_replaced(action: Action, target: ObjectTarget, state: State) -> None:
    """Keep what an action is about to replace, unless a push that did not end has done so."""
    place = kept.place(state.number, action.key)
    if action.replaces is None:
        if action.reason is Reason.UNFINISHED:
            # Kept by a push that did not end; the live release has these bytes again.
            persistently(lambda: target.delete_state(place), place)
    elif not action.is_unfinished or _is_kept_by_nobody(action.replaces, place, target):
        persistently(lambda: target.keep(action.key, place), place)
        sys.audit("policetube.step", "push.kept")


def _is_kept_by_nobody(item: Artifact, place: str, target: ObjectTarget) -> bool:
    """Whether a push that did not end has neither kept what was live nor put anything in its place.

    What it has kept is what was live; what lies there now may be its own, or nothing, where it had
    withdrawn that: then nothing is left to be kept.
    """
    return not persistently(lambda: target.has(place), place) and is_there(item, target)


def is_there(item: Artifact, target: ObjectTarget) -> bool:
    """Whether the target answers with these bytes."""
    data = persistently(lambda: target.read_state(item.key), item.key)
    return data is not None and hashlib.sha256(data).hexdigest() == item.sha256


def restore(item: Artifact, place: str, target: ObjectTarget) -> None:
    if not persistently(lambda: target.restore(item, place), item.key):
        raise ExportError(
            "damaged-state",
            f"{place} at {target.name} is missing, so {item.key} cannot be made what it was. "
            "Choose a later release.",
        )
    sys.audit("policetube.step", "push.restored")


def forget(target: ObjectTarget, state: State, keys: Iterable[str]) -> None:
    """Delete every copy of these keys that is kept of earlier releases."""
    numbers = {*(release.number for release in state.releases), *state.expired, state.number}
    places = [kept.place(number, key) for key in keys for number in sorted(numbers)]

    def drop(place: str) -> None:
        persistently(lambda: target.delete_state(place), place)

    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        list(pool.map(drop, places))
    sys.audit("policetube.step", "push.forgotten")


def note_release(
    target: ObjectTarget,
    number: int,
    before: Root,
    after: Root,
    actions: Iterable[Action],
    check: Callable[[], None],
    dropped: Iterable[str] = (),
    left: Collection[str] = (),
) -> kept.Release:
    """Note what is about to be no longer live, with its versions of the shards that differ.

    `dropped`: what a push that did not end has withdrawn, and every copy of it. `left`: of these no
    copy was made, unless one is found of what a push that did not end had begun.
    """
    replaced = [action for action in actions if action.replaces]
    keys = {action.key for action in replaced if not action.withdraws}
    doubtful = [action.key for action in replaced if action.is_unfinished and action.key in keys]
    at_hand = keys.intersection(left).difference(doubtful)

    def is_kept(key: str) -> bool:
        place = kept.place(number, key)
        return persistently(lambda: target.has(place), place)

    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        told = zip(doubtful, pool.map(is_kept, doubtful), strict=True)
        missing = {key for key, found in told if not found}
    at_hand |= missing.intersection(left)
    lost = missing - at_hand
    noted = kept.note(
        *(before, after),
        keys=keys - lost - at_hand,
        forgotten=(action.key for action in replaced if action.withdraws),
        lost=lost,
        dropped=dropped,
        left=at_hand,
    )

    def keep(ref: ShardRef) -> None:
        check()
        place = kept.shard_place(number, ref.name)
        persistently(lambda: target.keep(shard_key(ref), place), place)
        sys.audit("policetube.step", "push.shard_kept")

    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        list(pool.map(keep, noted.shards))
    where = kept.note_key(number)
    persistently(lambda: target.write_state(where, noted.encoded()), where)
    sys.audit("policetube.step", "push.noted")
    return kept.Release(
        number=number,
        epoch=before.epoch,
        sequence=before.sequence,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        artifacts=before.artifact_count,
        replaced=len(replaced),
        left=len(at_hand),
    )


def note_of(target: ObjectTarget, number: int) -> kept.Note:
    """The note of an earlier release; raise `damaged-state`."""
    where = kept.note_key(number)
    data = persistently(lambda: target.read_state(where), where)
    return kept.decode_note(data, number, target.name)


def lose_mentions(target: ObjectTarget, numbers: Iterable[int], gone: Iterable[str]) -> None:
    """Delete what is kept of earlier releases and mentions one of the keys, which are withdrawn.

    Reads everything that is kept, style sheets and scripts left out.
    """
    needles = [needle for key in gone for needle in kept.mentions(url_path(key))]

    def mention(place: str) -> bool:
        data = persistently(lambda: target.read_state(place), place) or b""
        return any(needle in data for needle in needles)

    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        for number in numbers:
            note = note_of(target, number)
            keys = [key for key in note.keys if not key.startswith("assets/")]
            places = [kept.place(number, key) for key in keys]
            found = {
                key: place
                for key, place, told in zip(keys, places, pool.map(mention, places), strict=True)
                if told
            }
            if not found:
                continue
            left = replace(
                note,
                keys=tuple(key for key in note.keys if key not in found),
                lost=tuple(sorted({*note.lost, *found})),
            )
            where = kept.note_key(number)
            persistently(partial(target.write_state, where, left.encoded()), where)
            sys.audit("policetube.step", "push.lost")
            for place in found.values():
                persistently(partial(target.delete_state, place), place)


def clear(number: int, target: ObjectTarget, drop: Callable[[str], None]) -> bool:
    """Let `drop` delete what is kept of a release, `CLEARED` files at most; whether all is gone.

    The note says what is left: it is written anew after the files have gone, and goes last.
    """
    where = kept.note_key(number)
    data = persistently(lambda: target.read_state(where), where)
    if data is None:
        return True
    noted = kept.decode_note(data, number, target.name)

    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        list(pool.map(drop, [kept.place(number, key) for key in noted.keys[:CLEARED]]))
        if len(noted.keys) > CLEARED:
            left = replace(noted, keys=noted.keys[CLEARED:]).encoded()
            persistently(lambda: target.write_state(where, left), where)
            return False
        list(pool.map(drop, [kept.shard_place(number, ref.name) for ref in noted.shards]))
    drop(where)
    return True


def everything_of(number: int, target: ObjectTarget) -> list[str]:
    """Everything that is kept of a release, its note last."""
    where = kept.note_key(number)
    data = persistently(lambda: target.read_state(where), where)
    if data is None:
        return []
    noted = kept.decode_note(data, number, target.name)
    return [
        *(kept.place(number, key) for key in noted.keys),
        *(kept.shard_place(number, ref.name) for ref in noted.shards),
        where,
    ]
