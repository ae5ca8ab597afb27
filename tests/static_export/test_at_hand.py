"""A rollback beside the build that is live: the target copies nothing that is at hand anyway."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from static_export import ExportError, push, rollback
from static_export.cli import main
from static_export.gc import collect_garbage
from static_export.rollback import kept_releases
from tests.static_export.places import DirectoryPlace, Place, Recorder
from tests.static_export.sites import Site
from tests.static_export.test_rollback import (
    HOME,
    MOST,
    OTHER,
    PAGE,
    URL,
    back,
    change,
    everywhere,
    kept_bytes,
    stop_after,
    stopped_at,
    two_releases,
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)


def third(place: Place, site: Site) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Push three releases, of which the last changes another page than the second; those before."""
    first = two_releases(place, site)
    second = dict(site.files)
    site.files |= {HOME: b"<h1>Beranda tiga</h1>", OTHER: b"<h1>Lain</h1>"}
    push(dist=site.next().write(), target=place.target())
    return first, second


def shown(place: Place, files: dict[str, bytes]) -> bool:
    return all(place.read(path) == body for path, body in files.items())


def test_of_what_the_build_has_no_copy_is_made_and_none_sent(place: Place, site: Site) -> None:
    first = two_releases(place, site)
    kept = kept_bytes(place)
    recorder = back(place, site, site.sequence - 1, dist=site.folder)
    assert shown(place, first)
    assert recorder.done("put") == []
    assert [key for key in recorder.done("keep") if not key.startswith(".policetube/")] == []
    assert kept_bytes(place) == kept
    assert kept_releases(place.target()).releases[-1].left == 2, "a page and the home"
    assert collect_garbage(target=place.target(), state=site.folder.with_name("s")) == ()


def test_whoever_has_the_build_returns_to_what_was_left_to_it(place: Place, site: Site) -> None:
    two_releases(place, site)
    second = dict(site.files)
    back(place, site, site.sequence - 1, dist=site.folder)
    recorder = back(place, site, site.sequence, dist=site.folder)
    assert shown(place, second)
    assert set(recorder.done("put")) == {HOME, PAGE}


def test_whoever_has_not_is_told_to_push_and_nothing_changes(place: Place, site: Site) -> None:
    first = two_releases(place, site)
    back(place, site, site.sequence - 1, dist=site.folder)
    with pytest.raises(ExportError, match=r"2 files of change 3.*Push that build") as caught:
        back(place, site, site.sequence)
    assert caught.value.code == "unknown-release"
    assert shown(place, first)
    push(dist=site.folder, target=place.target())
    assert shown(place, site.files)


def test_older_releases_are_returned_to_as_before(place: Place, site: Site) -> None:
    first, second = third(place, site)
    back(place, site, site.sequence - 1, dist=site.folder)
    assert shown(place, second)
    back(place, site, site.sequence - 2)
    assert shown(place, first)


def test_what_only_the_build_has_of_a_release_between_is_missed_there_too(
    place: Place, site: Site
) -> None:
    _, second = third(place, site)
    # One page is as in the second release, and differs from the first.
    back(place, site, site.sequence - 2, dist=site.folder)
    with pytest.raises(ExportError, match="1 files of change 3"):
        back(place, site, site.sequence - 1)
    back(place, site, site.sequence - 1, dist=site.folder)
    assert shown(place, second)


def test_what_the_build_has_otherwise_is_copied(place: Place, site: Site) -> None:
    two_releases(place, site)
    second = dict(site.files)
    site.files[HOME] = b"<h1>Beranda empat</h1>"
    site.next().write()
    back(place, site, site.sequence - 2, dist=site.folder)
    release = kept_releases(place.target()).releases[-1]
    assert (release.replaced, release.left) == (2, 1), "the build has another home"
    assert HOME in kept_bytes(place)
    back(place, site, site.sequence - 1, dist=site.folder)
    assert shown(place, second)


@pytest.mark.parametrize("what", ["no folder", "no manifest", "a spoilt manifest"])
def test_a_build_that_is_none_holds_nothing(place: Place, site: Site, what: str) -> None:
    two_releases(place, site)
    second = dict(site.files)
    dist = site.folder / "none"
    if what != "no folder":
        dist.mkdir()
    if what == "a spoilt manifest":
        manifest = (site.folder / "manifest.json").read_bytes()
        (dist / "manifest.json").write_bytes(manifest)
    back(place, site, site.sequence - 1, dist=dist)
    assert kept_releases(place.target()).releases[-1].left == 0
    back(place, site, site.sequence)
    assert shown(place, second)


