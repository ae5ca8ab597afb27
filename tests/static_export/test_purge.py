"""A cache is told exactly what changed: a real HTTP server that obeys PURGE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from static_export import ExportError, push
from static_export.purge import BATCH, HttpPurger
from tests.static_export.places import DirectoryPlace, Recorder
from tests.static_export.servers import QuietHandler, serving
from tests.static_export.sites import Site, video


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
