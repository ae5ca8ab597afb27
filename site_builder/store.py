"""The content store: a local SQLite mirror of the published content and of what was built from it.

Everything a build must not lose between two steps is here: records by node ID, the listings they
stand in, the cursor, the dirty keys, and each artifact's state with its recorded dependencies (the
part of `ledger.py`). Reading is by index only, so that no page costs O(site). The tables named
after videos hold every kind of publication.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from site_builder import decode, keys, manifest, stored
from site_builder.errors import BuilderError, ErrorCode
from site_builder.records import Banner, Category, Site, Story, Tag, Unit, Video
from site_builder.search.cuts import cut_of

FORMAT = "3"
SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS node (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, version TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS node_kind ON node (kind, id);
CREATE TABLE IF NOT EXISTS unit (
  code TEXT PRIMARY KEY, parent TEXT, level TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unit_parent ON unit (parent);
CREATE INDEX IF NOT EXISTS unit_level ON unit (level);
CREATE TABLE IF NOT EXISTS video (
  id TEXT PRIMARY KEY, sort TEXT NOT NULL, day TEXT NOT NULL, updated_at TEXT NOT NULL,
  unit TEXT NOT NULL, record_digest TEXT NOT NULL, card_digest TEXT NOT NULL,
  entry_digest TEXT NOT NULL, card TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS video_unit ON video (unit);
CREATE INDEX IF NOT EXISTS video_day ON video (day, updated_at);
CREATE TABLE IF NOT EXISTS entry (
  listing TEXT NOT NULL, sort TEXT NOT NULL, video TEXT NOT NULL,
  PRIMARY KEY (listing, sort)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (
  id TEXT PRIMARY KEY, sort TEXT NOT NULL UNIQUE, cut INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS document_cut ON document (sort, cut) WHERE cut > 0;
CREATE TABLE IF NOT EXISTS month (
  listing TEXT NOT NULL, month TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (listing, month)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS redirect (
  path TEXT PRIMARY KEY, target TEXT NOT NULL, shard TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS redirect_shard ON redirect (shard, path);
CREATE TABLE IF NOT EXISTS pull (
  epoch TEXT NOT NULL, head INTEGER NOT NULL, kind TEXT NOT NULL, after TEXT);
CREATE TABLE IF NOT EXISTS pulled (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, node TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS line (
  sequence INTEGER PRIMARY KEY, month TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS line_month ON line (month, sequence);
CREATE TABLE IF NOT EXISTS dirty (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS artifact (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, route TEXT NOT NULL,
  shard TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL,
  cache TEXT NOT NULL, grouping TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS artifact_owner ON artifact (owner);
CREATE INDEX IF NOT EXISTS artifact_shard ON artifact (shard);
CREATE TABLE IF NOT EXISTS key (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS dependency (
  key INTEGER NOT NULL, artifact INTEGER NOT NULL, PRIMARY KEY (key, artifact)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dependency_artifact ON dependency (artifact);
CREATE TABLE IF NOT EXISTS window (
  listing INTEGER NOT NULL, high TEXT NOT NULL, low TEXT NOT NULL, artifact INTEGER NOT NULL,
  PRIMARY KEY (listing, high, low, artifact)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS window_artifact ON window (artifact);
CREATE TABLE IF NOT EXISTS former (path TEXT PRIMARY KEY, video TEXT NOT NULL, shard TEXT NOT NULL)
  WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS former_shard ON former (shard, path);
CREATE TABLE IF NOT EXISTS shard (
  name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, count INTEGER NOT NULL) WITHOUT ROWID;
"""
CUTS = "SELECT sort, id FROM document INDEXED BY document_cut WHERE cut > 0 AND cut >= ?"
CONTENT_TABLES = (
    "node",
    "unit",
    "video",
    "entry",
    "document",
    "month",
    "redirect",
    "line",
    "dirty",
)


