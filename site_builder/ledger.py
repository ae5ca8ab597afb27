"""What was built: each artifact's state and recorded dependencies, former paths, shard digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from site_builder import keys, manifest
from site_builder.keys import Window
from site_builder.routes import PUBLICATIONS, ROUTES, Spec, url_path
from site_builder.store import Store

ASSET = "asset"
# Keys whose numbers are kept at hand; nearly all that many artifacts name.
MOST_NUMBERS = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """State of one artifact's bytes. `policy` is both cache and group word for pages."""

    spec: Spec
    sha256: str
    size: int
    type: str
    cache: str
    group: str


# An artifact's state, the keys and the windows that it looked at.
Looked = tuple[Built, Sequence[str], Sequence[Window]]


class Ledger:
    """The store's tables about artifacts; writes belong inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._db = store.db
        self._numbers: dict[str, int] = {}

    def specs(self) -> Iterator[Spec]:
        """Every artifact built, assets too."""
        yield from self._specs("SELECT path, route, owner FROM artifact ORDER BY path")

    def spec(self, path: str) -> Spec | None:
        """One artifact by its path."""
        query = "SELECT path, route, owner FROM artifact WHERE path = ?"
        return next(self._specs(query, path), None)

    def owned(self, owner: str) -> list[Spec]:
        """Artifacts about one owner."""
        query = "SELECT path, route, owner FROM artifact WHERE owner = ? ORDER BY path"
        return list(self._specs(query, owner))

    def owned_periods(self, listing: str) -> list[Spec]:
        """Artifacts about single months, days and hours of a listing."""
        query = (
            "SELECT path, route, owner FROM artifact WHERE owner >= ? AND owner < ? ORDER BY path"
        )
        return list(self._specs(query, *(keys.period(listing, end) for end in ("", keys.HIGHEST))))

    def former_addresses(self, owner: str) -> list[str]:
        """URL paths that a publication had, the last one too if it is no longer public."""
        query = "SELECT path FROM former WHERE video = ? ORDER BY path"
        return [path for (path,) in self._db.execute(query, (owner,))]

    def dependents(self, key: str) -> list[Spec]:
        """Artifacts that depend on a key, by what was recorded when they were rendered."""
        if key in (keys.SITE, keys.EVERYTHING):
            return [spec for spec in self.specs() if spec.route != ASSET]
        if key.startswith("template:"):
            name = key.partition(":")[2]
            routes = [route for route, found in ROUTES.items() if found.template == name]
            return [spec for route in routes for spec in self._of_route(route)]
        if place := keys.parse_point(key):
            facet, listing, sort = place
            return list(
                self._specs(
                    "SELECT path, route, owner FROM key JOIN window ON listing = key.id "
                    "JOIN artifact ON artifact.id = artifact "
                    "WHERE name = ? AND high > ? AND low <= ? ORDER BY path",
                    *(f"{facet}:{listing}", sort, sort),
                )
            )
        return list(
            self._specs(
                "SELECT path, route, owner FROM key JOIN dependency ON key = key.id "
                "JOIN artifact ON artifact.id = artifact WHERE name = ? ORDER BY path",
                key,
            )
        )

    def dependencies(self, path: str) -> tuple[list[str], list[Window]]:
        """Keys and windows that were recorded for an artifact."""
        found = self._db.execute(
            "SELECT name FROM artifact JOIN dependency ON artifact = artifact.id "
            "JOIN key ON key.id = key WHERE path = ? ORDER BY name",
            (path,),
        )
        windows = self._db.execute(
            "SELECT name, low, high FROM artifact JOIN window ON artifact = artifact.id "
            "JOIN key ON key.id = listing WHERE path = ? ORDER BY name, low",
            (path,),
        )
        return [key for (key,) in found], [
            Window(facet=facet, listing=listing, low=low, high=high)
            for name, low, high in windows
            for facet, _, listing in [name.partition(":")]
        ]

    def put(self, found: Iterable[Looked]) -> list[str]:
        """Keep new states with all that was looked at; paths whose bytes or policy differ."""
        looked = list(found)
        known = self._known([built.spec.path for built, _, _ in looked])
        following = self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM artifact").fetchone()[0]
        rows: list[tuple[object, ...]] = []
        numbers: list[int] = []
        changed: list[str] = []
        for built, _, _ in looked:
            path = built.spec.path
            number, before = known.get(path, (0, ()))
            values = (built.sha256, built.size, built.type, built.cache, built.group)
            if not number:
                number, following = following, following + 1
            if before != values:
                changed.append(path)
                spec = built.spec
                rows.append(
                    (number, path, spec.owner, spec.route, manifest.shard_of(path), *values)
                )
            numbers.append(number)
        self._db.executemany(
            "INSERT INTO artifact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
            "SET sha256 = excluded.sha256, size = excluded.size, type = excluded.type, "
            "cache = excluded.cache, grouping = excluded.grouping",
            rows,
        )
        self._put_looks([number for number, _ in known.values()], zip(numbers, looked, strict=True))
        return changed

    def _known(self, paths: Sequence[str]) -> dict[str, tuple[int, tuple[object, ...]]]:
        """Number and state of the artifacts that are known, by path."""
        found = self._db.execute(
            "SELECT path, id, sha256, size, type, cache, grouping FROM artifact "
            "WHERE path IN (SELECT value FROM json_each(?))",
            (json.dumps(paths),),
        )
        return {path: (number, tuple(values)) for path, number, *values in found}

    def _put_looks(self, known: Sequence[int], found: Iterable[tuple[int, Looked]]) -> None:
        """Replace what the `known` among the artifacts looked at; most of it is as it was."""
        dependencies: set[tuple[object, ...]] = set()
        windows: set[tuple[object, ...]] = set()
        for number, (_, keys_, windows_) in found:
            dependencies.update((self._number(key), number) for key in keys_)
            windows.update(
                (self._number(f"{one.facet}:{one.listing}"), one.high, one.low, number)
                for one in windows_
            )
        self._exchange("dependency", ("key", "artifact"), known, dependencies)
        self._exchange("window", ("listing", "high", "low", "artifact"), known, windows)

    def _exchange(
        self,
        table: str,
        columns: tuple[str, ...],
        known: Sequence[int],
        rows: set[tuple[object, ...]],
    ) -> None:
        there: set[tuple[object, ...]] = set()
        if known:
            there = set(
                self._db.execute(
                    f"SELECT {', '.join(columns)} FROM {table} "  # noqa: S608 -- our own names
                    "WHERE artifact IN (SELECT value FROM json_each(?))",
                    (json.dumps(known),),
                )
            )
        same = " AND ".join(f"{column} = ?" for column in columns)
        places = ", ".join("?" for _ in columns)
        # In the order of the tables, whose pages are then touched one after another.
        self._db.executemany(f"DELETE FROM {table} WHERE {same}", sorted(there - rows))  # noqa: S608
        self._db.executemany(f"INSERT INTO {table} VALUES ({places})", sorted(rows - there))  # noqa: S608

    def _number(self, key: str) -> int:
        """What stands for a key in the tables; new keys get the next number."""
        if key not in self._numbers:
            if len(self._numbers) > MOST_NUMBERS:
                self._numbers.clear()
            row = self._db.execute("SELECT id FROM key WHERE name = ?", (key,)).fetchone()
            self._numbers[key] = (
                row[0]
                if row
                else int(
                    self._db.execute("INSERT INTO key (name) VALUES (?)", (key,)).lastrowid or 0
                )
            )
        return self._numbers[key]

    def remove(self, path: str) -> None:
        """Forget an artifact; the path of a publication stays known as a former one."""
        row = self._db.execute(
            "SELECT id, route, owner, shard FROM artifact WHERE path = ?", (path,)
        ).fetchone()
        if row is None:
            return
        number, route, owner, shard = row
        if route in PUBLICATIONS.values():
            self._db.execute(
                "INSERT OR REPLACE INTO former VALUES (?, ?, ?)", (url_path(path), owner, shard)
            )
        self._forget([number])
        self._db.execute("DELETE FROM artifact WHERE id = ?", (number,))

    def _forget(self, numbers: Iterable[int]) -> None:
        """Whatever these artifacts looked at."""
        rows = [(number,) for number in numbers]
        self._db.executemany("DELETE FROM dependency WHERE artifact = ?", rows)
        self._db.executemany("DELETE FROM window WHERE artifact = ?", rows)

    def shard(self, name: str) -> tuple[bytes, int] | None:
        """A shard's bytes and number of artifacts; None if it would be empty."""
        rows = self._db.execute(
            "SELECT path, sha256, size, type, cache, grouping FROM artifact "
            "WHERE shard = ? ORDER BY path",
            (name,),
        )
        artifacts = [
            dict(zip(("path", "sha256", "size", "type", "cache", "group"), row, strict=True))
            for row in rows
        ]
        former, gone = self._former(name)
        redirects = sorted(former + self._redirects(name))
        if not (artifacts or redirects or gone):
            return None
        content = manifest.shard(name, artifacts=artifacts, redirects=redirects, gone=gone)
        return content, len(artifacts)

    def _former(self, shard: str) -> tuple[list[tuple[str, str]], list[str]]:
        rows = self._db.execute(
            "SELECT former.path, artifact.path FROM former LEFT JOIN artifact "
            "ON artifact.owner = former.video AND artifact.route IN ('watch', 'story') "
            "WHERE former.shard = ? ORDER BY former.path",
            (shard,),
        ).fetchall()
        redirects = [
            (path, url_path(current))
            for path, current in rows
            if current is not None and url_path(current) != path
        ]
        return redirects, [path for path, current in rows if current is None]

    def _redirects(self, shard: str) -> list[tuple[str, str]]:
        """Those made by hand, but for addresses where a page is: the page wins."""
        rows = self._db.execute(
            "SELECT path, target FROM redirect WHERE shard = ? "
            "AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.path = redirect.path)",
            (shard,),
        )
        found = ((url_path(path), target) for path, target in rows)
        return [(source, target) for source, target in found if source != target]

    def shard_names(self) -> set[str]:
        """Shards that anything belongs to."""
        query = (
            "SELECT shard FROM artifact UNION SELECT shard FROM former "
            "UNION SELECT shard FROM redirect"
        )
        return {name for (name,) in self._db.execute(query)}

    def known_shards(self) -> list[tuple[str, str, int]]:
        """Shards as last written: `(name, sha256, count)`, ordered by name."""
        return list(self._db.execute("SELECT name, sha256, count FROM shard ORDER BY name"))

    def put_shard(self, name: str, content: bytes, count: int) -> None:
        """Keep a shard's digest."""
        sha256 = hashlib.sha256(content).hexdigest()
        self._db.execute("INSERT OR REPLACE INTO shard VALUES (?, ?, ?)", (name, sha256, count))

    def remove_shard(self, name: str) -> None:
        """Forget a shard."""
        self._db.execute("DELETE FROM shard WHERE name = ?", (name,))

    def clear_dirty(self) -> None:
        """Every key is clean: its artifacts' new state is in this transaction."""
        self._db.execute("DELETE FROM dirty")

    def _of_route(self, route: str) -> Iterator[Spec]:
        query = "SELECT path, route, owner FROM artifact WHERE route = ? ORDER BY path"
        yield from self._specs(query, route)

    def _specs(self, query: str, *values: str) -> Iterator[Spec]:
        for path, route, owner in self._db.execute(query, values):
            yield Spec(path=path, route=route, owner=owner)
