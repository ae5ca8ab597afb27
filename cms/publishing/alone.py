"""One publisher at a time: two of them would move the same file in and out at once.

On PostgreSQL the lock is the server's and ends with the connection, wherever the publishers run; on
SQLite, whose publishers share a machine, it is `flock` on a file and ends with the process. So a
killed publisher holds up nobody, and no clock decides.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

# Any number that no other program takes on this database.
ADVISORY_KEY = 0x706F6C6963657475


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process publishes, and be the one that does."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_KEY])
        try:
            yield
        finally:
            _unlock()
        return
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.STATE_DIR / "publishing.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unlock() -> None:
    """A connection that is gone has let go already."""
    if connection.connection is not None and connection.is_usable():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_KEY])
