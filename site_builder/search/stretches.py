"""Which stretch of the archive each file of the index covers: parts and volumes.

Where one begins is written in the items themselves: an item whose ID's digest ends in `PART` zero
bits begins a part, one with `VOLUME` zero bits a volume, too. So the cuts are a function of what is
public, in whatever order it came, and an item that comes or goes moves no cut but its own. A volume
is closed as soon as a younger one has begun. What is younger than the last cut of a volume is found
through parts, which are small; all else through closed volumes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from site_builder import keys
from site_builder.search import cuts
from site_builder.store import Store

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
    low = keys.LOWEST
    if start:
        place = store.cut(start)
        if place is None or place[1] < (cuts.VOLUME if kind == "volume" else cuts.PART):
            return None
        low = place[0]
    last = store.cut_below(keys.HIGHEST, cuts.VOLUME)
    opened = last[0] if last else keys.LOWEST
    if (low >= opened) == (kind == "volume"):
        return None
    above = store.cut_above(low, cuts.VOLUME if kind == "volume" else cuts.PART)
    return Stretch(kind=kind, start=start, low=low, high=above[0] if above else keys.HIGHEST)


def all_stretches(store: Store) -> Iterator[Stretch]:
    """Every stretch there is, oldest first: closed volumes, then the parts of the open one."""
    volumes = [(keys.LOWEST, ""), *store.cuts(keys.LOWEST, cuts.VOLUME)]
    opened = volumes[-1]
    highs = [low for low, _ in volumes[1:]]
    for (low, start), high in zip(volumes, highs, strict=False):
        yield Stretch(kind="volume", start=start, low=low, high=high)
    parts = [cut for cut in store.cuts(opened[0], cuts.PART) if cut[0] > opened[0]]
    lows = [opened, *parts]
    highs = [*(low for low, _ in parts), keys.HIGHEST]
    for (low, start), high in zip(lows, highs, strict=True):
        yield Stretch(kind="part", start=start, low=low, high=high)


def moved(store: Store, node_id: str, sort: str) -> Iterator[str]:
    """Dirty keys where an item came to or left a place, the store being as it is after that."""
    yield keys.point("search", keys.ALL, sort)
    cut = cuts.cut_of(node_id)
    if cut < cuts.PART:
        return
    yield keys.STRETCHES
    below = store.cut_below(sort, cuts.PART)
    yield f"part:{node_id}"
    yield f"part:{below[1] if below else ''}"
    if cut < cuts.VOLUME:
        return
    below, above = store.cut_below(sort, cuts.VOLUME), store.cut_above(sort, cuts.VOLUME)
    low, start = below or (keys.LOWEST, "")
    yield f"volume:{node_id}"
    yield f"volume:{start}"
    yield f"part:{start}"
    high = above[0] if above else keys.HIGHEST
    for place, part in store.cuts(low, cuts.PART):
        if place >= high:
            break
        yield f"part:{part}"
