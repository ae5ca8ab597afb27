"""The places that the contract suite pushes to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cms.embedded.object_storage import RunningStore
from tests.static_export.places import BucketPlace, DirectoryPlace, Place
from tests.static_export.sites import Site, small_site


@pytest.fixture
def bucket(object_storage: RunningStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[BucketPlace]:
    place = BucketPlace(
        endpoint_url=object_storage.endpoint_url,
        access_key=object_storage.access_key,
        secret_key=object_storage.secret_key,
    )
    for name, value in place.environment.items():
        monkeypatch.setenv(name, value)
    yield place
    place.drop()


@pytest.fixture
def directory(tmp_path: Path) -> DirectoryPlace:
    return DirectoryPlace(tmp_path / "edge")


@pytest.fixture(params=["directory", pytest.param("bucket", marks=pytest.mark.storage)])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return small_site(tmp_path / "dist")
