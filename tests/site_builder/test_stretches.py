"""Which stretch covers what, in any order of coming and going, and which of them that touches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import keys
from site_builder.search import cuts, stretches
from site_builder.search.stretches import KINDS, Stretch
from site_builder.store import Store

NUMBERS = st.integers(0, 60)
PLACES = st.none() | st.integers(0, 99)  # None: it goes


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Half of the items begin a part, one in eight a volume; one of more than four is divided."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("PART", 1), ("VOLUME", 3), ("MOST", 4)):
            patch.setattr(cuts, name, value)
        store = Store(tmp_path_factory.mktemp("stretches") / "store.sqlite3")
        store.db.execute("BEGIN")  # nothing of it needs the disk
        yield store
        store.close()


def documents(store: Store, stretch: Stretch) -> tuple[str, ...]:
    return tuple(store.documents(stretch.low, stretch.high))


def files(store: Store) -> dict[str, tuple[Stretch, tuple[str, ...]]]:
    """Owner of every file of the index with its window and what is in that."""
    return {one.owner: (one, documents(store, one)) for one in stretches.all_stretches(store)}


def move(store: Store, number: int, place: int | None) -> set[str]:
    """An item goes to a place, or goes; answers the keys that this makes dirty."""
    node_id = f"video:{number}"
    before = store.cut(node_id)
    after = None if place is None else f"{place:02}|{node_id}"
    store.put_document(node_id, after, cuts.cut_of(node_id))
    sorts = {before[0] if before else None, after} - {None}
    return {key for sort in sorts for key in stretches.moved(store, node_id, str(sort))}


@given(st.lists(st.tuples(NUMBERS, PLACES), max_size=60))
def test_whatever_an_item_that_moves_changes_is_made_dirty(
    store: Store, moves: list[tuple[int, int | None]]
) -> None:
    store.db.execute("DELETE FROM document")
    before = files(store)
    for number, place in moves:
        dirty = move(store, number, place)
        points = {key.rpartition("@")[2] for key in dirty if key.startswith("search:")}
        after = files(store)
        for owner in before.keys() ^ after.keys():
            assert owner in dirty
        for owner in before.keys() & after.keys():
            window = before[owner][0]
            is_looked_at = any(window.low <= point < window.high for point in points)
            assert owner in dirty or is_looked_at or before[owner] == after[owner]
        assert keys.STRETCHES in dirty or before.keys() == after.keys()
        before = after


@given(st.lists(st.tuples(NUMBERS, PLACES), max_size=80))
def test_stretches_hold_each_item_once_and_are_found_by_their_owners(
    store: Store, moves: list[tuple[int, int | None]]
) -> None:
    store.db.execute("DELETE FROM document")
    for number, place in moves:
        move(store, number, place)
    found = list(stretches.all_stretches(store))
    everything = [one for stretch in reversed(found) for one in documents(store, stretch)]
    assert everything == list(store.documents(keys.LOWEST, keys.HIGHEST))
    owners = {one.owner: one for one in found}
    starts = ["", *everything]
    assert {
        owner: there
        for kind in KINDS
        for start in starts
        if (there := stretches.stretch(store, owner := f"{kind}:{start}"))
    } == owners
    for volume in (one for one in found if one.kind == "volume"):
        inner = store.cuts(volume.low, volume.high, cuts.PART)
        assert len(documents(store, volume)) <= cuts.MOST or {low for low, _ in inner} <= {
            volume.low
        }
