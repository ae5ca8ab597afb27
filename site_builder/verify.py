"""Whether the content store says what the API says: every node by version, every ledger line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from site_builder import public_ledger
from site_builder.client import Client
from site_builder.pull import KINDS
from site_builder.store import Store
from site_builder.sync import check_log

DIFFERENT = """
SELECT told.id, node.id IS NULL, 0 FROM told LEFT JOIN node ON node.id = told.id
WHERE node.id IS NULL OR node.version <> told.version
UNION ALL
SELECT node.id, 0, 1 FROM node LEFT JOIN told ON told.id = node.id WHERE told.id IS NULL
ORDER BY 1
"""
MISSING = "public, and not in the store"
LEFT = "in the store, and not public"
OTHER = "of another version than the API's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One node, or line `ledger:{sequence}`, of which store and API do not say the same."""

    node_id: str
    what: str

    def __str__(self) -> str:
        return f"{self.node_id}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many nodes the API has, those that differ, and how many changes are not synced yet.

    A node that changed since the last sync is no difference: the next build will pull it.
    """

    nodes: int
    different: tuple[Difference, ...]
    waiting: int


def verify(store: Store, client: Client) -> Verdict:
    """Compare every node, of which IDs and versions alone are read, and every line of the ledger.

    Raises `BuilderError` for a store of another database.
    """
    if store.epoch is not None:
        check_log(client.changes(after=store.cursor, first=1), store)
    store.db.execute("CREATE TEMP TABLE told (id TEXT PRIMARY KEY, version TEXT) WITHOUT ROWID")
    try:
        _tell(store, [(node["id"], node["version"]) for node in client.single()])
        for kind in KINDS:
            for versions in client.versions(kind):
                _tell(store, versions)
        # Asked last, so that a change during the comparison is among them.
        waiting = _waiting(store, client)
        found = [
            Difference(node_id=node_id, what=_what(missing=missing, left=left))
            for node_id, missing, left in store.db.execute(DIFFERENT)
            if node_id not in waiting
        ]
        found += _lines(store, client)
        count: int = store.db.execute("SELECT count(*) FROM told").fetchone()[0]
    finally:
        store.db.execute("DROP TABLE told")
    return Verdict(nodes=count, different=tuple(found), waiting=len(waiting))


def _lines(store: Store, client: Client) -> Iterator[Difference]:
    """What differs among the lines up to the store's cursor; later ones are not synced yet."""
    cursor, left = store.cursor, set(store.line_numbers())
    for nodes, _ in client.pages("ledger"):
        for line in map(public_ledger.entry, nodes):
            if line.sequence > cursor:
                continue
            left.discard(line.sequence)
            kept = public_ledger.line(store, line.sequence)
            if kept != line:
                what = MISSING if kept is None else OTHER
                yield Difference(node_id=f"ledger:{line.sequence}", what=what)
    for sequence in sorted(left):
        yield Difference(node_id=f"ledger:{sequence}", what=LEFT)


def _tell(store: Store, versions: list[tuple[str, str]]) -> None:
    store.db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?)", versions)


def _waiting(store: Store, client: Client) -> set[str]:
    found: set[str] = set()
    after, more = store.cursor, True
    while more:
        log = client.changes(after=after, first=1000)
        found.update(change["nodeId"] for change in log["nodes"])
        after = max([after, *(change["sequence"] for change in log["nodes"])])
        more = log["hasNextPage"] and bool(log["nodes"])
    return found


def _what(*, missing: int, left: int) -> str:
    if missing:
        return MISSING
    return LEFT if left else OTHER
