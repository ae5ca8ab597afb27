"""Real parts every test may ask for: the object store, clips, a browser."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest
from django.conf import settings
from django.test.signals import setting_changed
from playwright.sync_api import Playwright, expect, sync_playwright
from pytest_django.plugin import blocking_manager_key

from cms import i18n
from cms.embedded import object_storage as embedded_storage
from tests import certificates, migrated, postgresql, sampling, sharing

ROLLBACK = "serialized_rollback"
# Where Django keeps a test's SQLite (django/db/backends/sqlite3/creation.py).
IN_MEMORY = "file:memorydb_default?mode=memory&cache=shared"


def pytest_configure(config: pytest.Config) -> None:
    """Compiled catalogues are in no checkout, and Django has looked for them by now."""
    if i18n.compile_catalogues():
        setting_changed.send(sender=None, setting="LOCALE_PATHS", value=None, enter=True)
    certificates.read_once()
    folder = migrated.folder_of_this_run()
    folder.__enter__()
    config.add_cleanup(lambda: folder.__exit__(None, None, None))


def pytest_report_header() -> str:
    """What repeats this run's sample of the long ones."""
    return f"sample of the long runs: SAMPLE_SEED={sampling.seed()}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadgroup`, our groups."""
    return sharing.scheduler(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A sample of the long ones. Long groups first, each in one piece, else in any order."""
    items[:], left_out = sampling.one_of_each(items)
    config.hook.pytest_deselected(items=left_out)
    items.sort(key=lambda item: sharing.place(item.nodeid))
    for item in items:
        if _commits(item) and not _terms(item).get(ROLLBACK):
            raise pytest.UsageError(f"{item.nodeid} commits; mark it with {ROLLBACK}=True, too.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Whoever comes after a test that commits finds what the migrations made.

    Django empties the tables after such a test and fills them again only before the next of its
    kind (`TransactionTestCase`); here files follow each other in any order.
    """
    yield
    if nextitem is not None and _commits(item):
        with item.config.stash[blocking_manager_key].unblock():
            migrated.put_back()


def _commits(item: pytest.Item) -> bool:
    return bool(_terms(item).get("transaction"))


def _terms(item: pytest.Item) -> Mapping[str, Any]:
    """What a test says of the database it wants."""
    marker = item.get_closest_marker("django_db")
    return marker.kwargs if marker else {}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """A copy of the migrated database stands where Django is about to migrate an empty one."""
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        server = postgresql.server()
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = migrated.on_postgresql(server)
        yield
        return
    with closing(sqlite3.connect(IN_MEMORY, uri=True)) as copy:
        with closing(sqlite3.connect(migrated.on_sqlite())) as original:
            original.backup(copy)
        yield


@pytest.fixture(scope="session")
def object_storage(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[embedded_storage.RunningStore]:
    """One SeaweedFS for the whole session, on free ports, closed to strangers."""
    with embedded_storage.running(tmp_path_factory.mktemp("storage")) as store:
        yield store
        # Asked to end, it takes all the seconds it is given; nobody needs its files any more.
        store.process.kill()


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """What starts browsers; a process can have only one.

    While it lives an event loop runs in this thread. Django takes that for asynchronous code: it
    refuses the database and hands out other connections (asgiref's `Local`). So it ends with its
    module, before others of this process use the database.
    """
    # Seconds are long where nothing else runs; they are not where three browsers share a core.
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        yield playwright
