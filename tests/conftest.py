"""Real parts every test may ask for: the object store, clips, a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test.signals import setting_changed
from playwright.sync_api import Playwright, sync_playwright
from xdist.scheduler import LoadScopeScheduling, Scheduling

from cms import i18n
from cms.embedded import object_storage as embedded_storage

TRIAL = "tests/e2e/"


class TrialScheduling(LoadScopeScheduling):
    """Test by test wherever there is room, but the trial as one piece."""

    def _split_scope(self, nodeid: str) -> str:
        return TRIAL if nodeid.startswith(TRIAL) else nodeid


def pytest_configure() -> None:
    """Compiled catalogues are in no checkout, and Django has looked for them by now."""
    if i18n.compile_catalogues():
        setting_changed.send(sender=None, setting="LOCALE_PATHS", value=None, enter=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """One worker for the trial of the whole platform: another would start it a second time.

    The groups of `--dist loadgroup` are for this, but pytest 9.2 ignores them with xdist 3.8.
    """
    return TrialScheduling(config, log)


@pytest.fixture(scope="session")
def object_storage(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[embedded_storage.RunningStore]:
    """One SeaweedFS for the whole session, on free ports, closed to strangers."""
    with embedded_storage.running(tmp_path_factory.mktemp("storage")) as store:
        yield store


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """What starts browsers; a process can have only one."""
    with sync_playwright() as playwright:
        yield playwright
