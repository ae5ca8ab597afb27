"""A builder of houses for each kind of database, for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cms.embedded.object_storage import RunningStore
from tests import postgresql
from tests.kills import newsroom
from tests.kills.houses import Builder, House
from tests.kills.points import Dwelling


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def builder(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    object_storage: RunningStore,
) -> Iterator[Builder]:
    """Makes houses on SQLite, then on PostgreSQL."""
    folder = tmp_path_factory.mktemp(f"houses-{request.param}")
    server = postgresql.server() if request.param == "postgresql" else ""
    made = Builder(folder, object_storage, server)
    yield made
    made.close()


@pytest.fixture
def house(builder: Builder) -> Iterator[House]:
    """A platform of this test alone, with the units of the newsroom."""
    with builder.house() as made:
        yield made


@pytest.fixture(scope="session")
def dwelling(builder: Builder) -> Iterator[Dwelling]:
    """A platform with a past, for stories that leave it as sound as they found it."""
    made = Dwelling(builder, newsroom.move_in)
    yield made
    made.close()
