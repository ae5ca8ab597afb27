"""A cache is told exactly what changed: a server that notes it, and a real Varnish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from cms.embedded.object_storage import RunningStore
from static_export import ExportError, push
from static_export.paths import object_key, url_path
from static_export.purge import BATCH, HttpPurger
from tests.static_export.houses import AWAY, House, as_new, housed
from tests.static_export.places import DirectoryPlace, Recorder
from tests.static_export.servers import QuietHandler, serving
from tests.static_export.sites import Site, small_site, video


@dataclass
class Cache:
    url: str = ""
    purged: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cache]:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    found = Cache()

    class Handler(QuietHandler):
        def do_PURGE(self) -> None:
            status = found.answers.pop() if found.answers else 200
            if status < 300:
                found.purged.append(self.path)
            self.answer(status)

    with serving(Handler) as found.url:
        yield found


def test_exactly_the_changed_urls_are_purged_withdrawals_first(
    directory: DirectoryPlace, site: Site, cache: Cache
) -> None:
    push(dist=site.write(), target=directory.address)
    del site.files[video(1) + "index.html"]
    site.gone.add(f"/{video(1)}")
    site.files["index.html"] = b"other"
    site.files["tag/bali utara/index.html"] = b"new"
    moments: list[tuple[str, tuple[str, ...]]] = []

    def note(operation: str, key: str) -> None:
        if operation == "put":
            moments.append((key, tuple(cache.purged)))

    report = push(
        dist=site.next().write(), target=Recorder(directory.target(), note), purge_url=cache.url
    )
    assert sorted(cache.purged) == sorted(["/", "/tag/bali%20utara/", f"/{video(1)}"])
    assert report.purged[0] == f"/{video(1)}"
    assert dict(moments)["index.html"] == (f"/{video(1)}",), "before the listings are put"


def test_nothing_changed_purges_nothing(
    directory: DirectoryPlace, site: Site, cache: Cache
) -> None:
    push(dist=site.write(), target=directory.address)
    assert push(dist=site.folder, target=directory.address, purge_url=cache.url).purged == ()
    assert cache.purged == []


def test_a_refused_purge_is_tried_again_and_404_is_as_good(cache: Cache) -> None:
    cache.answers = [404, 503, 500]
    purger = HttpPurger(cache.url)
    assert purger.purge(["/a/"]) == ("/a/",)
    assert purger.purge(f"/{n}/" for n in range(2 * BATCH + 1)) == tuple(
        f"/{n}/" for n in range(2 * BATCH + 1)
    )
    purger.close()
    assert len(cache.purged) == 2 * BATCH + 1


def test_a_purge_that_fails_is_done_by_the_next_push(
    directory: DirectoryPlace, site: Site, cache: Cache
) -> None:
    push(dist=site.write(), target=directory.address)
    site.files["index.html"] = b"other"
    cache.answers = [503] * 6
    with pytest.raises(ExportError, match=r"PURGE .*503.*push again"):
        push(dist=site.next().write(), target=directory.address, purge_url=cache.url)
    report = push(dist=site.folder, target=directory.address, purge_url=cache.url)
    assert report.purged == ("/",)
    assert report.resumed == 1


@pytest.fixture(scope="module")
def one_house(
    tmp_path_factory: pytest.TempPathFactory, object_storage: RunningStore
) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("purge"), object_storage) as found:
        yield found


@pytest.fixture
def house(one_house: House) -> House:
    return as_new(one_house)


def read_all(house: House) -> dict[str, int]:
    """Read every page and file; return those the store was asked for, and how often."""
    house.origin.asked.clear()
    paths = {url_path(path) for path in small_site(house.edge.site.folder).files} | {AWAY}
    for path in paths:
        assert house.get(path).status_code in {200, 410}
    return {path: count for path in paths if (count := house.origin.asked_for(path))}


@pytest.mark.storage
def test_varnish_asks_again_for_exactly_what_changed(house: House) -> None:
    read_all(house)
    assert read_all(house) == {}
    site = house.edge.site
    site.files["index.html"] = b"<h1>Lain</h1>"
    site.files[video(2) + "index.html"] = b"<h1>Lain</h1>"
    del site.files[video(1) + "index.html"]
    site.gone.add(f"/{video(1)}")
    changed = {"/", f"/{video(1)}", f"/{video(2)}"}
    assert set(house.edge.show()) == changed
    assert house.origin.asked == {object_key(path): 1 for path in changed}, "to be read back"
    assert house.get("/").content == house.get(f"/{video(2)}").content == b"<h1>Lain</h1>"
    assert house.get(f"/{video(1)}").status_code == 410
    assert read_all(house) == {}, "nothing else was lost"


@pytest.mark.storage
def test_varnish_shows_nothing_withdrawn_before_anything_else_is_put(house: House) -> None:
    read_all(house)
    site = house.edge.site
    del site.files[video(1) + "index.html"]
    site.files["index.html"] = b"<h1>Lain</h1>"
    site.files["feed.xml"] = b"<feed>lain</feed>"
    seen: dict[str, int] = {}

    def look(operation: str, key: str) -> None:
        if operation == "put":
            seen[key] = house.get(f"/{video(1)}").status_code

    assert house.edge.target
    push(
        dist=site.next().write(),
        target=Recorder(house.edge.target(), look),
        purge_url=house.edge.base,
    )
    assert seen == {"index.html": 404, "feed.xml": 404}


@pytest.mark.storage
def test_with_the_store_gone_varnish_shows_what_was_read_and_nothing_withdrawn(
    house: House,
) -> None:
    read_all(house)
    site = house.edge.site
    del site.files[video(1) + "index.html"]
    del site.files[video(2) + "index.html"]
    site.gone.add(f"/{video(2)}")
    assert house.edge.target
    push(dist=site.next().write(), target=house.edge.target(), purge_url=house.edge.base)
    house.origin.failing = "cut"
    for number in (0, 3, 4, 5):
        assert house.get(f"/{video(number)}").content == site.files[video(number) + "index.html"]
    for number in (1, 2):
        assert house.get(f"/{video(number)}").status_code == 503
    house.origin.failing = ""
    assert house.get(f"/{video(1)}").status_code == 404
    assert house.get(f"/{video(2)}").status_code == 410