def test_a_file_that_was_spoilt_in_the_build_is_not_sent(place: Place, site: Site) -> None:
    two_releases(place, site)
    back(place, site, site.sequence - 1, dist=site.folder)
    (site.folder / PAGE).write_bytes(b"<h1>Bukan itu</h1>")
    with pytest.raises(ExportError, match="is not what was built") as caught:
        back(place, site, site.sequence, dist=site.folder)
    assert caught.value.code == "damaged-build"


def test_what_was_withdrawn_since_does_not_come_back_from_a_build(place: Place, site: Site) -> None:
    site.files["feed.xml"] = f"<feed>{URL}</feed>".encode()
    push(dist=change(site, "satu").write(), target=place.target())
    site.files["feed.xml"] = f"<feed>{URL} baru</feed>".encode()
    site.files[OTHER] = b"<h1>Nama</h1>"
    old = change(site, "dua").write()
    push(dist=old, target=place.target())
    back(place, site, site.sequence - 1, dist=old)
    left = site.folder.rename(site.folder.with_name("left"))
    site.files["feed.xml"] = b"<feed/>"
    del site.files[OTHER]
    site.gone.add(URL)
    push(dist=site.next().write(), target=place.target())
    back(place, site, site.sequence - 1, dist=left)
    assert place.answers()[OTHER] == "410"
    assert place.read("feed.xml") == b"<feed/>", "the one of the build mentions what is gone"


def test_the_command_finds_the_build_beside_its_state(
    directory: DirectoryPlace, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    two_releases(directory, site)
    to = ["--to", directory.address, "--state", str(site.folder.with_name("dist.state"))]
    assert main(["rollback", *to, "--sequence", "2"]) == 0
    assert main(["releases", *to]) == 0
    assert ", 2 left to its build" in capsys.readouterr().out


@everywhere("beside a build, finished")
def test_one_killed_anywhere_is_finished_by_the_next(place: Place, site: Site, first: int) -> None:
    earlier = two_releases(place, site)
    for step in range(first, MOST, 9):
        if not stopped_at(step, place, site, site.sequence - 1, site.folder):
            break
        back(place, site, site.sequence - 1, keep=MOST, dist=site.folder)
        assert shown(place, earlier), step
        assert collect_garbage(target=place.target(), state=site.folder.with_name("s")) == (), step
        push(dist=site.write(), target=place.target(), keep=MOST)
    assert 10 < step < MOST - 9


@everywhere("beside a build, overtaken")
def test_one_killed_anywhere_is_overtaken_by_the_next_push(
    place: Place, site: Site, first: int
) -> None:
    two_releases(place, site)
    for step in range(first, MOST, 9):
        if not stopped_at(step, place, site, site.sequence - 1, site.folder):
            break
        push(dist=site.write(), target=place.target(), keep=MOST)
        assert shown(place, site.files), step
    assert 10 < step < MOST - 9


@everywhere("beside a build, elsewhere")
def test_after_one_killed_anywhere_another_return_needs_the_build_or_says_so(
    place: Place, site: Site, first: int
) -> None:
    _, second = third(place, site)
    refused = []
    for step in range(first, MOST, 9):
        # To the first, which changes a page that the way to the second does not.
        if not stopped_at(step, place, site, site.sequence - 2, site.folder):
            break
        try:
            back(place, site, site.sequence - 1, keep=MOST)
        except ExportError as error:
            refused.append(error.code)
            back(place, site, site.sequence - 1, keep=MOST, dist=site.folder)
        assert shown(place, second), step
        push(dist=site.write(), target=place.target(), keep=MOST)
        assert shown(place, site.files), step
    assert 10 < step < MOST - 9
    assert "unfinished" in refused
    assert set(refused) <= {"unfinished", "unknown-release"}


def test_a_push_that_dies_after_such_a_one_leaves_nothing_astray(
    directory: DirectoryPlace, site: Site, tmp_path: Path
) -> None:
    _, second = third(directory, site)
    old, state = site.folder.rename(tmp_path / "old"), site.folder.with_name("s")
    third_files = dict(site.files)
    change(site, "empat").write()
    for step in range(8, 80, 4):
        killed = Recorder(directory.target(), before=stop_after(step))
        with pytest.raises(InterruptedError):
            rollback(target=killed, sequence=site.sequence - 3, state=state, keep=MOST, dist=old)
        killed = Recorder(directory.target(), before=stop_after(step))
        with contextlib.suppress(InterruptedError):
            push(dist=site.folder, target=killed, keep=MOST, state=state)
        back(directory, site, site.sequence - 2, keep=MOST, dist=old)
        assert shown(directory, second), step
        back(directory, site, site.sequence - 1, keep=MOST, dist=old)
        assert shown(directory, third_files), step
