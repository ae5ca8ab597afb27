"""Earlier releases: kept by every push, returned to without sending a byte, cleaned away."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from static_export import ExportError, push, rollback
from static_export.cli import main
from static_export.gc import collect_garbage
from static_export.kept import FOLDER, NOTES
from static_export.rollback import kept_releases
from tests import sampling
from tests.static_export.places import DirectoryPlace, Place, Recorder
from tests.static_export.sites import Site, video

HOME, PAGE, OTHER, STYLE = (
    "index.html",
    f"{video(0)}index.html",
    f"{video(1)}index.html",
    "site.css",
)
URL = f"/{video(1)}"
SOAK = bool(os.environ.get("SOAK"))
MOST = 300  # steps of a rollback, and more than releases that a test makes


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)


def change(site: Site, mark: str) -> Site:
    """One release further: a page, the home and a style sheet of a new name."""
    for path in [path for path in site.files if path.startswith("assets/")]:
        del site.files[path]
    site.files[f"assets/site.{mark}.css"] = mark.encode()
    site.files[HOME] = f"<h1>Beranda {mark}</h1>".encode()
    site.files[PAGE] = f"<h1>Video {mark}</h1>".encode()
    return site.next()


def two_releases(place: Place, site: Site) -> dict[str, bytes]:
    """Push two; the files of the first."""
    push(dist=change(site, "satu").write(), target=place.target())
    first = dict(site.files)
    push(dist=change(site, "dua").write(), target=place.target())
    return first


def back(place: Place, site: Site, sequence: int, **options: object) -> Recorder:
    """Roll back; what was asked of the target."""
    recorder = Recorder(place.target())
    rollback(target=recorder, sequence=sequence, state=site.folder.with_name("s"), **options)  # type: ignore[arg-type]
    return recorder


def kept_bytes(place: Place) -> set[str]:
    """What is kept of earlier releases, by key; shards left out."""
    found = (key.removeprefix(f"{FOLDER}/") for key in place.private_keys() if FOLDER in key)
    return {key.partition("/")[2] for key in found if "/.shards/" not in key}


def test_a_rollback_brings_earlier_bytes_back_and_sends_none(place: Place, site: Site) -> None:
    first = two_releases(place, site)
    recorder = back(place, site, site.sequence - 1)
    assert recorder.done("put") == []
    assert set(recorder.done("restore")) == {HOME, PAGE, "assets/site.satu.css"}
    for path, body in first.items():
        assert place.read(path) == body
    # Whoever has a page of the later release open still gets its style sheet.
    assert place.read("assets/site.dua.css") == b"dua"


def test_the_order_of_a_rollback_is_that_of_a_push(place: Place, site: Site) -> None:
    two_releases(place, site)
    recorder = back(place, site, site.sequence - 1)
    assert recorder.done("restore") == ["assets/site.satu.css", PAGE, HOME]


def test_the_next_build_is_pushed_as_after_any_other_release(place: Place, site: Site) -> None:
    two_releases(place, site)
    back(place, site, site.sequence - 1)
    # The same build once more, then one that goes on from it.
    for _ in range(2):
        push(dist=site.write(), target=place.target())
        for path, body in site.files.items():
            assert place.read(path) == body
        change(site, "tiga")


def test_a_rollback_can_be_undone_by_another(place: Place, site: Site) -> None:
    two_releases(place, site)
    second = dict(site.files)
    back(place, site, site.sequence - 1)
    back(place, site, site.sequence)
    for path, body in second.items():
        assert place.read(path) == body


def test_what_was_withdrawn_since_stays_gone_and_unmentioned(place: Place, site: Site) -> None:
    site.files["feed.xml"] = f"<feed>{URL}</feed>".encode()
    two_releases(place, site)
    site.files["feed.xml"] = b"<feed/>"
    del site.files[OTHER]
    site.gone.add(URL)
    push(dist=change(site, "tiga").write(), target=place.target())
    assert OTHER not in kept_bytes(place)
    back(place, site, site.sequence - 2)
    assert place.answers()[OTHER] == "410"
    assert place.read("feed.xml") == b"<feed/>", "the old one mentions what is gone"
    assert place.read(HOME) == b"<h1>Beranda satu</h1>"


def test_what_is_withdrawn_is_forgotten_in_every_release(place: Place, site: Site) -> None:
    for number in range(3):
        site.files[OTHER] = f"<h1>{number}</h1>".encode()
        push(dist=site.next().write(), target=place.target())
    assert OTHER in kept_bytes(place)
    del site.files[OTHER]
    push(dist=site.next().write(), target=place.target())
    assert OTHER not in kept_bytes(place)


def test_nothing_that_mentions_what_is_withdrawn_is_kept(place: Place, site: Site) -> None:
    site.files[HOME] = f"<a href='{URL}'>Penangkapan</a>".encode()
    site.files[f"{video(3)}index.html"] = b"<h1>Lain</h1>"
    push(dist=site.next().write(), target=place.target())
    for number in range(3):
        site.files[HOME] = f"<a href='{URL}'>Penangkapan</a> {number}".encode()
        site.files[f"{video(3)}index.html"] = f"<h1>Lain {number}</h1>".encode()
        push(dist=site.next().write(), target=place.target())
    assert HOME in kept_bytes(place)
    del site.files[OTHER]
    site.gone.add(URL)
    site.files[HOME] = b"<h1>Beranda</h1>"
    push(dist=site.next().write(), target=place.target())
    assert kept_bytes(place) == {f"{video(3)}index.html"}
    back(place, site, site.sequence - 3)
    assert place.read(HOME) == b"<h1>Beranda</h1>"
    assert place.read(f"{video(3)}index.html") == b"<h1>Lain 0</h1>"
    assert collect_garbage(target=place.target(), state=site.folder.with_name("s")) == ()


def test_what_was_kept_before_a_withdrawal_is_not_read_again_for_it(
    place: Place, site: Site
) -> None:
    two_releases(place, site)
    del site.files[OTHER]
    site.gone.add(URL)
    push(dist=site.next().write(), target=place.target())
    recorder = back(place, site, site.sequence - 2)
    assert {HOME, PAGE} <= set(recorder.done("restore"))
    read = [key for key in recorder.done("read_state") if FOLDER in key and ".shards" not in key]
    assert read == [], "the withdrawal itself has seen to it"


def test_what_still_mentioned_it_after_the_withdrawal_stays_as_it_is(
    place: Place, site: Site
) -> None:
    site.files[PAGE] = f"<p>Lihat {URL}</p>".encode()
    push(dist=site.next().write(), target=place.target())
    del site.files[OTHER]
    site.gone.add(URL)
    push(dist=site.next().write(), target=place.target())
    site.files |= {PAGE: b"<p>Tanpa itu</p>", HOME: b"<h1>Ketiga</h1>"}
    push(dist=site.next().write(), target=place.target())
    back(place, site, site.sequence - 2)
    assert place.read(PAGE) == b"<p>Tanpa itu</p>"
    assert place.read(HOME) == b"<h1>Beranda</h1>"


@pytest.mark.parametrize("by_hand", [True, False], ids=["gc", "push"])
def test_where_much_is_kept_no_withdrawal_reads_it_and_a_rollback_looks_instead(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch, by_hand: bool
) -> None:
    site.files[PAGE] = f"<p>Lihat {URL}</p>".encode()
    push(dist=site.next().write(), target=place.target())
    site.files |= {PAGE: b"<p>Tanpa itu</p>", HOME: b"<h1>Kedua</h1>"}
    push(dist=site.next().write(), target=place.target())
    del site.files[OTHER]
    site.gone.add(URL)
    with monkeypatch.context() as patch:
        patch.setattr("static_export.state.SURVEYED", 1)
        recorder = Recorder(place.target())
        push(dist=site.next().write(), target=recorder)
        assert not [key for key in recorder.done("read_state") if FOLDER in key]
        assert PAGE in kept_bytes(place)
        assert OTHER not in kept_bytes(place), "of itself nothing is kept"
        assert push(dist=site.folder, target=place.target()).changed == 0
        back(place, site, site.sequence - 2)
        assert place.read(PAGE) == b"<p>Tanpa itu</p>"
        assert place.read(HOME) == b"<h1>Beranda</h1>"
    assert PAGE in kept_bytes(place)
    # Once little is kept again, the next push sees to it; and so does who collects garbage.
    if by_hand:
        collect_garbage(target=place.target(), state=site.folder.with_name("dist.state"))
    else:
        site.files[HOME] = b"<h1>Keempat</h1>"
        push(dist=site.next().write(), target=place.target())
    assert PAGE not in kept_bytes(place)
    assert kept_releases(place.target()).losing == ()


def test_what_was_moved_since_stays_where_it_is(place: Place, site: Site) -> None:
    two_releases(place, site)
    site.redirects[URL] = ("/video/bx000001/baru/", 301)
    site.files["video/bx000001/baru/index.html"] = site.files.pop(OTHER)
    push(dist=change(site, "tiga").write(), target=place.target())
    back(place, site, site.sequence - 2)
    assert place.answers()[OTHER] == "301 /video/bx000001/baru/"
    assert place.read("video/bx000001/baru/index.html")


def test_what_leads_to_a_list_that_is_no_more_stays_as_it_is(place: Place, site: Site) -> None:
    site.files["tag/lalin/index.html"] = b"<h1>#lalin</h1>"
    site.files[OTHER] = b'<a href="/tag/lalin/">#lalin</a>'
    two_releases(place, site)
    del site.files["tag/lalin/index.html"]
    site.files[OTHER] = b"<h1>Video</h1>"
    push(dist=change(site, "tiga").write(), target=place.target())
    back(place, site, site.sequence - 1)
    assert place.read(OTHER) == b"<h1>Video</h1>"
    assert place.read("tag/lalin/index.html") is None
    assert place.read(HOME) == b"<h1>Beranda dua</h1>"


def test_what_is_new_since_stays(place: Place, site: Site) -> None:
    two_releases(place, site)
    site.files[f"{video(77)}index.html"] = b"<h1>Baru</h1>"
    push(dist=change(site, "tiga").write(), target=place.target())
    back(place, site, site.sequence - 1)
    assert place.read(f"{video(77)}index.html") == b"<h1>Baru</h1>"
    assert place.read(HOME) == b"<h1>Beranda dua</h1>"


def test_what_was_corrected_since_stays_corrected_with_all_that_names_it(
    place: Place, site: Site
) -> None:
    site.files["feed.xml"] = f"<feed>{URL} salah</feed>".encode()
    site.files[OTHER] = b"<h1>Nama yang salah</h1>"
    two_releases(place, site)
    site.files["feed.xml"] = f"<feed>{URL} benar</feed>".encode()
    site.files[OTHER] = b"<h1>Nama yang benar</h1>"
    push(dist=change(site, "tiga").write(), target=place.target())
    back(place, site, site.sequence - 1, without=[URL])
    assert place.read(OTHER) == b"<h1>Nama yang benar</h1>"
    assert place.read("feed.xml") == f"<feed>{URL} benar</feed>".encode()
    assert place.read(HOME) == b"<h1>Beranda dua</h1>"


def test_a_dry_run_says_what_and_changes_nothing(place: Place, site: Site) -> None:
    two_releases(place, site)
    before = place.private_keys(), place.read(HOME)
    report = rollback(
        target=place.address,
        sequence=site.sequence - 1,
        state=site.folder.with_name("s"),
        dry_run=True,
    )
    assert ("index.html", "earlier release") in report.restored
    assert (place.private_keys(), place.read(HOME)) == before


def test_a_release_that_is_not_kept_is_refused_with_those_that_are(
    place: Place, site: Site
) -> None:
    two_releases(place, site)
    with pytest.raises(ExportError, match=f"those of: {site.sequence - 1}") as caught:
        back(place, site, 77)
    assert caught.value.code == "unknown-release"


def test_only_so_many_releases_are_kept_and_no_byte_of_the_others(place: Place, site: Site) -> None:
    for number in range(5):
        push(dist=change(site, f"nomor{number}").write(), target=place.target(), keep=2)
    state = kept_releases(place.target())
    assert [release.sequence for release in state.releases] == [4, 5]
    assert len([key for key in place.private_keys() if NOTES in key]) == 2
    assert kept_bytes(place) == {HOME, PAGE, "assets/site.nomor2.css", "assets/site.nomor3.css"}
    assert collect_garbage(target=place.target(), state=site.folder.with_name("s")) == ()


def test_a_large_release_that_is_too_old_goes_by_and_by(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.keeping.CLEARED", 1)
    push(dist=change(site, "satu").write(), target=place.target(), keep=1)
    push(dist=change(site, "dua").write(), target=place.target(), keep=1)
    old = {key for key in place.private_keys() if f"{FOLDER}/1/" in key or f"{NOTES}/1." in key}
    left: list[int] = []
    for mark in ("tiga", "empat", "lima", "enam"):
        push(dist=change(site, mark).write(), target=place.target(), keep=1)
        left.append(len(old & place.private_keys()))
    assert sorted(left, reverse=True) == left
    assert len(old) > left[0] > left[-1] == 0
    push(dist=site.folder, target=place.target(), keep=1)
    while kept_releases(place.target()).expired:
        push(dist=site.folder, target=place.target(), keep=1)
    number = kept_releases(place.target()).number
    assert {key.split("/")[2] for key in place.private_keys() if FOLDER in key} == {str(number - 1)}


def test_who_keeps_nothing_leaves_nothing(place: Place, site: Site) -> None:
    for number in range(3):
        push(dist=change(site, f"nomor{number}").write(), target=place.target(), keep=0)
    assert not [key for key in place.private_keys() if FOLDER in key or NOTES in key]


def test_keeping_costs_what_the_push_changes(place: Place, site: Site) -> None:
    for videos in (6, 40):
        for number in range(videos):
            site.files.setdefault(f"{video(number)}index.html", b"page")
        push(dist=change(site, f"mulai{videos}").write(), target=place.target())
        recorder = Recorder(place.target())
        push(dist=change(site, f"lagi{videos}").write(), target=recorder)
        shards = {key for key in recorder.done("keep") if "/shards/" in key}
        assert set(recorder.done("keep")) - shards == {
            *(HOME, PAGE),
            f"assets/site.mulai{videos}.css",
        }
        assert len(shards) == 3


def everywhere(of: str) -> pytest.MarkDecorator:
    """Where to kill first, and then at every ninth step: in a soak from all nine, else from one.

    Each round adds releases, which are read; so the steps of a round grow by fewer than nine.
    """
    firsts = range(9) if SOAK else [sampling.drawn(of, 9)]
    return pytest.mark.parametrize("first", firsts)


@everywhere("a rollback is finished")
def test_a_rollback_killed_anywhere_is_finished_by_the_next(
    place: Place, site: Site, first: int
) -> None:
    earlier = two_releases(place, site)
    sequence = site.sequence - 1
    for step in range(first, MOST, 9):
        if not stopped_at(step, place, site, sequence):
            break
        back(place, site, sequence, keep=MOST)
        for path, body in earlier.items():
            assert place.read(path) == body, step
        assert collect_garbage(target=place.target(), state=site.folder.with_name("s")) == (), step
        push(dist=site.write(), target=place.target(), keep=MOST)
    assert 10 < step < MOST - 9


@everywhere("a rollback is overtaken")
def test_a_rollback_killed_anywhere_is_overtaken_by_the_next_push(
    place: Place, site: Site, first: int
) -> None:
    two_releases(place, site)
    for step in range(first, MOST, 9):
        if not stopped_at(step, place, site, site.sequence - 1):
            break
        push(dist=site.write(), target=place.target(), keep=MOST)
        for path, body in site.files.items():
            assert place.read(path) == body, step
    assert 10 < step < MOST - 9


@everywhere("a push is rolled back")
def test_a_push_killed_anywhere_can_be_rolled_back_to_the_release_before(
    place: Place, site: Site, first: int
) -> None:
    earlier = two_releases(place, site)
    second, sequence = dict(site.files), site.sequence
    change(site, "tiga").write()
    for step in range(first, MOST, 9):
        recorder = Recorder(place.target(), before=stop_after(step))
        try:
            push(dist=site.folder, target=recorder, keep=MOST)
            break
        except InterruptedError:
            back(place, site, sequence - 1, keep=MOST)
        for path, body in earlier.items():
            assert place.read(path) == body, step
        back(place, site, sequence, keep=MOST)
        for path, body in second.items():
            assert place.read(path) == body, step
    assert 10 < step < MOST - 9


def stop_after(count: int):  # type: ignore[no-untyped-def]
    """Interferes as a kill does: nothing is asked of the target any more."""
    left = count

    def before(_operation: str, _key: str) -> None:
        nonlocal left
        if left <= 0:
            raise InterruptedError
        left -= 1

    return before


def stopped_at(
    step: int, place: Place, site: Site, sequence: int, dist: Path | None = None
) -> bool:
    """Whether a rollback was stopped at that step."""
    recorder, state = Recorder(place.target(), before=stop_after(step)), site.folder.with_name("s")
    try:
        rollback(target=recorder, sequence=sequence, state=state, keep=MOST, dist=dist)
    except InterruptedError:
        return True
    return False


def test_orphans_are_found_with_reasons_and_deleted(place: Place, site: Site) -> None:
    two_releases(place, site)
    target = place.target()
    for key in ("lost/index.html", f"{FOLDER}/99/x.html", ".policetube/shards/x-1.json"):
        target.write_state(key, b"x")
    state = site.folder.with_name("s")
    found = collect_garbage(target=place.target(), state=state, dry_run=True)
    assert {key for key, _ in found} == {
        *("lost/index.html", f"{FOLDER}/99/x.html", ".policetube/shards/x-1.json")
    }
    assert place.read("lost/index.html") == b"x"
    assert collect_garbage(target=place.target(), state=state) == found
    assert collect_garbage(target=place.target(), state=state) == ()
    assert place.read("lost/index.html") is None
    for path, body in site.files.items():
        assert place.read(path) == body


def test_garbage_is_not_collected_while_a_push_has_not_ended(place: Place, site: Site) -> None:
    two_releases(place, site)
    change(site, "tiga").write()
    with contextlib.suppress(InterruptedError):
        push(dist=site.folder, target=Recorder(place.target(), before=stop_after(12)))
    with pytest.raises(ExportError, match="Push again") as caught:
        collect_garbage(target=place.target(), state=site.folder.with_name("s"))
    assert caught.value.code == "unfinished"


def test_the_commands_list_return_and_collect(
    directory: DirectoryPlace, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    two_releases(directory, site)
    to = ["--to", directory.address, "--state", str(site.folder.with_name("s"))]
    assert main(["releases", *to]) == 0
    assert "live is change 3\n  change 2: live until" in capsys.readouterr().out
    assert main(["releases", *to, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["kept"][-1]["sequence"] == 2
    assert main(["rollback", *to, "--sequence", "2"]) == 0
    assert "3 restored" in capsys.readouterr().out
    assert main(["gc", *to, "--dry-run"]) == 0
    assert "0 orphans (dry run)" in capsys.readouterr().out
    assert main(["rollback", *to, "--sequence", "99"]) == 3
    assert "unknown-release" in capsys.readouterr().err


VERSIONS = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"), max_size=4),
    min_size=2,
    max_size=6,
)


@settings(max_examples=100 if SOAK else 10, deadline=None)
@given(VERSIONS, st.integers(0, 4))
@example([{}, {"a": "y"}, {"a": "x"}, {}, {"a": "x"}], 1)
def test_after_any_history_a_rollback_shows_the_past_less_what_is_not_public(
    tmp_path_factory: pytest.TempPathFactory, versions: list[dict[str, str]], chosen: int
) -> None:
    folder = tmp_path_factory.mktemp("history")
    place = DirectoryPlace(folder / "edge")
    sites = []
    for number, pages in enumerate(versions, start=1):
        site = Site(folder / "dist" / str(number), sequence=number)
        shown = {f"video/{name}aaaaaa/x/index.html": text for name, text in pages.items()}
        site.files = {"index.html": str(number).encode()} | {
            key: shown[key].encode() for key in shown
        }
        sites.append(site)
        push(dist=site.write(), target=place.target(), state=folder / "s", allow_mass_delete=True)
    past, now = sites[min(chosen, len(sites) - 2)], sites[-1]
    rollback(target=place.target(), sequence=past.sequence, state=folder / "s")
    lost: set[str] = set()
    for site in sites[past.sequence :]:
        lost |= past.files.keys() - site.files.keys()
    for path, body in now.files.items():
        same = path not in past.files or path in lost
        assert place.read(path) == (body if same else past.files[path])
    assert {key for key, said in place.answers().items() if said == "200"} == now.files.keys()
    assert collect_garbage(target=place.target(), state=folder / "s") == ()
