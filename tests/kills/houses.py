"""A whole platform in a folder of its own: database, buckets, build, edge. On either database."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from cms.embedded.object_storage import RunningStore
from tests import migrated
from tests.kills import calls
from tests.kills.processes import Child, Zygote
from tests.postgresql import named

TEMPLATE = "policetube_template"


class House:
    """Where calls live. Every call is a process of its own, which may be killed."""

    def __init__(self, zygote: Zygote, folder: Path, store: RunningStore, database: str) -> None:
        prefix = f"k{secrets.token_hex(5)}"
        self.folder = folder
        self.zygote = zygote
        self.database = database
        self.place: dict[str, Any] = {
            "database": database,
            "settings": {
                "STATE_DIR": str(folder),
                "SITE_BUILD_DIR": str(folder / "dist"),
                "SITE_TARGETS": [f"file:{folder / 'edge'}"],
                "SITE_EDGE_URL": "",
                "S3_ENDPOINT_URL": store.endpoint_url,
                "S3_ACCESS_KEY_ID": store.access_key,
                "S3_SECRET_ACCESS_KEY": store.secret_key,
                "S3_BUCKET_PREFIX": prefix,
                "MEDIA_BASE_URL": f"{store.endpoint_url}/{prefix}-media",
            },
        }

    def start(
        self,
        call: Callable[..., Any],
        *args: Any,
        kill: tuple[str, int] | None = None,
        hold: tuple[str, int] | None = None,
    ) -> Child:
        return self.zygote.start(self.place, call, *args, kill=kill, hold=hold)

    def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Its result; raises `CallFailedError`."""
        return self.start(call, *args).result()

    def copy_of(self) -> dict[str, Any]:
        """The same database and buckets, with another build and edge: for a full build."""
        other = self.folder.with_name(self.folder.name + "-anew")
        shutil.rmtree(other, ignore_errors=True)
        return {
            "database": self.database,
            "settings": self.place["settings"]
            | {
                "STATE_DIR": str(other),
                "SITE_BUILD_DIR": str(other / "dist"),
                "SITE_TARGETS": [f"file:{other / 'edge'}"],
                "SITE_EDGE_URL": "",
                "SITE_PURGE_URL": "",
            },
        }


class Builder:
    """Makes houses on one kind of database, each from the same migrated template."""

    def __init__(self, folder: Path, store: RunningStore, postgresql: str = "") -> None:
        self._folder = folder
        self._store = store
        self._server = postgresql
        # Runs within a run, and others beside it, use the same server.
        self._template = f"{TEMPLATE}_{secrets.token_hex(6)}"
        folder.mkdir(parents=True, exist_ok=True)
        if postgresql:
            self._sql(
                f"CREATE DATABASE {self._template} TEMPLATE {migrated.on_postgresql(postgresql)}"
            )
            url = named(postgresql, self._template)
        else:
            shutil.copyfile(migrated.on_sqlite(), folder / self._template)
            url = f"sqlite:///{folder / self._template}"
        self.zygote = Zygote(folder / "calls", url, store.endpoint_url)
        place = {"database": self._path(self._template), "settings": {}}
        self.zygote.start(place, calls.settle).result()
        if not postgresql:
            with sqlite3.connect(folder / self._template) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()

    def _path(self, name: str) -> str:
        return name if self._server else str(self._folder / name)

    def _sql(self, *statements: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    @contextmanager
    def house(self) -> Iterator[House]:
        """A fresh house with the newsroom's units; everything of it goes with the block."""
        name = f"house_{secrets.token_hex(6)}"
        folder = self._folder / name
        folder.mkdir()
        database = name if self._server else str(folder / "db.sqlite3")
        if self._server:
            self._sql(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        else:
            shutil.copyfile(self._folder / self._template, database)
        house = House(self.zygote, folder, self._store, database)
        try:
            house.run(calls.furnish)
            yield house
        finally:
            house.run(calls.clear_out)
            if self._server:
                self._sql(f"DROP DATABASE {name} WITH (FORCE)")
            shutil.rmtree(folder, ignore_errors=True)
            shutil.rmtree(folder.with_name(folder.name + "-anew"), ignore_errors=True)

    def close(self) -> None:
        self.zygote.close()
        if self._server:
            self._sql(f"DROP DATABASE IF EXISTS {self._template} WITH (FORCE)")
