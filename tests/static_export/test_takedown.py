"""What was withdrawn is gone at once, and no push brings it back, wherever the two meet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from static_export import (
    ExportError,
    TakedownReport,
    Withdrawal,
    number,
    push,
    rollback,
    still_up,
    takedown,
    unnumbered,
    unsettled,
)
from static_export.errors import TransientError
from static_export.paths import object_key
from static_export.taken import Taken
from static_export.targets import open_target, target_name
from tests.static_export.places import BucketPlace, DirectoryPlace, Place, Recorder
from tests.static_export.servers import QuietHandler, serving
from tests.static_export.sites import Site, video

KEY = video(3) + "index.html"
STATE = ".policetube/state.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pushes and takedowns keep what they know of a target."""
    return tmp_path / "push"


def withdrawn(*keys: str, mark: str = "first", sequence: int | None = 2) -> Withdrawal:
    return Withdrawal(
        mark=mark, keys=frozenset(keys or (KEY,)), epoch="epoch-one", sequence=sequence
    )


def take_down(place: Place, folder: Path, *withdrawals: Withdrawal, **more: Any) -> TakedownReport:
    more = {"targets": [place.address], **more}
    return takedown(withdrawals=withdrawals or [withdrawn()], state=folder, **more)


def without(site: Site, *keys: str, gone: bool = True) -> Site:
    """The next build, made when the pages were no longer public."""
    for key in keys or (KEY,):
        del site.files[key]
        if gone:
            site.gone.add("/" + key.removesuffix("index.html"))
    return site.next()


def seen(report: TakedownReport) -> dict[str, str]:
    return {one.key: one.seen for one in report.visible}


def recorded(place: Place, folder: Path) -> set[str]:
    return set(Taken.of(place.target().name, folder).entries())