class Store:
    """One connection to the store at `path`; a read-only one serves a render process."""

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        if readonly:
            self.db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(path)
        self.db.isolation_level = None
        self.db.execute("PRAGMA busy_timeout = 10000")
        if not readonly:
            self._prepare()

    def _prepare(self) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = NORMAL")
        self.db.execute("PRAGMA temp_store = MEMORY")
        with self.transaction():
            self._take_over()
            for statement in SCHEMA.split(";"):
                self.db.execute(statement)
            self._find_stored()
        if self.meta("format") is None:
            self.set_meta("format", FORMAT)
        elif self.meta("format") != FORMAT:
            raise BuilderError(
                ErrorCode.OUTPUT_FOREIGN,
                f"{self.path} was written by another release of the builder. "
                "Delete the state directory and the output, and build again.",
            )

    @property
    def is_prepared(self) -> bool:
        """Whether there are tables: a file is there before they are."""
        return self._one("SELECT 1 FROM sqlite_master WHERE name = 'meta'") is not None

    def _take_over(self) -> None:
        """From an older format: what is recorded anew by the next build needs no care."""
        if not self.is_prepared:
            return
        if self.meta("format") == "1":
            self._take_over_1()
        if self.meta("format") == "2":
            self._take_over_2()

    def _take_over_1(self) -> None:
        """It had fewer shards, and texts for keys."""
        for table in ("dependency", "window"):
            self.db.execute(f"DROP TABLE {table}")
        self.db.execute("DROP INDEX artifact_route")
        self.db.execute("DROP INDEX artifact_shard")
        self.db.create_function("shard_of", 1, manifest.shard_of, deterministic=True)
        for table in ("artifact", "former", "redirect"):
            self.db.execute(f"UPDATE {table} SET shard = shard_of(path)")  # noqa: S608 -- the same
        rows = self.db.execute("SELECT id, record FROM node").fetchall()
        for node_id, record in rows:
            text = stored.text(orjson.loads(record))
            self.db.execute("UPDATE node SET record = ? WHERE id = ?", (text, node_id))
        self.mark([keys.EVERYTHING])
        self.set_meta("format", "2")

    def _take_over_2(self) -> None:
        """It knew months, not days."""
        self.db.create_function("day_at", 1, _day_at, deterministic=True)
        self.db.execute("DROP INDEX IF EXISTS video_month")
        self.db.execute("ALTER TABLE video RENAME COLUMN month TO day")
        self.db.execute("UPDATE video SET day = day_at(sort)")
        self.mark([keys.EVERYTHING])
        self.set_meta("format", FORMAT)

    def _find_stored(self) -> None:
        """Let the search find what was stored before there was one."""
        # Asked apart: as a condition of the insertion it would be asked for every video there is.
        if self.db.execute("SELECT 1 FROM document LIMIT 1").fetchone():
            return
        self.db.create_function("cut_of", 1, cut_of, deterministic=True)
        self.db.execute("INSERT INTO document SELECT id, sort, cut_of(id) FROM video")

    def close(self) -> None:
        """Give the connection back."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self.db.in_transaction:  # SQLite ends it by itself where the disk is full
                self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def meta(self, key: str) -> str | None:
        """A remembered value."""
        value: str | None = self._one("SELECT value FROM meta WHERE key = ?", key)
        return value

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def epoch(self) -> str | None:
        """Identity of the database that the cursor belongs to."""
        return self.meta("epoch")

    @property
    def cursor(self) -> int:
        """The last sequence that the records contain."""
        return int(self.meta("cursor") or 0)

    def node(self, node_id: str) -> decode.Record | None:
        """A record by node ID; None if it is not public."""
        text = self._one("SELECT record FROM node WHERE id = ?", node_id)
        return None if text is None else decode.record(orjson.loads(text))

    def has(self, node_id: str) -> bool:
        """Whether a node is public."""
        return self._one("SELECT 1 FROM node WHERE id = ?", node_id) is not None

    def site(self) -> Site | None:
        """The site's own record."""
        record = self.node("site:site")
        return record if isinstance(record, Site) else None

    def banner(self) -> Banner | None:
        """The emergency announcement, if there is one."""
        record = self.node(keys.BANNER)
        return record if isinstance(record, Banner) else None

    def unit(self, code: str) -> Unit | None:
        """A unit, its ancestors left empty."""
        record = self.node(f"unit:{code}")
        return record if isinstance(record, Unit) else None

    def category(self, slug: str) -> Category | None:
        """A category."""
        record = self.node(f"category:{slug}")
        return record if isinstance(record, Category) else None

    def tag(self, slug: str) -> Tag | None:
        """A tag."""
        record = self.node(f"tag:{slug}")
        return record if isinstance(record, Tag) else None

    def video(self, public_id: str) -> Video | None:
        """A video with all that its watch page needs."""
        record = self._one("SELECT record FROM node WHERE id = ?", f"video:{public_id}")
        return None if record is None else stored.video(orjson.loads(record))

    def story(self, public_id: str) -> Story | None:
        """A story with all that its page needs."""
        record = self.node(f"story:{public_id}")
        return record if isinstance(record, Story) else None

    def publication_path(self, node_id: str) -> str | None:
        """URL path of a publication's page; None if it is not public."""
        query = "SELECT json_extract(card, '$.path') FROM video WHERE id = ?"
        value: str | None = self._one(query, node_id)
        return value

    def ids(self, kind: str) -> Iterator[str]:
        """All node IDs of a kind (`Unit`, `Video`…), in order."""
        for (node_id,) in self.db.execute(
            "SELECT id FROM node WHERE kind = ? ORDER BY id", (kind,)
        ):
            yield node_id

    def parents(self) -> dict[str, str | None]:
        """Every public unit's parent, by code."""
        return dict(self.db.execute("SELECT code, parent FROM unit"))

    def units_under(self, parent: str) -> list[str]:
        """Codes of the direct children of a unit."""
        return self._column("SELECT code FROM unit WHERE parent = ? ORDER BY code", parent)

    def units_at(self, level: str) -> list[str]:
        """Codes of all units of a level."""
        return self._column("SELECT code FROM unit WHERE level = ? ORDER BY code", level)

    def videos_of_unit(self, code: str) -> list[str]:
        """Node IDs of the publications filed directly under a unit."""
        return self._column("SELECT id FROM video WHERE unit = ? ORDER BY id", code)

    def newest(
        self, listing: str, *, count: int, below: str = keys.HIGHEST
    ) -> list[tuple[str, str]]:
        """Up to `count` videos of a listing below a sort key, newest first, as `(sort, ID)`."""
        query = (
            "SELECT sort, video FROM entry WHERE listing = ? AND sort < ? "
            "ORDER BY sort DESC LIMIT ?"
        )
        return self.db.execute(query, (listing, below, count)).fetchall()

    def between(self, listing: str, low: str, high: str) -> list[tuple[str, str]]:
        """All videos of a listing in `low <= sort < high`, newest first, as `(sort, ID)`."""
        query = (
            "SELECT sort, video FROM entry WHERE listing = ? AND sort >= ? AND sort < ? "
            "ORDER BY sort DESC"
        )
        return self.db.execute(query, (listing, low, high)).fetchall()

    def card(self, video_id: str) -> dict[str, Any]:
        """What lists, feeds and sitemaps show of a publication that is in some listing."""
        card: dict[str, Any] = orjson.loads(
            self._one("SELECT card FROM video WHERE id = ?", video_id)
        )
        return card

    def cards_between(self, listing: str, low: str, high: str) -> Iterator[dict[str, Any]]:
        """The cards of all videos of a listing in `low <= sort < high`, newest first."""
        query = (
            "SELECT video.card FROM entry JOIN video ON video.id = entry.video "
            "WHERE listing = ? AND entry.sort >= ? AND entry.sort < ? ORDER BY entry.sort DESC"
        )
        yield from map(orjson.loads, self._column(query, listing, low, high))

    def publication_paths(self) -> Iterator[tuple[str, str]]:
        """Node ID and URL path of every publication."""
        yield from self.db.execute("SELECT id, json_extract(card, '$.path') FROM video ORDER BY id")

    def sorts(self) -> dict[str, str]:
        """Place of every publication in time, by node ID."""
        return dict(self.db.execute("SELECT id, sort FROM video"))

    def documents(self, low: str, high: str) -> Iterator[str]:
        """Node IDs of what the search finds in `low <= sort < high`, newest first."""
        query = "SELECT id FROM document WHERE sort >= ? AND sort < ? ORDER BY sort DESC"
        for (node_id,) in self.db.execute(query, (low, high)):
            yield node_id

    def cut(self, node_id: str) -> tuple[str, int] | None:
        """Place of a document, and how large a cut of the search index it makes."""
        query = "SELECT sort, cut FROM document WHERE id = ?"
        found: tuple[str, int] | None = self.db.execute(query, (node_id,)).fetchone()
        return found

    def cut_below(self, sort: str, size: int) -> tuple[str, str] | None:
        """The next lower place where a document makes a cut of some size, as `(sort, id)`."""
        return self._cut("sort < ? ORDER BY sort DESC", sort, size)

    def cut_above(self, sort: str, size: int) -> tuple[str, str] | None:
        """The next higher one."""
        return self._cut("sort > ? ORDER BY sort", sort, size)

    def _cut(self, place: str, sort: str, size: int) -> tuple[str, str] | None:
        query = f"{CUTS} AND {place} LIMIT 1"
        found: tuple[str, str] | None = self.db.execute(query, (size, sort)).fetchone()
        return found

    def cuts(self, low: str, high: str, size: int) -> list[tuple[str, str]]:
        """All cuts of some size in `low <= sort < high`, in order, as `(sort, id)`."""
        query = f"{CUTS} AND sort >= ? AND sort < ? ORDER BY sort"
        return list(self.db.execute(query, (size, low, high)))

    def count_documents(self, low: str, high: str) -> int:
        """How many there are in `low <= sort < high`."""
        query = "SELECT count(*) FROM document WHERE sort >= ? AND sort < ?"
        return int(self._one(query, low, high))

    def put_document(self, node_id: str, sort: str | None, cut: int = 0) -> None:
        """Let the search find a node at its place; None: no more."""
        if sort is None:
            self.db.execute("DELETE FROM document WHERE id = ?", (node_id,))
        else:
            self.db.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (node_id, sort, cut)
            )

    def months(self, listing: str) -> list[str]:
        """Months `yyyy-mm` in which a listing has videos, newest first."""
        return self._column(
            "SELECT month FROM month WHERE listing = ? ORDER BY month DESC", listing
        )

    def counts(self, listing: str) -> list[tuple[str, int]]:
        """How many videos a listing has of each month, newest first."""
        query = "SELECT month, count FROM month WHERE listing = ? ORDER BY month DESC"
        return list(self.db.execute(query, (listing,)))

    def ends(self, listing: str) -> tuple[str, str] | None:
        """Sort keys of the first and the last video of a listing; None if it has none."""
        row: tuple[str | None, str | None] = self.db.execute(
            "SELECT (SELECT min(sort) FROM entry WHERE listing = ?1), "
            "(SELECT max(sort) FROM entry WHERE listing = ?1)",
            (listing,),
        ).fetchone()
        first, last = row
        return None if first is None or last is None else (first, last)

    def in_month(self, listing: str, month: str) -> int:
        """How many videos a listing has in a month."""
        query = "SELECT count FROM month WHERE listing = ? AND month = ?"
        return int(self._one(query, listing, month) or 0)

    def count_between(self, listing: str, low: str, high: str) -> int:
        """How many videos a listing has in `low <= sort < high`."""
        query = "SELECT count(*) FROM entry WHERE listing = ? AND sort >= ? AND sort < ?"
        return int(self._one(query, listing, low, high))

    def all_months(self) -> Iterator[tuple[str, str]]:
        """Every `(listing, yyyy-mm)` that has videos."""
        yield from self.db.execute("SELECT listing, month FROM month ORDER BY listing, month")

    def updated_on(self, day: str) -> str | None:
        """The newest change to a video of a day `yyyy-mm-dd`, ISO 8601."""
        value: str | None = self._one("SELECT max(updated_at) FROM video WHERE day = ?", day)
        return value

    def put_line(self, sequence: int, month: str, record: str) -> bool:
        """Keep a line of the public ledger; answers whether it is new."""
        query = "INSERT OR IGNORE INTO line VALUES (?, ?, ?)"
        return self.db.execute(query, (sequence, month, record)).rowcount > 0

    def put_month(self, listing: str, month: str, count: int) -> None:
        """A listing has that many videos in a month; a month without any is none."""
        if count:
            query = "INSERT OR REPLACE INTO month VALUES (?, ?, ?)"
            self.db.execute(query, (listing, month, count))
        else:
            query = "DELETE FROM month WHERE listing = ? AND month = ?"
            self.db.execute(query, (listing, month))

    def count_month(self, listing: str, month: str) -> bool:
        """One more in a month of a listing; answers whether it is the first."""
        self.db.execute(
            "INSERT INTO month VALUES (?, ?, 1) "
            "ON CONFLICT (listing, month) DO UPDATE SET count = count + 1",
            (listing, month),
        )
        query = "SELECT count = 1 FROM month WHERE listing = ? AND month = ?"
        return bool(self._one(query, listing, month))

    def newest_lines(self, count: int) -> list[str]:
        """Up to `count` lines of the public ledger as the API gave them, newest first."""
        return self._column("SELECT record FROM line ORDER BY sequence DESC LIMIT ?", count)

    def line(self, sequence: int) -> str | None:
        """One line as the API gave it."""
        found = self._column("SELECT record FROM line WHERE sequence = ?", sequence)
        return found[0] if found else None

    def line_numbers(self) -> list[int]:
        """Sequences of all lines, in order."""
        return [number for (number,) in self.db.execute("SELECT sequence FROM line ORDER BY 1")]

    def lines_in(self, month: str) -> list[str]:
        """The lines of one month as the API gave them, newest first."""
        query = "SELECT record FROM line WHERE month = ? ORDER BY sequence DESC"
        return self._column(query, month)

    def title_and_path(self, video_id: str) -> tuple[str, str] | None:
        """What a link to a video says and where it leads; None if it is not public."""
        query = (
            "SELECT json_extract(card, '$.title'), json_extract(card, '$.path') "
            "FROM video WHERE id = ?"
        )
        found: tuple[str, str] | None = self.db.execute(query, (video_id,)).fetchone()
        return found

    def dirty(self) -> list[str]:
        """Keys whose artifacts are not known to be current."""
        return self._column("SELECT key FROM dirty ORDER BY key")

    def mark(self, dirty: Iterable[str]) -> None:
        """Make keys dirty."""
        self.db.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", ((key,) for key in dirty))

    def wipe_content(self) -> None:
        """Forget every record; what was built, and former paths, stay known."""
        for table in CONTENT_TABLES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 -- names from the constant above

    def put_node(self, node_id: str, node: Mapping[str, Any] | None) -> None:
        """Keep a node as the API gave it, or forget it."""
        if node is None:
            self.db.execute("DELETE FROM node WHERE id = ?", (node_id,))
            return
        self.db.execute(
            "INSERT OR REPLACE INTO node VALUES (?, ?, ?, ?)",
            (node_id, node["__typename"], node["version"], stored.text(node)),
        )

    def take_entries(self, places: Iterable[tuple[str, str]]) -> None:
        """Take a video out of listings, by `(listing, sort)`."""
        self.db.executemany("DELETE FROM entry WHERE listing = ? AND sort = ?", places)

    def put_entries(self, video_id: str, places: Iterable[tuple[str, str]]) -> None:
        """Put a video into listings, by `(listing, sort)`."""
        rows = ((listing, sort, video_id) for listing, sort in places)
        self.db.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", rows)

    def _one(self, query: str, *values: object) -> Any:
        row = self.db.execute(query, values).fetchone()
        return row[0] if row else None

    def _column(self, query: str, *values: object) -> list[str]:
        return [value for (value,) in self.db.execute(query, values)]


def _day_at(sort: str) -> str:
    """The day on which something with a sort key was published."""
    return keys.day_of(keys.moment_of(sort))
