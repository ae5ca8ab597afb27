"""Real parts every test may ask for: the object store, clips, a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test.signals import setting_changed
from playwright.sync_api import Playwright, sync_playwright

from cms import i18n
from cms.embedded import object_storage as embedded_storage


def pytest_configure() -> None:
    """Compiled catalogues are in no checkout, and Django has looked for them by now."""
    if i18n.compile_catalogues():
        setting_changed.send(sender=None, setting="LOCALE_PATHS", value=None, enter=True)


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
