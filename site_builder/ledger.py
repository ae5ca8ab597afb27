"""What was built: each artifact's state and recorded dependencies, former paths, shard digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from site_builder import keys, manifest
from site_builder.keys import Window
from site_builder.routes import ROUTES, Spec, url_path
from site_builder.store import Store

ASSET = "asset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """State of one artifact's bytes. `policy` is both cache and group word for pages."""

    spec: Spec
    sha256: str
    size: int
    type: str
    cache: str
    group: str


class Ledger:
    """The store's tables about artifacts; writes belong inside `store.transaction()`."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

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
                    "SELECT path, route, owner FROM window JOIN artifact ON id = artifact "
                    "WHERE facet = ? AND listing = ? AND high > ? AND low <= ? ORDER BY path",
                    *(facet, listing, sort, sort),
                )
            )
        return list(
            self._specs(
                "SELECT path, route, owner FROM dependency JOIN artifact ON id = artifact "
                "WHERE key = ? ORDER BY path",
                key,
            )
        )

    def dependencies(self, path: str) -> tuple[list[str], list[Window]]:
        """Keys and windows that were recorded for an artifact."""
        found = self._db.execute(
            "SELECT key FROM dependency JOIN artifact ON id = artifact WHERE path = ? ORDER BY key",
            (path,),
        )
        windows = self._db.execute(
            "SELECT facet, listing, low, high FROM window JOIN artifact ON id = artifact "
            "WHERE path = ? ORDER BY facet, listing",
            (path,),
        )
        return [key for (key,) in found], [
            Window(facet=facet, listing=listing, low=low, high=high)
            for facet, listing, low, high in windows
        ]

    def put(self, built: Built, dependencies: Iterable[str], windows: Iterable[Window]) -> bool:
        """Keep an artifact's new state; answers whether its bytes or policy differ from before."""
        values = (built.sha256, built.size, built.type, built.cache, built.group)
        row = self._db.execute(
            "SELECT id, sha256, size, type, cache, grouping FROM artifact WHERE path = ?",
            (built.spec.path,),
        ).fetchone()
        if row is None:
            number = self._db.execute(
                "INSERT INTO artifact (path, owner, route, shard, sha256, size, type, cache, "
                "grouping) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    built.spec.path,
                    built.spec.owner,
                    built.spec.route,
                    manifest.shard_of(built.spec.path),
                    *values,
                ),
            ).lastrowid
        else:
            number = row[0]
            if row[1:] != values:
                self._db.execute(
                    "UPDATE artifact SET sha256 = ?, size = ?, type = ?, cache = ?, grouping = ? "
                    "WHERE id = ?",
                    (*values, number),
                )
            self._forget_dependencies(number)
        self._db.executemany(
            "INSERT INTO dependency VALUES (?, ?)", ((key, number) for key in dependencies)
        )
        self._db.executemany(
            "INSERT INTO window VALUES (?, ?, ?, ?, ?)",
            ((item.facet, item.listing, item.high, item.low, number) for item in windows),
        )
        return row is None or row[1:] != values

    def remove(self, path: str) -> None:
        """Forget an artifact; the path of a watch page stays known as a former one."""
        row = self._db.execute(
            "SELECT id, route, owner, shard FROM artifact WHERE path = ?", (path,)
        ).fetchone()
        if row is None:
            return
        number, route, owner, shard = row
        if route == "watch":
            self._db.execute(
                "INSERT OR REPLACE INTO former VALUES (?, ?, ?)", (url_path(path), owner, shard)
            )
        self._forget_dependencies(number)
        self._db.execute("DELETE FROM artifact WHERE id = ?", (number,))

    def _forget_dependencies(self, number: int) -> None:
        self._db.execute("DELETE FROM dependency WHERE artifact = ?", (number,))
        self._db.execute("DELETE FROM window WHERE artifact = ?", (number,))

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
            "ON artifact.owner = former.video AND artifact.route = 'watch' "
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
