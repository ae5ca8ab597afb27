"""What belongs to a node among the files of the site, told at any moment."""

from __future__ import annotations

import pytest

from site_builder import Progress, artifacts_of
from site_builder.build import STORE
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import Place, identifier

VIDEO = identifier(3)
NODE = f"video:{VIDEO}"


def address(api: FakeApi, public_id: str) -> str:
    path: str = (api.node(f"video:{public_id}") or {})["path"]
    return path


def files_about(place: Place, name: str) -> set[str]:
    return {path for path in place.files() if name in path and not path.startswith("manifest")}


def test_a_video_owns_its_page_and_its_player(api: FakeApi, place: Place) -> None:
    place.build(api)
    found = artifacts_of(place.state, {NODE: address(api, VIDEO)})
    assert found == {NODE: files_about(place, VIDEO)}
    assert len(found[NODE]) == 3


def test_a_story_owns_its_page(api: FakeApi, place: Place) -> None:
    api.put_story("7s00001")
    place.build(api)
    node = api.node("story:7s00001") or {}
    found = artifacts_of(place.state, {"story:7s00001": node["path"]})
    assert found == {"story:7s00001": files_about(place, "7s00001")}


def test_former_addresses_are_its_own_too(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = address(api, VIDEO)
    api.put_video(VIDEO, slug="nama-lain")
    place.build(api)
    found = artifacts_of(place.state, {NODE: address(api, VIDEO)})[NODE]
    assert found == files_about(place, VIDEO) | {f"{before[1:]}index.html"}
    api.remove_video(VIDEO)
    place.build(api)
    assert not files_about(place, VIDEO)
    # The page itself, its last address and the one before: they answer that it is gone.
    assert artifacts_of(place.state, {NODE: "/video/x/y/"})[NODE] >= {
        f"{before[1:]}index.html",
        f"video/{VIDEO}/nama-lain/index.html",
    }


def test_a_unit_owns_its_listing_its_feeds_and_its_months(api: FakeApi, place: Place) -> None:
    place.build(api)
    found = artifacts_of(place.state, {"unit:polda-bali": "/unit/polda-bali/"})["unit:polda-bali"]
    assert found == files_about(place, "unit/polda-bali/")
    assert any("/2026/" in path for path in found)
    assert {"unit/polda-bali/feed.xml", "unit/polda-bali/latest.json"} <= found


def test_nodes_own_nothing_of_each_other(api: FakeApi, place: Place) -> None:
    place.build(api)
    nodes = {f"video:{key}": address(api, key) for key in api.videos}
    found = artifacts_of(place.state, nodes)
    assert sum(map(len, found.values())) == len(frozenset.union(*found.values())) == 3 * len(nodes)


@pytest.mark.parametrize("begun", [False, True], ids=["without a build", "when it has just begun"])
def test_without_a_record_the_address_says_it(place: Place, *, begun: bool) -> None:
    if begun:
        # SQLite makes the file before the first table is in it.
        place.state.mkdir(parents=True)
        (place.state / STORE).touch()
    found = artifacts_of(place.state, {NODE: f"/video/{VIDEO}/judul/", "tag:helm": "/tag/helm/"})
    assert found == {
        NODE: {
            f"video/{VIDEO}/judul/index.html",
            f"embed/{VIDEO}/index.html",
            f"embed/{VIDEO}/oembed.json",
        },
        "tag:helm": {"tag/helm/index.html", "tag/helm/feed.xml"},
    }


def test_it_is_told_beside_a_build_that_is_under_way(api: FakeApi, place: Place) -> None:
    place.build(api)
    before = address(api, VIDEO)
    api.put_video(VIDEO, slug="nama-lain")
    found: list[frozenset[str]] = []

    def look(progress: Progress) -> None:
        if progress.stage in {"render", "write"}:
            found.append(artifacts_of(place.state, {NODE: address(api, VIDEO)})[NODE])

    place.build(api, progress=look)
    assert len(found) > 1
    # Where it was, which is live, and where it is about to be.
    for paths in found:
        assert {f"{before[1:]}index.html", f"video/{VIDEO}/nama-lain/index.html"} <= paths
