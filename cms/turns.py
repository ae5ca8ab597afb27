"""Who writes when: on PostgreSQL writers take turns, as SQLite makes them by itself.

Wagtail saves rows whole, their place in the tree included, and moves branches by statements that
see no page another has just added: two writers at once leave pages that nobody finds any more,
take back what the other has published, or end in a deadlock. A turn is an advisory lock; it is
waited for before anything is read and given up with the transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# Any numbers that nothing else in this database uses.
COMPARING = 0x50_4F_4C_49_54_55_42_45
WRITING = COMPARING + 1
# First of the two halves of a page's key.
PAGE = 0x50_4F_4C_49


def no_longer_than(seconds: int) -> None:
    """From now on in this transaction, who waits longer for a lock gets an `OperationalError`."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds}s"])


@contextmanager
def briefly(seconds: float = 0.2) -> Iterator[None]:
    """For what may as well not be written: who waits longer on SQLite gets an `OperationalError`.

    PostgreSQL locks rows, not the database, and nobody else writes these.
    """
    if connection.vendor != "sqlite":
        yield
        return
    patience = connection.settings_dict["OPTIONS"].get("timeout", 5)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")


def alone() -> None:
    """Until this transaction ends, no other writer."""
    _lock("pg_advisory_xact_lock(%s)", WRITING)


@contextmanager
def writing() -> Iterator[None]:
    """One transaction, alone before it locks its first row: so nobody ends in a deadlock."""
    with transaction.atomic():
        alone()
        yield


def beside_others(page: int | None = None) -> None:
    """For what touches neither the tree nor the public: only with `page` is it alone, and there."""
    _lock("pg_advisory_xact_lock_shared(%s)", WRITING)
    if page is not None:
        _lock("pg_advisory_xact_lock(%s, %s)", PAGE, page)


def to_compare() -> None:
    """Until this transaction ends, nobody else compares."""
    _lock("pg_advisory_xact_lock(%s)", COMPARING)


def _lock(function: str, *key: int) -> None:
    # SQLite's transactions are alone anyway.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}", key)
