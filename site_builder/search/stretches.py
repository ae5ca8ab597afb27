"""Which stretch of the archive each file of the index covers: parts and volumes.

Where one begins is written in the items themselves: an item whose ID's digest ends in `PART` zero
bits begins a part, one with `VOLUME` zero bits a volume, too. So the cuts are a function of what is
public, in whatever order it came, and an item that comes or goes moves no cut but its own. A volume
is closed as soon as a younger one has begun. What is younger than the last cut of a volume is found
through parts, which are small; all else through closed volumes. Chance makes some volumes long: one
of more than `MOST` items is divided at its cuts of one bit less, and what is still too long again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from site_builder import keys
from site_builder.search import cuts
from site_builder.store import Store

Cut = tuple[str, str]  # place and node ID
KINDS = {"part": "p", "volume": "v"}
# Slots of a file (`volume.py`): about as many entries as fit.
SLOTS = {"part": 1024, "volume": 8192}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Items in `low <= sort < high`; `start` is the node that begins it, empty for the oldest."""

    kind: str
    start: str
    low: str
    high: str

    @property
    def owner(self) -> str:
        """Key of the artifact that covers it."""
        return f"{self.kind}:{self.start}"

    @property
    def path(self) -> str:
        """Output path of that artifact."""
        return f"search/{name(self.kind, self.start)}.bin"


def name(kind: str, start: str) -> str:
    """Name of a stretch's file: `v`, `p-7k3m2n9q4d`."""
    public_id = start.rpartition(":")[2]
    return f"{KINDS[kind]}-{public_id}" if public_id else KINDS[kind]


def stretch(store: Store, owner: str) -> Stretch | None:
    """The stretch of an owner's key; None if there is none such now."""
    kind, _, start = owner.partition(":")
    place = store.cut(start) if start else (keys.LOWEST, cuts.VOLUME)
    if place is None or place[1] < cuts.PART:
        return None
    low, cut = place
    above = store.cut_above(low, cuts.VOLUME)
    if kind == "volume":
        if above is None:
            return None
        begins = (low, start) if cut >= cuts.VOLUME else _below(store, low, cuts.VOLUME)
        found = _divided(store, begins, above[0], cuts.VOLUME)
        return next((one for one in found if one.start == start), None)
    if above is not None:
        return None
    younger = store.cut_above(low, cuts.PART)
    return Stretch(kind=kind, start=start, low=low, high=younger[0] if younger else keys.HIGHEST)


def all_stretches(store: Store) -> Iterator[Stretch]:
    """Every stretch there is, oldest first: closed volumes, then the parts of the open one."""
    volumes = [(keys.LOWEST, ""), *store.cuts(keys.LOWEST, keys.HIGHEST, cuts.VOLUME)]
    for begins, (high, _) in pairwise(volumes):
        yield from _divided(store, begins, high, cuts.VOLUME)
    for (low, start), high in _between(store, volumes[-1], keys.HIGHEST, cuts.PART):
        yield Stretch(kind="part", start=start, low=low, high=high)


def _divided(store: Store, begins: Cut, high: str, size: int) -> Iterator[Stretch]:
    """A closed volume, or the lesser ones that it is divided into for its size."""
    low, start = begins
    if size > cuts.PART and store.count_documents(low, high) > cuts.MOST:
        for lesser, end in _between(store, begins, high, size - 1):
            yield from _divided(store, lesser, end, size - 1)
    else:
        yield Stretch(kind="volume", start=start, low=low, high=high)


def _between(store: Store, begins: Cut, high: str, size: int) -> Iterator[tuple[Cut, str]]:
    """What cuts of some size make of a stretch: where each piece begins and ends."""
    inner = [cut for cut in store.cuts(begins[0], high, size) if cut[0] > begins[0]]
    yield from zip([begins, *inner], [*(low for low, _ in inner), high], strict=True)


def _below(store: Store, sort: str, size: int) -> Cut:
    return store.cut_below(sort, size) or (keys.LOWEST, "")


def moved(store: Store, node_id: str, sort: str) -> Iterator[str]:
    """Dirty keys where an item came to or left a place, the store being as it is after that."""
    yield keys.point("search", keys.ALL, sort)
    cut = cuts.cut_of(node_id)
    if cut >= cuts.PART:
        yield keys.STRETCHES
        yield f"part:{node_id}"
        yield f"part:{_below(store, sort, cuts.PART)[1]}"
    low, start = _below(store, sort, cuts.VOLUME)
    above = store.cut_above(sort, cuts.VOLUME)
    high = above[0] if above else keys.HIGHEST
    if cut >= cuts.VOLUME or (above and _divides_anew(store, low, high, sort, cut)):
        yield keys.STRETCHES
        inner = (inner for _, inner in store.cuts(low, high, cuts.PART))
        for one in (start, node_id, *inner):
            yield f"volume:{one}"
            yield f"part:{one}"


def _divides_anew(store: Store, low: str, high: str, sort: str, cut: int) -> bool:
    """Whether an item that came or left may have a closed volume divided otherwise than before."""
    for size in range(cuts.VOLUME, cuts.PART, -1):
        count = store.count_documents(low, high)
        if count < cuts.MOST:
            return False
        if count <= cuts.MOST + 1 or cut >= cuts.PART:
            return True
        low = max(low, _below(store, sort, size - 1)[0])
        above = store.cut_above(sort, size - 1)
        high = min(high, above[0]) if above else high
    return False
