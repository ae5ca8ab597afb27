"""Databases with all migrations applied, made once in a run and copied by whoever needs one.

Migrating takes ten seconds of a processor; the workers of a run and their zygotes would do it
again and again.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path

import psycopg

from tests.postgresql import named

ROOT = Path(__file__).resolve().parents[1]
SHARED = "POLICETUBE_TESTS_FOLDER"
MADE = "postgresql"


@contextmanager
def folder_of_this_run() -> Iterator[None]:
    """A folder that all workers find in the environment they are started with."""
    if SHARED in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="policetube-tests-") as folder:
        os.environ[SHARED] = folder
        try:
            yield
        finally:
            del os.environ[SHARED]
            _drop(Path(folder) / MADE)


@lru_cache(maxsize=1)
def on_sqlite() -> Path:
    """A file that is never written to again."""
    made = Path(os.environ[SHARED]) / "migrated.sqlite3"
    with _alone():
        if not made.exists():
            part = made.with_suffix(".part")
            _migrate("sqlite", str(part))
            with closing(sqlite3.connect(part)) as database:
                # One file, without a log beside it.
                database.execute("PRAGMA journal_mode=DELETE")
            part.replace(made)
    return made


@lru_cache(maxsize=1)
def on_postgresql(server: str) -> str:
    """Name of a database to give as TEMPLATE; nobody is connected to it."""
    note = Path(os.environ[SHARED]) / MADE
    name = note.parent.name.replace("-", "_").lower()
    with _alone():
        if not note.exists():
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            _migrate(named(server, name), name)
            note.write_text(f"{server}\n{name}")
    return name


def put_back() -> None:
    """Into emptied tables: what the migrations made, and nothing that putting it back has told."""
    from django.apps import apps
    from django.db import connection, transaction

    content: str = connection._test_serialized_contents  # type: ignore[attr-defined]
    connection.creation.deserialize_db_from_string(content)
    made: dict[str, list[object]] = {}
    for row in json.loads(content):
        made.setdefault(row["model"], []).append(row["pk"])
    with transaction.atomic():
        for model in apps.get_models():
            # Our own handlers hear of every row that is saved, and write of it.
            if model._meta.app_label in {"publishing", "django_tasks_database"}:
                told = model._base_manager.exclude(pk__in=made.get(model._meta.label_lower, ()))
                told._raw_delete(connection.alias)


def _drop(note: Path) -> None:
    """The server may be somebody's who keeps it."""
    if note.exists():
        server, name = note.read_text().split("\n")
        # One of our own may have been taken away by now, and the database with it.
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(server, autocommit=True) as connection,
        ):
            connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())


@contextmanager
def _alone() -> Iterator[None]:
    with (Path(os.environ[SHARED]) / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _migrate(url: str, name: str) -> None:
    """In a process of its own: settings decide once which kind of database there is."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"}
    environment.pop("DATABASE_URL", None)
    if url != "sqlite":
        environment["DATABASE_URL"] = url
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.migrated", name],
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=280,
    )


def main(name: str) -> None:
    """Apply every migration to a database that has none yet."""
    import django
    from django.core.management import call_command
    from django.db import connections

    django.setup()
    connections.databases["default"]["NAME"] = name
    call_command("migrate", verbosity=0, interactive=False)


if __name__ == "__main__":
    main(sys.argv[1])
