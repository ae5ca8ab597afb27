"""A whole sync, page by page: what was read stays read; who is interrupted goes on from there.

Pages lie beside the content until all are there; only then, and in one transaction, do they take
its place. Until then the store is what it was, however long it takes and wherever it ends.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import orjson

from site_builder.client import Client, Node
from site_builder.store import Store

KINDS = ("units", "categories", "tags", "redirects", "videos", "stories")
# Lines of the public ledger are no nodes, and are read with them.
LINES = "ledger"
DONE = ""
ORDER = (*KINDS, LINES, DONE)
AT_ONCE = 200

Report = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What to read next: pages of `kind` behind the cursor `after`, of the log as of `head`."""

    epoch: str
    head: int
    kind: str
    after: str | None


class Pull:
    """Reading everything, as far as it has come."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def place(self) -> Place | None:
        """Where an interrupted pull stands; None if there is none."""
        row = self._store.db.execute("SELECT epoch, head, kind, after FROM pull").fetchone()
        return Place(epoch=row[0], head=row[1], kind=row[2], after=row[3]) if row else None

    def forget(self) -> None:
        """Start over, or be done; belongs inside a transaction."""
        self._store.db.execute("DELETE FROM pull")
        self._store.db.execute("DELETE FROM pulled")

    def run(self, client: Client, *, epoch: str, head: int, report: Report) -> int:
        """Read what is still to be read; answers the head of the log that all of it contains."""
        place = self.place()
        if place is None or place.epoch != epoch or place.head > head:
            with self._store.transaction():
                self.forget()
                place = Place(epoch=epoch, head=head, kind=KINDS[0], after=None)
                self._keep(client.single(), place)
        while place.kind != DONE:
            kind = place.kind
            for nodes, following in client.pages(kind, after=place.after):
                upcoming = kind if following else ORDER[ORDER.index(kind) + 1]
                place = replace(place, kind=upcoming, after=following)
                with self._store.transaction():
                    self._keep(nodes, place)
                sys.audit("policetube.step", "build.pulled")
                report(kind, self._count())
        return place.head

    def lines(self) -> Iterator[Node]:
        """Every line of the public ledger that was read, oldest first."""
        query = "SELECT node FROM pulled WHERE id GLOB ? ORDER BY number"
        for (line,) in self._store.db.execute(query, (f"{LINES}:*",)):
            yield orjson.loads(line)

    def nodes(self) -> Iterator[dict[str, Node]]:
        """All nodes that were read, some at a time, in the order of reading."""
        query = "SELECT id, node FROM pulled WHERE NOT id GLOB ? ORDER BY number"
        rows = self._store.db.execute(query, (f"{LINES}:*",))
        while batch := rows.fetchmany(AT_ONCE):
            yield {node_id: orjson.loads(node) for node_id, node in batch}

    def _keep(self, nodes: list[Node], place: Place) -> None:
        # A node that moved while pages were read may come twice; the log tells of the move.
        self._store.db.executemany(
            "INSERT OR IGNORE INTO pulled (id, node) VALUES (?, ?)",
            ((_name(node), orjson.dumps(node).decode()) for node in nodes),
        )
        self._store.db.execute("DELETE FROM pull")
        self._store.db.execute(
            "INSERT INTO pull VALUES (?, ?, ?, ?)",
            (place.epoch, place.head, place.kind, place.after),
        )

    def _count(self) -> int:
        count: int = self._store.db.execute("SELECT max(number) FROM pulled").fetchone()[0]
        return count


def _name(node: Node) -> str:
    """What a node or a line is known by."""
    return str(node["id"]) if "id" in node else f"{LINES}:{node['sequence']}"
