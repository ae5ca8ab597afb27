"""An earlier release at a target of objects, and which of its files may become public again."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from static_export import kept
from static_export.at_hand import AtHand
from static_export.errors import ExportError
from static_export.keeping import note_of
from static_export.kept import Release
from static_export.live import items_kept
from static_export.manifest import Artifact, Item, Root, ShardRef
from static_export.paths import object_key, url_path
from static_export.retry import persistently
from static_export.state import State
from static_export.targets.base import ObjectTarget

# The number of what no release has kept: no withdrawal has seen to it.
NEWEST = sys.maxsize


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A release of the past, as far as it differs from the live one; `kept_of` by key.

    `kept_of`: the number of the release that a file was kept of. `left`: what no target has kept,
    for a build had it. `cleaned`: of a page that was withdrawn, the number up to which nothing that
    is kept mentions it any more.
    """

    release: Release
    built_with: str
    items: Mapping[str, Item]
    shards: frozenset[str]
    kept_of: Mapping[str, int]
    left: frozenset[str]
    cleaned: Mapping[str, int]

    def place(self, key: str) -> str | None:
        """Where the target keeps a file, if it does."""
        return None if key in self.left else kept.place(self.kept_of[key], key)


def past_release(target: ObjectTarget, state: State, live: Root, sequence: int) -> Past:
    """Read what the target remembers of the latest release of a sequence.

    Raises `unknown-release`, `foreign-epoch` or `damaged-state`.
    """
    found = [release for release in state.releases if release.sequence == sequence]
    if not found:
        known = ", ".join(str(release.sequence) for release in state.releases) or "none"
        raise ExportError(
            "unknown-release",
            f"{target.name} keeps no release of change {sequence}. It keeps those of: {known}.",
        )
    release = found[-1]
    if release.epoch != live.epoch:
        raise ExportError(
            "foreign-epoch",
            f"The release of change {sequence} at {target.name} is one of another database: push "
            "a build instead.",
        )
    shards: dict[str, tuple[ShardRef, str]] = {}
    kept_of: dict[str, int] = {}
    cleaned: dict[str, int] = {}
    built_with, touched, gone, left = live.built_with, set[str](), set[str](), set[str]()
    # From the newest back: what an older note says goes over it.
    for number in sorted(
        (one.number for one in state.releases if one.number >= release.number), reverse=True
    ):
        note = note_of(target, number)
        for ref in note.shards:
            shards[ref.name] = (ref, kept.shard_place(number, ref.name))
        for name in note.added:
            shards.pop(name, None)
        touched |= {*(ref.name for ref in note.shards), *note.added}
        gone |= {*note.forgotten, *note.dropped}
        kept_of |= dict.fromkeys(note.keys, number)
        left = (left - set(note.keys) - set(note.lost)) | set(note.left)
        for key in gone.union(note.lost, note.left):
            kept_of.pop(key, None)
        cleaned = dict.fromkeys(note.forgotten, number) | cleaned
        built_with = note.built_with
    return Past(
        release=release,
        built_with=built_with,
        items=items_kept(target, shards.values()),
        shards=frozenset(touched),
        kept_of=kept_of,
        left=frozenset(left - gone),
        # Of those that are still to be looked for, anything may mention any.
        cleaned={key: at for key, at in cleaned.items() if key not in state.losing},
    )


def chosen_files(
    target: ObjectTarget,
    past: Past,
    live: Mapping[str, Item],
    without: tuple[str, ...],
    begun: frozenset[str],
    at_hand: AtHand,
) -> dict[str, Artifact]:
    """Files that become again what they were.

    What a push that did not end has begun to withdraw is forgotten already: it stays away. Raises
    `unknown-release` where bytes were left to a build that is not at hand.
    """
    chosen: dict[str, Artifact] = {}
    hidden = Hidden({needle for path in without for needle in kept.mentions(path)})
    for key, old in past.items.items():
        now = live.get(key)
        if not isinstance(old, Artifact) or old == now:
            continue
        if old.group == "page" and not isinstance(now, Artifact):
            hidden.hide(kept.mentions(url_path(key)), after=past.cleaned.get(key, 0))
        elif old.group == "listing" and not isinstance(now, Artifact):
            hidden.hide([url_path(key).encode()])
        elif isinstance(now, Artifact) or old.group == "asset":
            if key in past.left:
                chosen[key] = old
            elif key in past.kept_of:
                place = kept.place(past.kept_of[key], key)
                if key in begun and not persistently(lambda p=place: target.has(p), place):  # type: ignore[misc]
                    hidden.hide(kept.mentions(url_path(key)))
                else:
                    chosen[key] = old
    for path in without:
        chosen.pop(object_key(path), None)
    missing = [key for key in chosen if key in past.left and not at_hand.holds(chosen[key])]
    if missing:
        raise ExportError(
            "unknown-release",
            f"{target.name} keeps no bytes of {len(missing)} files of change "
            f"{past.release.sequence}, the first of them {missing[0]}: they were left to its build "
            "when the site was returned from it. Push that build, or a newer one.",
        )

    def mentions(key: str) -> bool:
        place, needles = past.place(key), hidden.needles(past.kept_of.get(key, NEWEST))
        if place is None:
            data = at_hand.read(chosen[key])
        else:
            data = persistently(lambda: target.read_state(place), place) or b""
        return any(needle in data for needle in needles)

    doubtful = [key for key in chosen if hidden.needles(past.kept_of.get(key, NEWEST))]
    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        told = dict(zip(doubtful, pool.map(mentions, doubtful), strict=True))
    return {key: item for key, item in chosen.items() if not told.get(key)}


class Hidden:
    """What no file may mention that comes back: everywhere, or in what was kept after a number."""

    def __init__(self, everywhere: set[bytes]) -> None:
        self._after: dict[int, set[bytes]] = {0: everywhere}
        self._needles: dict[int, frozenset[bytes]] = {}

    def hide(self, needles: Iterable[bytes], *, after: int = 0) -> None:
        self._after.setdefault(after, set()).update(needles)
        self._needles.clear()

    def needles(self, number: int) -> frozenset[bytes]:
        """Those that a file which was kept of a release may not hold; releases begin at 1."""
        if number not in self._needles:
            found = (needles for after, needles in self._after.items() if after < number)
            self._needles[number] = frozenset().union(*found)
        return self._needles[number]
