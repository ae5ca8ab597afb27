"""The places that the contract suite pushes to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cms.embedded.object_storage import RunningStore
from tests.netlify.api import Netlify, handler_of
from tests.static_export.places import AnyPlace, BucketPlace, DirectoryPlace, NetlifyPlace, Place
from tests.static_export.servers import serving
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


@pytest.fixture
def netlify(monkeypatch: pytest.MonkeyPatch) -> Iterator[Netlify]:
    """Netlify's API, in which nobody waits long."""
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("static_export.targets.netlify.PAUSE", 0.01)
    found = Netlify()
    with serving(handler_of(found)) as found.url:
        for name, value in NetlifyPlace(found).environment.items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
def netlify_site(netlify: Netlify) -> NetlifyPlace:
    return NetlifyPlace(netlify)


@pytest.fixture(params=["directory", pytest.param("bucket", marks=pytest.mark.storage)])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.fixture(
    params=["directory", pytest.param("bucket", marks=pytest.mark.storage), "netlify_site"]
)
def any_place(request: pytest.FixtureRequest) -> AnyPlace:
    """Every kind of target."""
    found: AnyPlace = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return small_site(tmp_path / "dist")
