"""Real parts every test may ask for: the object store, clips, a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cms.embedded import object_storage as embedded_storage


@pytest.fixture(scope="session")
def object_storage(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[embedded_storage.RunningStore]:
    """One SeaweedFS for the whole session, on free ports, closed to strangers."""
    with embedded_storage.running(tmp_path_factory.mktemp("storage")) as store:
        yield store
