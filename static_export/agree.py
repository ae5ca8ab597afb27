"""Do mirrors hold the same? By their own manifests, which is cheap; by every byte, if asked to.

A mirror's root names its shards by hash, so mirrors of one root hold one manifest; of others only
the shards that differ are read. All are compared with the mirror that is furthest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from static_export.errors import ExportError
from static_export.live import live_items
from static_export.manifest import Artifact, Item, Redirect, Root, ShardRef
from static_export.release import MARK
from static_export.retry import persistently
from static_export.rules import redirect_body
from static_export.state import STATE_KEY, decode_state
from static_export.targets.base import ObjectTarget, ReleaseTarget, Target
from static_export.verify import Bodies, Verdict, verify_edge

# Enough to see that an edge shows another release.
SHARDS_SEEN, ITEMS_SEEN = 10, 3
LINES = 20
Differences = Mapping[str, str]
"""Object keys, and in what way each is not as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one mirror holds.

    `mark` tells manifests apart. `unfinished` is the change of a push that has not ended, `problem`
    says why nothing is known.
    """

    name: str
    epoch: str = ""
    sequence: int = -1
    mark: str = ""
    root: Root | None = None
    unfinished: int | None = None
    differs: Differences | None = None
    problem: str = ""

    @property
    def is_right(self) -> bool:
        return not self.problem and self.unfinished is None and not self.differs

    def lines(self) -> list[str]:
        """The standing as text."""
        if self.problem:
            return [f"{self.name}: not known: {self.problem}"]
        differs = self.differs or {}
        shown = list(differs.items())[:LINES]
        said = [f"{self.name}  {key}: {problem}" for key, problem in shown]
        if len(differs) > LINES:
            said.append(f"{self.name}  and {len(differs) - LINES} more; --json names all")
        if self.epoch:
            said.append(f"{self.name}: change {self.sequence}, {len(differs)} differ")
        if self.unfinished is not None:
            change = f"a push of change {self.unfinished} has not ended"
            said.append(f"{self.name}: {change}: push again")
        return said

    def as_json(self) -> dict[str, Any]:
        """The standing as JSON values."""
        return {
            "target": self.name,
            "epoch": self.epoch or None,
            "sequence": self.sequence if self.epoch else None,
            "unfinished": self.unfinished,
            "problem": self.problem or None,
            "differs": dict(self.differs or {}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What was found; `furthest` is the name of the mirror that the others were compared with."""

    furthest: str
    standings: tuple[Standing, ...]
    edges: tuple[tuple[str, Verdict], ...]

    @property
    def is_whole(self) -> bool:
        """Whether all hold the same, and all edges show it."""
        seen = not any(verdict.wrong for _, verdict in self.edges)
        return seen and all(standing.is_right for standing in self.standings)

    def as_json(self) -> dict[str, Any]:
        """What was found as JSON values."""
        return {
            "agree": self.is_whole,
            "furthest": self.furthest,
            "mirrors": [standing.as_json() for standing in self.standings],
            "edges": [
                {"edge": edge, "right": len(verdict.right), "wrong": dict(verdict.wrong)}
                for edge, verdict in self.edges
            ],
        }

    def lines(self) -> list[str]:
        """What was found as text."""
        said = [line for standing in self.standings for line in standing.lines()]
        for edge, verdict in self.edges:
            said += (f"{edge}  {name}: {problem}" for name, problem in verdict.wrong)
            said.append(f"{edge}: {len(verdict.right)} right, {len(verdict.wrong)} wrong")
        return [*said, "They agree." if self.is_whole else "They do not agree."]

    @property
    def is_known(self) -> bool:
        """Whether every mirror could be read."""
        return not any(standing.problem for standing in self.standings)


