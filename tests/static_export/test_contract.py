"""What every target promises, whichever way it publishes: a folder, real SeaweedFS, Netlify's API.

What faults on the way do to it is in `test_faults.py`, what concerns single objects in
`test_push_contract.py`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from static_export import ExportError, Step, TakedownReport, Withdrawal, push, rollback, takedown
from static_export.cli import main
from tests.static_export.places import AnyPlace, assert_holds_exactly
from tests.static_export.sites import Site, small_site, video

KEY, URL = f"{video(3)}index.html", f"/{video(3)}"

# Other threads of the push are at work when it dies.
KILLED_PUSH = """
import os, signal, sys
from itertools import count
from pathlib import Path
import static_export.targets.netlify as netlify
from static_export import push

netlify.PAUSE, steps = 0.01, count(1)

def die(event, _):
    if event == "policetube.step" and next(steps) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
push(dist=Path(sys.argv[1]), target=sys.argv[2])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where pushes, rollbacks and takedowns keep what they know of a target."""
    return tmp_path / "push"


def refused(place: AnyPlace, site: Site, **options: Any) -> ExportError:
    """Push in vain; nothing may have changed."""
    before = place.answers()
    with pytest.raises(ExportError) as caught:
        push(dist=site.folder, target=place.address, **options)
    assert place.answers() == before
    return caught.value


def take_down(place: AnyPlace, folder: Path, sequence: int = 2) -> TakedownReport:
    withdrawal = Withdrawal(mark="x", keys=frozenset({KEY}), epoch="epoch-one", sequence=sequence)
    return takedown(targets=[place.address], withdrawals=[withdrawal], state=folder)


def withdraw(site: Site) -> Site:
    """The next build, made when one page was no longer public."""
    del site.files[KEY]
    site.gone.add(URL)
    return site.next()


def test_a_first_push_publishes_files_redirects_and_tombstones(
    any_place: AnyPlace, site: Site
) -> None:
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 301)
    site.gone.add("/video/away/x/")
    report = push(dist=site.write(), target=any_place.address)
    assert {key for key, _ in report.uploaded} == set(site.files)
    assert {reason for _, reason in report.uploaded} == {"new"}
    assert report.redirects == (("video/old/x/index.html", "moved"),)
    assert report.gone == (("video/away/x/index.html", "gone"),)
    assert (report.sequence, report.skipped, report.deleted) == (1, 0, ())
    assert_holds_exactly(any_place, site)


def test_a_second_push_of_the_same_build_does_nothing(any_place: AnyPlace, site: Site) -> None:
    push(dist=site.write(), target=any_place.address)
    assert push(dist=site.folder, target=any_place.address).changed == 0
    assert_holds_exactly(any_place, site)


def test_one_changed_page_is_one_upload_with_its_reason(any_place: AnyPlace, site: Site) -> None:
    push(dist=site.write(), target=any_place.address)
    site.files[KEY] += b"<p>Ralat</p>"
    report = push(dist=site.next().write(), target=any_place.address)
    assert report.uploaded == ((KEY, "changed"),)
    assert (report.redirects, report.gone, report.deleted) == ((), (), ())
    assert_holds_exactly(any_place, site)


def test_a_new_sequence_without_any_other_change_is_live_and_changes_nothing(
    any_place: AnyPlace, site: Site
) -> None:
    push(dist=site.write(), target=any_place.address)
    assert push(dist=site.next().write(), target=any_place.address).changed == 0
    assert push(dist=site.folder, target=any_place.address).sequence == 2
    site.sequence = 1
    site.write()
    assert refused(any_place, site).code == "stale-build"


def test_a_page_a_redirect_and_a_tombstone_take_each_others_place(
    any_place: AnyPlace, site: Site
) -> None:
    body, goal = site.files[KEY], f"/{video(2)}"
    push(dist=site.write(), target=any_place.address)

    def as_page() -> None:
        site.files[KEY] = body

    def moved(status: int) -> None:
        site.redirects[URL] = (goal, status)

    for become in (
        lambda: moved(301),
        lambda: moved(308),
        lambda: site.gone.add(URL),
        as_page,
        lambda: site.gone.add(URL),
        lambda: moved(301),
        as_page,
        lambda: None,
    ):
        site.files.pop(KEY, None)
        site.redirects.clear()
        site.gone.clear()
        become()
        push(dist=site.next().write(), target=any_place.address)
        assert_holds_exactly(any_place, site)


@pytest.mark.parametrize("steps", [2, 20, 210])
def test_a_push_killed_part_way_is_finished_by_the_next(
    any_place: AnyPlace, tmp_path: Path, steps: int
) -> None:
    site = small_site(tmp_path / "dist", videos=210)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_PUSH, str(site.write()), any_place.address, str(steps)],
        env=os.environ | any_place.environment,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    for number in range(0, 210, 7):
        del site.files[video(number) + "index.html"]
    report = push(dist=site.next().write(), target=any_place.address)
    # A folder takes three steps for each file.
    assert report.resumed >= (steps - 20) // 4
    assert_holds_exactly(any_place, site)
    assert push(dist=site.folder, target=any_place.address).changed == 0


def test_older_foreign_and_mass_deleting_builds_are_refused_and_nothing_changes(
    any_place: AnyPlace, tmp_path: Path
) -> None:
    site = small_site(tmp_path / "dist", videos=60)
    site.sequence = 5
    push(dist=site.write(), target=any_place.address)
    site.sequence, site.files["index.html"] = 4, b"old"
    site.write()
    error = refused(any_place, site)
    assert (error.code, error.retryable) == ("stale-build", False)
    site.epoch, site.sequence = "epoch-two", 6
    site.write()
    error = refused(any_place, site)
    assert error.code == "foreign-epoch"
    assert "--accept-epoch" in str(error)
    site.epoch = "epoch-one"
    for number in range(21):
        del site.files[video(number) + "index.html"]
    site.write()
    error = refused(any_place, site)
    assert error.code == "mass-delete"
    assert "remove 21 of 69 files" in str(error)
    report = push(dist=site.folder, target=any_place.address, allow_mass_delete=True)
    assert len(report.deleted) == 21
    assert_holds_exactly(any_place, site)
    site.epoch, site.sequence = "epoch-two", 1
    push(dist=site.write(), target=any_place.address, accept_epoch=True)
    assert push(dist=site.folder, target=any_place.address).changed == 0


def test_a_file_that_is_not_what_was_built_is_named_and_nothing_changes(
    any_place: AnyPlace, site: Site
) -> None:
    push(dist=site.write(), target=any_place.address)
    site.files[KEY] += b"<p>Ralat</p>"
    site.files["index.html"] = b"other"
    site.next().write()
    (site.folder / KEY).write_bytes(b"half a pa")
    error = refused(any_place, site)
    assert error.code == "damaged-build"
    assert f"{KEY} is not what was built" in str(error)


def test_a_dry_run_says_what_and_why_and_changes_nothing(any_place: AnyPlace, site: Site) -> None:
    push(dist=site.write(), target=any_place.address)
    before = any_place.answers()
    site.files["index.html"] = b"other"
    site.gone.add("/video/never/was/")
    report = push(dist=site.next().write(), target=any_place.address, dry_run=True)
    assert report.dry_run
    assert report.uploaded == (("index.html", "changed"),)
    assert report.gone == (("video/never/was/index.html", "gone"),)
    assert any_place.answers() == before
    assert any_place.read("index.html") == b"<h1>Beranda</h1>"


def test_progress_tells_of_every_action_once(any_place: AnyPlace, site: Site) -> None:
    site.gone.add("/video/away/x/")
    steps: list[Step] = []
    push(dist=site.write(), target=any_place.address, progress=steps.append)
    assert [step.done for step in steps] == list(range(1, len(site.files) + 2))
    assert {step.key for step in steps} == {*site.files, "video/away/x/index.html"}


def test_verify_names_what_is_absent_and_what_differs(
    any_place: AnyPlace, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    push(dist=site.write(), target=any_place.address)
    verify = ["verify", str(site.folder), "--to", any_place.address]
    assert main(verify) == 0
    any_place.spoil(KEY, None)
    any_place.spoil("index.html", b"tampered with")
    capsys.readouterr()
    assert main(verify) == 4
    out = capsys.readouterr().out
    assert f"{KEY}: absent" in out
    assert "index.html: the bytes differ" in out


def test_a_report_in_json_says_why_for_every_file(
    any_place: AnyPlace, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.gone.add("/video/away/x/")
    assert main(["push", str(site.write()), "--to", any_place.address, "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert {reason for _, reason in report["uploaded"]} == {"new"}
    assert {key for key, _ in report["uploaded"]} == set(site.files)
    assert report["gone"] == [["video/away/x/index.html", "gone"]]
    assert report["sequence"] == 1


def test_a_rollback_brings_earlier_bytes_back_keeps_what_is_new_and_is_followed_by_any_build(
    any_place: AnyPlace, site: Site, folder: Path
) -> None:
    site.files["assets/a.css"] = b"a"
    push(dist=site.write(), target=any_place.address, state=folder)
    first = dict(site.files)
    del site.files["assets/a.css"]
    fresh = f"{video(9)}index.html"
    site.files |= {"assets/b.css": b"b", "index.html": b"<h1>Kedua</h1>", fresh: b"<h1>Baru</h1>"}
    push(dist=site.next().write(), target=any_place.address, state=folder)
    dry = rollback(target=any_place.address, sequence=1, state=folder, dry_run=True)
    assert any_place.read("index.html") == b"<h1>Kedua</h1>"
    report = rollback(target=any_place.address, sequence=1, state=folder)
    assert dry.restored == report.restored
    assert "index.html" in {key for key, _ in report.restored}
    assert report.uploaded == ()
    for path, body in (first | {"assets/b.css": b"b", fresh: b"<h1>Baru</h1>"}).items():
        assert any_place.read(path) == body
    assert rollback(target=any_place.address, sequence=1, state=folder).changed == 0
    with pytest.raises(ExportError) as caught:
        rollback(target=any_place.address, sequence=99, state=folder)
    assert caught.value.code == "unknown-release"
    push(dist=site.next().write(), target=any_place.address, state=folder)
    assert any_place.read("index.html") == b"<h1>Kedua</h1>"


def test_a_rollback_brings_nothing_back_that_is_withdrawn_or_mentions_it(
    any_place: AnyPlace, site: Site, folder: Path
) -> None:
    site.files["feed.xml"] = f"<feed>{URL}</feed>".encode()
    push(dist=site.write(), target=any_place.address, state=folder)
    site.files |= {"feed.xml": b"<feed/>", "index.html": b"<h1>Kedua</h1>"}
    push(dist=site.next().write(), target=any_place.address, state=folder)
    push(dist=withdraw(site).write(), target=any_place.address, state=folder)
    rollback(target=any_place.address, sequence=1, state=folder)
    assert any_place.answers()[KEY] == "410"
    assert any_place.read("feed.xml") == b"<feed/>", "the old one mentions it"
    assert any_place.read("index.html") == b"<h1>Beranda</h1>"


def test_what_is_taken_down_is_gone_at_once_alone_and_without_a_build(
    any_place: AnyPlace, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=any_place.address, state=folder)
    before = any_place.answers()
    report = take_down(any_place, folder)
    assert (report.taken, report.visible) == ((KEY,), ())
    assert any_place.answers() == before | {KEY: "410"}
    assert take_down(any_place, folder).taken == (), "once more only looks"
    assert any_place.answers() == before | {KEY: "410"}


def test_an_older_build_leaves_it_down_and_a_newer_one_settles_it_either_way(
    any_place: AnyPlace, site: Site, folder: Path
) -> None:
    push(dist=site.write(), target=any_place.address, state=folder)
    take_down(any_place, folder, sequence=2)
    site.built_with, site.files[KEY] = "b" * 64, b"<h1>With another look</h1>"
    push(dist=site.write(), target=any_place.address, state=folder)
    assert any_place.answers()[KEY] == "410"
    push(dist=withdraw(site).write(), target=any_place.address, state=folder)
    assert_holds_exactly(any_place, site)
    # Published once more.
    site.gone.clear()
    site.files[KEY] = b"<h1>Terbit kembali</h1>"
    push(dist=site.next().write(), target=any_place.address, state=folder)
    assert_holds_exactly(any_place, site)