def test_a_page_answers_410_at_once_and_no_other_page_is_touched(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    before = place.answers()
    recorder = Recorder(place.target())
    report = take_down(place, folder, targets=[recorder])
    assert report.taken == (KEY,)
    assert report.visible == ()
    assert place.answers() == before | {KEY: "410"}
    state, kept = ".policetube/state.json", f".policetube/kept/1/{KEY}"
    assert {key for _, key in recorder.calls} == {KEY, "410.html", state, kept}


def test_all_that_a_video_has_goes_with_its_page(place: Place, site: Site, folder: Path) -> None:
    owned = [KEY, "embed/dx000003/index.html", "video/dx000003/nama-lama/index.html"]
    site.files[owned[1]] = b"<video>"
    site.redirects["/video/dx000003/nama-lama/"] = (f"/{video(3)}", 301)
    push(dist=site.write(), target=place.address, state=folder)
    report = take_down(place, folder, withdrawn(*owned))
    assert report.taken == tuple(sorted(owned))
    assert {place.answers()[key] for key in owned} == {"410"}


def test_what_was_never_there_leaves_nothing_behind_once_a_build_knows(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    strange = video(30) + "index.html"
    take_down(place, folder, withdrawn(strange))
    push(dist=site.next().write(), target=place.address, state=folder)
    assert strange not in place.answers()
    assert not recorded(place, folder)


def test_it_may_be_repeated_and_then_only_looks(place: Place, site: Site, folder: Path) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder)
    recorder = Recorder(place.target())
    assert take_down(place, folder, targets=[recorder]).taken == ()
    assert not recorder.done("put", "delete", "write_state")


def test_an_older_build_leaves_it_down_and_a_newer_one_settles_it(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder)
    site.built_with = "b" * 64
    site.files[KEY] = b"<h1>With another look</h1>"
    report = push(dist=site.write(), target=place.address, state=folder)
    assert report.gone == ((KEY, "taken down"),)
    assert KEY not in {key for key, _ in report.uploaded}
    assert place.answers()[KEY] == "410"
    assert recorded(place, folder) == {KEY}
    push(dist=without(site).write(), target=place.address, state=folder)
    assert place.answers()[KEY] == "410"
    assert not recorded(place, folder)
    assert push(dist=site.folder, target=place.address, state=folder).changed == 0


def test_a_build_that_says_nothing_of_it_takes_the_tombstone_away(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder)
    report = push(dist=without(site, gone=False).write(), target=place.address, state=folder)
    assert report.deleted == ((KEY, "unfinished push"),)
    assert KEY not in place.answers()


def test_what_returns_just_as_it_was_is_put_back_though_no_manifest_differs(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder)
    site.next().next()
    recorder = Recorder(place.target())
    report = push(dist=site.write(), target=recorder, state=folder)
    assert [key for key, _ in report.uploaded] == [KEY]
    assert recorder.done("put") == [KEY]
    assert place.read(KEY) == site.files[KEY]
    assert not recorded(place, folder)
    recorder = Recorder(place.target())
    push(dist=site.folder, target=recorder, state=folder)
    assert recorder.calls == [("read_state", STATE)]


def test_while_it_has_no_number_no_build_is_new_enough(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder, withdrawn(sequence=None))
    site.files[KEY] += b"changed"
    site.sequence = 100
    push(dist=site.write(), target=place.address, state=folder)
    assert place.answers()[KEY] == "410"
    number({"another": 3}, state=folder)
    push(dist=site.next().write(), target=place.address, state=folder)
    assert place.answers()[KEY] == "410"
    assert unnumbered(state=folder) == {"first"}
    number({"first": 99}, state=folder)
    # Tried again by somebody who does not know its number.
    take_down(place, folder, withdrawn(sequence=None))
    assert unnumbered(state=folder) == frozenset()
    push(dist=site.next().write(), target=place.address, state=folder)
    assert place.read(KEY) == site.files[KEY]


def test_withdrawn_a_second_time_it_waits_for_the_second_number(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder, withdrawn(sequence=2))
    take_down(place, folder, withdrawn(mark="second", sequence=4))
    number({"first": 2}, state=folder)
    site.sequence, site.files[KEY] = 3, b"public between the two"
    push(dist=site.write(), target=place.address, state=folder)
    assert place.answers()[KEY] == "410"


def test_the_site_of_another_database_has_its_own_truth(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder, withdrawn(sequence=50))
    site.epoch = "epoch-two"
    push(dist=site.write(), target=place.address, state=folder, accept_epoch=True)
    assert place.read(KEY) == site.files[KEY]
    assert not recorded(place, folder)


def test_a_killed_push_is_finished_without_what_was_taken_down_since(
    place: Place, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    for key in (KEY, video(4) + "index.html"):
        site.files[key] += b"<p>Ralat</p>"

    def die(operation: str, key: str) -> None:
        if (operation, key) == ("put", video(4) + "index.html"):
            raise ExportError("target-failed", "cut")

    with pytest.raises(ExportError, match="cut"):
        push(dist=site.next().write(), target=Recorder(place.target(), die), state=folder)
    take_down(place, folder, withdrawn(sequence=3))
    push(dist=site.folder, target=place.address, state=folder)
    assert place.answers()[KEY] == "410"
    assert place.read(video(4) + "index.html") == site.files[video(4) + "index.html"]


def test_a_push_that_dies_before_it_forgets_is_made_good_by_the_next(
    place: Place, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder)
    with monkeypatch.context() as patch:
        patch.setattr(Taken, "drop", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            push(dist=without(site).write(), target=place.address, state=folder)
    push(dist=site.folder, target=place.address, state=folder)
    assert place.answers()[KEY] == "410"
    assert not recorded(place, folder)


MOMENTS = {
    "before it decides": ("read_state", STATE, 1),
    "before it says what it will do": ("write_state", STATE, 1),
    "before the first byte": ("put", video(0) + "index.html", 1),
    "during the put": ("put", KEY, 1),
    "before the next byte": ("put", video(5) + "index.html", 1),
    "before the manifest": ("write_state", "shards", 1),
    "before it is live": ("write_state", STATE, 2),
    "before it clears up": ("delete_state", "shards", 1),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_moment_of_a_push_brings_back_what_is_taken_down_beside_it(
    place: Place, site: Site, folder: Path, moment: str
) -> None:
    stays_down(place, site, folder, MOMENTS[moment], waits=True)


@pytest.mark.parametrize("moment", MOMENTS)
def test_nor_does_a_push_that_stands_still_meanwhile(
    directory: DirectoryPlace, site: Site, folder: Path, moment: str
) -> None:
    stays_down(directory, site, folder, MOMENTS[moment], waits=False)


def stays_down(
    place: Place, site: Site, folder: Path, moment: tuple[str, str, int], *, waits: bool
) -> None:
    """Take a page down at a moment of a push that would change it, and let three more follow."""
    push(dist=site.write(), target=place.address, state=folder)
    for key in site.files:
        if key.startswith("video/"):
            site.files[key] += b"<p>Ralat</p>"
    reports: list[TakedownReport] = []
    threads: list[threading.Thread] = []

    def withdraw() -> None:
        reports.append(take_down(place, folder, withdrawn(sequence=3)))

    push(
        dist=site.next().write(),
        target=Recorder(place.target(), at(moment, withdraw, threads, waits=waits)),
        state=folder,
    )
    for thread in threads:
        thread.join()
    assert [report.visible for report in reports] == [()]
    assert place.answers()[KEY] == "410"
    push(dist=site.folder, target=place.address, state=folder)
    assert place.answers()[KEY] == "410"
    push(dist=without(site).write(), target=place.address, state=folder)
    assert place.answers()[KEY] == "410"
    assert not recorded(place, folder)
    site.gone.clear()
    site.files[KEY] = b"<h1>Kembali</h1>"
    push(dist=site.next().write(), target=place.address, state=folder)
    assert place.read(KEY) == b"<h1>Kembali</h1>"


def at(
    moment: tuple[str, str, int],
    act: Callable[[], None],
    threads: list[threading.Thread],
    *,
    waits: bool,
) -> Callable[[str, str], None]:
    """Something to do at one moment of a push; `waits`: beside it, so that each waits for locks."""
    seen = 0
    lock = threading.Lock()

    def before(operation: str, key: str) -> None:
        nonlocal seen
        if operation != moment[0] or moment[1] not in key:
            return
        with lock:
            seen += 1
            due = seen == moment[2]
        if due and waits:
            threads.append(threading.Thread(target=act))
            threads[-1].start()
        elif due:
            act()

    return before


def test_a_put_under_way_ends_before_the_tombstone_is_put(
    place: Place, site: Site, folder: Path
) -> None:
    """So that nothing is seen again that somebody was told is gone."""
    push(dist=site.write(), target=place.address, state=folder)
    site.files[KEY] += b"<p>Ralat</p>"
    order: list[str] = []
    begun, threads = threading.Event(), []

    def withdraw() -> None:
        begun.set()
        take_down(place, folder, withdrawn(sequence=3))
        order.append("taken down")

    def before(operation: str, key: str) -> None:
        if (operation, key) == ("put", KEY) and not threads:
            threads.append(threading.Thread(target=withdraw))
            threads[0].start()
            begun.wait()
            threads[0].join(timeout=0.2)
            order.append("put")

    push(dist=site.next().write(), target=Recorder(place.target(), before), state=folder)
    threads[0].join()
    assert order == ["put", "taken down"]
    assert place.answers()[KEY] == "410"


def test_a_refusing_store_is_named_and_holds_up_no_other_page(
    place: Place, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    push(dist=site.write(), target=place.address, state=folder)
    other = video(4) + "index.html"

    def refuse(operation: str, key: str) -> None:
        if (operation, key) == ("put", KEY):
            raise TransientError("503 SlowDown")

    both = withdrawn(KEY, other)
    report = take_down(place, folder, both, targets=[Recorder(place.target(), refuse)])
    assert report.taken == (other,)
    [sighting] = report.visible
    assert (sighting.key, sighting.place) == (KEY, place.target().name)
    assert "503 SlowDown" in sighting.seen
    assert place.answers() | {KEY: "200", other: "410"} == place.answers()
    # Even so, no push puts it there anew, and the next attempt is enough.
    push(dist=site.folder, target=place.address, state=folder)
    report = take_down(place, folder, both)
    assert (report.taken, report.visible) == ((KEY,), ())


def test_a_passing_fault_is_not_even_noticed(
    place: Place, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    push(dist=site.write(), target=place.address, state=folder)
    faults = 2

    def sometimes(operation: str, key: str) -> None:
        nonlocal faults
        if operation == "put" and faults:
            faults -= 1
            raise TransientError("500")

    assert take_down(place, folder, targets=[Recorder(place.target(), sometimes)]).visible == ()


class Edge:
    """A cache that answers from its memory until it is told otherwise, and counts what it is."""

    def __init__(self, place: Place) -> None:
        self.purged: list[str] = []
        self.deaf = False
        memory: dict[str, int] = {}
        edge = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                key = object_key(self.path)
                now = place.answers().get(key, "404")
                self.answer(memory.setdefault(self.path, int(now[:3])))

            def do_PURGE(self) -> None:
                edge.purged.append(self.path)
                if not edge.deaf:
                    memory.pop(self.path, None)
                self.answer(500 if edge.deaf else 204)

        self.handler = Handler


def test_caches_are_told_of_exactly_these_addresses_and_asked_again(
    place: Place, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("static_export.verify.SHORT_PATIENCE", 0.2)
    push(dist=site.write(), target=place.address, state=folder)
    edge = Edge(place)
    with serving(edge.handler) as base:
        report = take_down(place, folder, edge=base)
        assert report.visible == ()
        assert edge.purged == []
        other = video(4) + "index.html"
        # In the cache's memory, which nobody tells of anything.
        assert httpx.get(f"{base}/{video(4)}").status_code == 200
        report = take_down(place, folder, withdrawn(other), edge=base)
        assert seen(report) == {other: "the edge answers 200"}
        edge.deaf = True
        report = take_down(place, folder, withdrawn(other), edge=base, purge_url=base)
        assert seen(report) == {other: "the edge answers 200"}
        edge.purged.clear()
        edge.deaf = False
        report = take_down(place, folder, withdrawn(other), edge=base, purge_url=base)
        assert report.visible == ()
        assert report.purged == (f"/{video(4)}",)
        assert edge.purged == [f"/{video(4)}"]


def test_an_edge_that_is_down_verifies_nothing(
    place: Place, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.verify.SHORT_PATIENCE", 0.2)
    push(dist=site.write(), target=place.address, state=folder)
    report = take_down(place, folder, edge="http://127.0.0.1:9")
    assert report.taken == (KEY,)
    assert seen(report) == {KEY: "no answer (ConnectError)"}


def test_kept_copies_of_earlier_releases_are_forgotten(
    place: Place, site: Site, folder: Path
) -> None:
    for turn in range(3):
        site.files[KEY] = f"<h1>{turn}</h1>".encode()
        push(dist=site.next().write(), target=place.address, state=folder)
    kept = {key for key in place.private_keys() if key.endswith(KEY)}
    assert len(kept) == 2
    take_down(place, folder)
    assert not {key for key in place.private_keys() if key.endswith(KEY)}


def test_a_rollback_brings_back_nothing_that_is_down(
    place: Place, site: Site, folder: Path
) -> None:
    site.files["index.html"] = f"<a href='/{video(3)}'>Video</a>".encode()
    push(dist=site.next().write(), target=place.address, state=folder)
    earlier = site.sequence
    site.files |= {"index.html": b"<h1>Beranda</h1>", KEY: b"<h1>Video baru</h1>"}
    site.files["about/index.html"] = b"<h1>Tentang kami</h1>"
    push(dist=site.next().write(), target=place.address, state=folder)
    take_down(place, folder)
    rollback(target=place.address, sequence=earlier, state=folder)
    assert place.answers()[KEY] == "410"
    assert place.read("index.html") == b"<h1>Beranda</h1>", "the earlier one mentions it"
    assert place.read("about/index.html") == b"<h1>Tentang</h1>"


def test_a_damaged_record_stops_a_push_before_it_brings_anything_back(
    directory: DirectoryPlace, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=directory.address, state=folder)
    take_down(directory, folder)
    [path] = folder.glob("taken-*.json")
    path.write_bytes(b"{")
    site.files[KEY] += b"changed"
    with pytest.raises(ExportError, match="is damaged") as caught:
        push(dist=site.write(), target=directory.address, state=folder)
    assert caught.value.code == "damaged-state"
    assert directory.answers()[KEY] == "410"


def test_a_push_that_clears_away_a_file_under_way_holds_no_takedown_up(
    directory: DirectoryPlace, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=directory.address, state=folder)
    cleared = 0

    def clear(operation: str, key: str) -> None:
        nonlocal cleared
        if operation == "put" and cleared < 2:
            cleared += 1
            directory.target().prepare()
            (directory.root / ".policetube" / "incoming").rmdir()

    target = Recorder(directory.target(), clear)
    assert take_down(directory, folder, targets=[target]).visible == ()


@pytest.mark.storage
def test_two_mirrors_have_each_their_record(
    directory: DirectoryPlace, bucket: BucketPlace, site: Site, folder: Path
) -> None:
    for place in (directory, bucket):
        push(dist=site.write(), target=place.address, state=folder)
        take_down(place, folder, withdrawn(sequence=None))
    number({"first": 2}, state=folder)
    without(site).write()
    push(dist=site.folder, target=directory.address, state=folder)
    assert not recorded(directory, folder)
    assert recorded(bucket, folder) == {KEY}
    push(dist=site.folder, target=bucket.address, state=folder)
    assert not recorded(bucket, folder)


def test_a_mirror_that_is_down_holds_up_no_other(
    directory: DirectoryPlace, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    push(dist=site.write(), target=directory.address, state=folder)

    def away(operation: str, key: str) -> None:
        raise TransientError("connection refused")

    dead = Recorder(directory.target(), away)
    dead.name = "file:/dead"
    targets = [dead, directory.address, "ftp://nobody"]
    report = take_down(directory, folder, targets=targets)
    assert report.taken == (KEY,)
    assert [(one.key, one.place) for one in report.visible] == [
        (KEY, "file:/dead"),
        (KEY, "ftp://nobody"),
    ]
    assert directory.answers()[KEY] == "410"


@pytest.mark.parametrize(
    "address",
    [
        "file:edge",
        "file:/a/../b/",
        "file:///a%20b",
        "s3://site",
        "s3://site/edge/",
        "netlify:a.id/",
    ],
)
def test_a_target_is_named_without_being_opened(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETLIFY_AUTH_TOKEN", "x")
    monkeypatch.setenv("MEDIA_BASE_URL", "https://media.example.go.id")
    target = open_target(address)
    target.close()
    assert target_name(address) == target.name


def test_what_is_down_and_known_to_the_live_build_is_unsettled(
    directory: DirectoryPlace, site: Site, folder: Path
) -> None:
    def is_unsettled(sequence: int, epoch: str = "epoch-one", target: str = "") -> bool:
        targets = [target or directory.address]
        return unsettled(targets=targets, epoch=epoch, sequence=sequence, state=folder)

    push(dist=site.write(), target=directory.address, state=folder)
    assert not is_unsettled(1)
    take_down(directory, folder, withdrawn(sequence=2))
    assert not is_unsettled(1)
    assert is_unsettled(2)
    assert is_unsettled(1, epoch="epoch-two")
    assert not is_unsettled(2, target="file:/elsewhere")
    push(dist=without(site).write(), target=directory.address, state=folder)
    assert not is_unsettled(2)


def test_looking_touches_nothing_and_takes_nothing_there_for_down(
    place: Place, site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.verify.SHORT_PATIENCE", 0.2)
    other, never = video(4) + "index.html", video(30) + "index.html"
    push(dist=site.write(), target=place.address, state=folder)
    take_down(place, folder)
    recorder = Recorder(place.target())
    with serving(Edge(place).handler) as base:
        found = still_up(targets=[recorder], keys=[KEY, other, never], edge=base)
    assert [(one.key, one.place) for one in found] == [(other, recorder.name), (other, base)]
    assert not recorder.done("put", "delete", "write_state", "delete_state", "prepare")
    assert recorded(place, folder) == {KEY}