def agreement(
    targets: Sequence[Target], edges: Sequence[str] = (), *, deep: bool = False
) -> Agreement:
    """Compare mirrors and what edges show of them; raise `bad-target` without any to compare with.

    Cheap: two requests a mirror, and two more for each shard that differs; of an edge a sample of
    addresses. `deep` reads every file of every mirror, and every address of every edge.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(targets))) as pool:
        standings = tuple(pool.map(_standing, targets))
        pairs = list(zip(targets, standings, strict=True))
        holding = [pair for pair in pairs if pair[1].epoch]
        if not holding:
            return Agreement(furthest="", standings=standings, edges=())
        source, furthest = max(
            holding,
            # The first of equals; one whose manifest can be read before one that keeps none.
            key=lambda pair: (pair[1].sequence, pair[1].root is not None),
        )
        items = _all_items(source, furthest) if deep else {}

        def compare(pair: tuple[Target, Standing]) -> Standing:
            return _compared(*pair, source, furthest, items if deep else None)

        compared = tuple(pool.map(compare, pairs))
    shown = []
    if edges and (isinstance(source, ReleaseTarget) or furthest.root is None):
        raise ExportError(
            "bad-target", "Give a file: or s3:// target with --to, to compare an edge with."
        )
    if edges and not isinstance(source, ReleaseTarget) and furthest.root is not None:
        wanted = items if deep else _sample(source, furthest.root)
        shown = [(edge, _seen(edge, wanted, source)) for edge in edges]
    return Agreement(furthest=furthest.name, standings=compared, edges=tuple(shown))


def _seen(edge: str, wanted: Mapping[str, Item], source: ObjectTarget) -> Verdict:
    try:
        return verify_edge({**wanted}, edge)
    except ExportError as error:
        return Verdict(right=(), wrong=tuple(_all(str(error)).items()))


def _standing(target: Target) -> Standing:
    try:
        if isinstance(target, ReleaseTarget):
            return _titled(target)
        data = persistently(lambda: target.read_state(STATE_KEY), f"Reading {target.name}")
        state = decode_state(data, target.name)
    except ExportError as error:
        return Standing(name=target.name, problem=str(error))
    if state.live is None:
        return Standing(name=target.name, differs=_all("holds no site yet"))
    return Standing(
        name=target.name,
        epoch=state.live.epoch,
        sequence=state.live.sequence,
        mark=_mark(state.live),
        root=state.live,
        unfinished=state.intent.sequence if state.intent else None,
    )


def _titled(target: ReleaseTarget) -> Standing:
    """What the title of a release says."""
    try:
        epoch, sequence, mark = json.loads(target.published_title() or "")[MARK][:3]
    except (ValueError, KeyError, TypeError):
        return Standing(name=target.name, differs=_all("holds no release of ours"))
    return Standing(name=target.name, epoch=str(epoch), sequence=int(sequence), mark=str(mark))


def _all(problem: str) -> dict[str, str]:
    return {"(all)": problem}


def _mark(root: Root) -> str:
    """As `static_export.release` writes it into a title."""
    return hashlib.sha256(json.dumps(root.as_json(), sort_keys=True).encode()).hexdigest()[:16]


def _compared(
    target: Target,
    standing: Standing,
    source: Target,
    furthest: Standing,
    items: Mapping[str, Item] | None,
) -> Standing:
    """The standing with what differs from the furthest one, and, of these items, in its bytes."""
    if not standing.epoch:
        return standing
    if standing.epoch != furthest.epoch:
        return replace(standing, differs=_all("holds a site of another database"))
    try:
        differs: dict[str, str] = {}
        if standing.mark != furthest.mark:
            differs |= _by_manifest(target, standing, source, furthest)
        if items is not None:
            differs |= _by_bytes(target, standing, source, items)
    except ExportError as error:
        return replace(standing, problem=str(error))
    return replace(standing, differs=differs)


def _by_manifest(
    target: Target, standing: Standing, source: Target, furthest: Standing
) -> dict[str, str]:
    """What shards say that differ."""
    if standing.root is None or furthest.root is None:
        return _all(f"holds change {standing.sequence} instead of {furthest.sequence}")
    ours = set(standing.root.shards)
    theirs = set(furthest.root.shards)
    here = _items(target, tuple(ours - theirs))
    there = _items(source, tuple(theirs - ours))
    found = dict.fromkeys(there.keys() - here.keys(), "absent")
    found |= dict.fromkeys(here.keys() - there.keys(), "should not be there any more")
    both = here.keys() & there.keys()
    found |= dict.fromkeys((key for key in both if here[key] != there[key]), "another version")
    # Manifests of one content may differ in their numbers alone.
    return dict(sorted(found.items())) or _all(f"holds the same, as change {standing.sequence}")


def _by_bytes(
    target: Target, standing: Standing, source: Target, items: Mapping[str, Item]
) -> dict[str, str]:
    """What lies there, read whole, beside its own manifest or, where it has none, the furthest."""
    if isinstance(target, ReleaseTarget):
        return {} if isinstance(source, ReleaseTarget) else _by_digests(target, source, items)
    own = items if target is source else _all_items(target, standing)

    def check(pair: tuple[str, Item]) -> tuple[str, str | None]:
        key, item = pair
        return key, persistently(lambda: _problem(target, item), key)

    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        return {key: problem for key, problem in pool.map(check, sorted(own.items())) if problem}


def _problem(target: ObjectTarget, item: Item) -> str | None:
    if isinstance(item, Artifact):
        body = target.read_state(item.key)
        if body is None:
            return "absent"
        if hashlib.sha256(body).hexdigest() != item.sha256:
            return "the bytes differ"
        return target.compare(item, body)
    if isinstance(item, Redirect):
        return target.compare(item, redirect_body(item))
    # Which page it shows is of the build; that it is none of the site's is what counts here.
    kept = target.read_state(item.key)
    return target.compare(item, kept or b"")


def _by_digests(
    target: ReleaseTarget, source: ObjectTarget, items: Mapping[str, Item]
) -> dict[str, str]:
    """What a release lists, beside the bytes of the furthest mirror."""
    there = target.published_digests()
    kept = _Kept(source)

    def check(item: Artifact) -> tuple[str, str | None]:
        if item.key not in there:
            return item.key, "absent"
        sha1 = hashlib.sha1(kept.of(item), usedforsecurity=False).hexdigest()
        return item.key, None if there[item.key] == sha1 else "the bytes differ"

    artifacts = [item for item in items.values() if isinstance(item, Artifact)]
    with ThreadPoolExecutor(max_workers=source.parallel) as pool:
        return {key: problem for key, problem in pool.map(check, artifacts) if problem}


class _Kept(Bodies):
    """Bodies as a mirror keeps them."""

    def __init__(self, source: ObjectTarget) -> None:
        self._source = source

    def of(self, item: Item) -> bytes:
        body = persistently(lambda: self._source.read_state(item.key), item.key)
        if body is None:
            raise ExportError(
                "damaged-state",
                f"{item.key} is not at {self._source.name}, though its manifest names it. Delete "
                f"{STATE_KEY} there and push again.",
            )
        return body


def _all_items(target: Target, standing: Standing) -> dict[str, Item]:
    if isinstance(target, ReleaseTarget) or standing.root is None:
        return {}
    return _items(target, standing.root.shards)


def _items(target: Target, refs: Iterable[ShardRef]) -> dict[str, Item]:
    assert not isinstance(target, ReleaseTarget)  # noqa: S101 -- of these nothing has a root
    return live_items(target, refs)


def _sample(target: ObjectTarget, root: Root) -> dict[str, Item]:
    """What stands at the top of a site, and some of the rest."""
    others = [ref for ref in root.shards if ref.name != "root"]
    step = max(1, len(others) // SHARDS_SEEN)
    found = _items(target, [ref for ref in root.shards if ref.name == "root"])
    for ref in others[::step]:
        found |= dict(list(_items(target, [ref]).items())[:ITEMS_SEEN])
    return found
