"""What holds on every target that replaces objects one by one: real folders, real SeaweedFS."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from static_export import ExportError, push
from static_export.build import Build
from static_export.errors import TransientError
from static_export.manifest import ShardRef
from static_export.targets.directory import DirectoryTarget
from static_export.verify import verify_target
from tests.static_export.places import Place, Recorder, assert_holds_exactly
from tests.static_export.sites import Site, small_site, video


def test_a_second_push_does_nothing_and_asks_only_for_the_state(place: Place, site: Site) -> None:
    push(dist=site.write(), target=place.address)
    recorder = Recorder(place.target())
    report = push(dist=site.folder, target=recorder)
    assert report.changed == 0
    assert report.skipped == len(site.files)
    assert recorder.calls == [("read_state", ".policetube/state.json")]


def test_a_push_compares_each_shard_a_few_times_however_many_there_are(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.files |= {f"{video(number)}index.html": b"<h1>Judul</h1>" for number in range(32)}
    push(dist=site.write(), target=place.address)
    site.files[f"{video(3)}index.html"] += b"<p>Ralat</p>"
    site.next().write()
    equal, compared = ShardRef.__eq__, []

    def counted(one: ShardRef, other: object) -> bool:
        compared.append(one.name)
        return equal(one, other)

    monkeypatch.setattr(ShardRef, "__eq__", counted)
    push(dist=site.folder, target=place.address)
    shards = len(Build.open(site.folder).root.shards)
    assert shards > 32
    assert len(compared) <= 8 * shards


def test_one_changed_page_uploads_one_page_and_touches_one_shard(place: Place, site: Site) -> None:
    push(dist=site.write(), target=place.address)
    changed = video(3) + "index.html"
    site.files[changed] += b"<p>Ralat</p>"
    recorder = Recorder(place.target())
    report = push(dist=site.next().write(), target=recorder)
    assert report.uploaded == ((changed, "changed"),)
    assert recorder.done("put") == [changed]
    writes = recorder.done("write_state")
    assert writes[0] == writes[3] == writes[4] == ".policetube/state.json"
    assert len(writes) == 5
    assert writes[1] == ".policetube/releases/1.json"
    assert writes[2].startswith(".policetube/shards/video-dx-")
    assert len(recorder.done("keep")) == 2, "the page and the shard as they were"
    assert len(recorder.done("read_state")) == 2
    assert len(recorder.done("delete_state")) == 1
    assert_holds_exactly(place, site)


def test_a_new_sequence_with_no_other_change_writes_only_the_state(
    place: Place, site: Site
) -> None:
    push(dist=site.write(), target=place.address)
    recorder = Recorder(place.target())
    assert push(dist=site.next().write(), target=recorder).changed == 0
    assert recorder.done("write_state", "put") == [".policetube/state.json"]
    assert push(dist=site.folder, target=place.address).sequence == 2


def test_the_order_is_withdrawals_assets_new_pages_pages_listings_rules_deletions_state(
    place: Place, site: Site
) -> None:
    push(dist=site.write(), target=place.address)
    withdrawn, removed, moved = (video(number) for number in range(3))
    for address in (withdrawn, removed, moved):
        del site.files[address + "index.html"]
    del site.files["sitemap/2026-03.xml"], site.files["assets/site.0123456789.css"]
    site.gone.add(f"/{withdrawn}")
    site.redirects[f"/{moved}"] = (f"/{video(40)}", 301)
    site.files |= {
        video(40) + "index.html": b"moved here",
        "assets/site.fedcba9876.css": b"new",
        "index.html": b"new home",
    }
    recorder = Recorder(place.target())
    push(dist=site.next().write(), target=recorder)
    done = recorder.done("put", "delete")
    assert set(done[:2]) == {withdrawn + "index.html", removed + "index.html"}
    assert done[2:6] == [
        "assets/site.fedcba9876.css",
        video(40) + "index.html",
        "index.html",
        moved + "index.html",
    ]
    assert done[6:] == ["sitemap/2026-03.xml"]
    assert place.retired() == {"assets/site.0123456789.css"}
    states = [n for n, (_, key) in enumerate(recorder.calls) if key.endswith("state.json")]
    public = [n for n, (name, _) in enumerate(recorder.calls) if name in {"put", "delete"}]
    assert states[1] < min(public), "the intent is stored before the first byte"
    assert states[2] > max(public), "the build is live after the last"
    assert_holds_exactly(place, site)


def test_what_is_new_goes_before_what_leads_to_it(place: Place, site: Site) -> None:
    push(dist=site.write(), target=place.address)
    site.files |= {
        video(1) + "index.html": b"of another unit now",
        video(40) + "index.html": b"new",
        "unit/polda-jambi/index.html": b"new",
        "index.html": b"leads to both",
    }
    recorder = Recorder(place.target())
    push(dist=site.next().write(), target=recorder)
    assert recorder.done("put") == [
        video(40) + "index.html",
        "unit/polda-jambi/index.html",
        video(1) + "index.html",
        "index.html",
    ]


def test_assets_that_nothing_names_stay_two_days_and_then_go_by_themselves(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(dist=site.write(), target=place.address)
    old = "assets/site.0123456789.css"
    body = site.files.pop(old)
    site.files["assets/site.fedcba9876.css"] = b"new"
    push(dist=site.next().write(), target=place.address)
    assert place.read(old) == body
    assert push(dist=site.folder, target=place.address).changed == 0
    monkeypatch.setattr("static_export.retired.GRACE", 0.0)
    report = push(dist=site.folder, target=place.address)
    assert report.deleted == ((old, "named by nothing for long"),)
    assert place.read(old) is None
    assert place.retired() == set()
    assert_holds_exactly(place, site)


def test_an_asset_that_is_named_again_is_kept(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(dist=site.write(), target=place.address)
    old = "assets/site.0123456789.css"
    body = site.files.pop(old)
    push(dist=site.next().write(), target=place.address)
    site.files[old] = body
    push(dist=site.next().write(), target=place.address)
    monkeypatch.setattr("static_export.retired.GRACE", 0.0)
    assert push(dist=site.folder, target=place.address).changed == 0
    assert_holds_exactly(place, site)


def test_what_a_dead_push_had_put_keeps_its_assets_until_its_pages_are_replaced(
    place: Place, site: Site
) -> None:
    push(dist=site.write(), target=place.address)
    page, dead, new = video(1) + "index.html", "assets/a.0123456789.css", "assets/b.0123456789.css"
    site.files |= {dead: b"a", page: b"names a"}

    def die(operation: str, key: str) -> None:
        if operation == "put" and key == "index.html":
            raise ExportError("target-failed", "cut")

    site.files["index.html"] = b"names a, too"
    with pytest.raises(ExportError, match="cut"):
        push(dist=site.next().write(), target=Recorder(place.target(), die))
    del site.files[dead]
    site.files |= {new: b"b", page: b"names b", "index.html": b"names b, too"}
    recorder = Recorder(place.target())
    push(dist=site.next().write(), target=recorder)
    assert dead not in recorder.done("delete")
    assert place.retired() == {dead}


def test_a_push_that_dies_between_the_shards_leaves_no_shard_behind(
    place: Place, site: Site
) -> None:
    push(dist=site.write(), target=place.address)
    site.files[video(0) + "index.html"] = b"first try"
    site.files[video(1) + "index.html"] = b"first try"

    def die(operation: str, key: str) -> None:
        if operation == "write_state" and "shards/video-bx" in key:
            raise ExportError("target-failed", "cut")

    with pytest.raises(ExportError, match="cut"):
        push(dist=site.next().write(), target=Recorder(place.target(), die))
    site.files[video(0) + "index.html"] = b"second try"
    site.files[video(1) + "index.html"] = b"second try"
    push(dist=site.next().write(), target=place.address)
    assert_holds_exactly(place, site)


def test_a_passing_fault_is_tried_again_and_a_lasting_one_named(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    faults = 3

    def sometimes(operation: str, key: str) -> None:
        nonlocal faults
        if operation == "put" and key == "index.html" and faults:
            faults -= 1
            raise TransientError("SlowDown")

    recorder = Recorder(place.target(), sometimes)
    push(dist=site.write(), target=recorder)
    assert recorder.done("put").count("index.html") == 4
    site.files["index.html"] = b"other"
    faults = 100
    with pytest.raises(ExportError, match=r"index\.html: SlowDown .*push again") as caught:
        push(dist=site.next().write(), target=Recorder(place.target(), sometimes))
    assert caught.value.retryable
    faults = 0
    report = push(dist=site.folder, target=place.address)
    assert report.uploaded == (("index.html", "unfinished push"),)
    assert_holds_exactly(place, site)


def test_a_stale_build_is_refused_and_nothing_is_written(place: Place, site: Site) -> None:
    site.sequence = 5
    push(dist=site.write(), target=place.address)
    site.sequence = 4
    site.files["index.html"] = b"old"
    recorder = Recorder(place.target())
    with pytest.raises(ExportError, match="change 5, this build ends at 4") as caught:
        push(dist=site.write(), target=recorder)
    assert caught.value.code == "stale-build"
    assert recorder.done("put", "write_state") == []
    assert place.read("index.html") != b"old"


def test_a_build_older_than_an_unfinished_push_is_refused(place: Place, site: Site) -> None:
    push(dist=site.write(), target=place.address)

    def die(operation: str, key: str) -> None:
        if operation == "put":
            raise ExportError("target-failed", "cut")

    site.files["index.html"] = b"newer"
    site.sequence = 9
    with pytest.raises(ExportError, match="cut"):
        push(dist=site.write(), target=Recorder(place.target(), die))
    site.sequence = 8
    with pytest.raises(ExportError) as caught:
        push(dist=site.write(), target=place.address)
    assert caught.value.code == "stale-build"


def test_a_mass_deletion_is_refused_with_its_reason(place: Place, tmp_path: Path) -> None:
    site = small_site(tmp_path / "dist", videos=60)
    push(dist=site.write(), target=place.address)
    for number in range(21):
        del site.files[video(number) + "index.html"]
    recorder = Recorder(place.target())
    with pytest.raises(ExportError, match=r"remove 21 of 69 files.*--allow-mass-delete") as caught:
        push(dist=site.next().write(), target=recorder)
    assert caught.value.code == "mass-delete"
    assert recorder.done("put", "delete", "write_state") == []
    report = push(dist=site.folder, target=place.address, allow_mass_delete=True)
    assert len(report.deleted) == 21
    assert_holds_exactly(place, site)


def test_an_allowed_mass_deletion_that_was_cut_off_ends_without_a_second_word(
    place: Place, tmp_path: Path
) -> None:
    site = small_site(tmp_path / "dist", videos=60)
    push(dist=site.write(), target=place.address)
    for number in range(40):
        del site.files[video(number) + "index.html"]

    def die(operation: str, key: str) -> None:
        if operation == "delete" and key == video(7) + "index.html":
            raise ExportError("target-failed", "cut")

    with pytest.raises(ExportError, match="cut"):
        push(
            dist=site.next().write(),
            target=Recorder(place.target(), die),
            allow_mass_delete=True,
        )
    push(dist=site.folder, target=place.address)
    assert_holds_exactly(place, site)


def test_a_damaged_file_is_refused_before_anything_is_uploaded(place: Place, site: Site) -> None:
    site.write()
    (site.folder / video(2) / "index.html").write_bytes(b"half a pa")
    recorder = Recorder(place.target())
    with pytest.raises(ExportError, match=r"judul-2/index\.html is not what was built") as caught:
        push(dist=site.folder, target=recorder)
    assert caught.value.code == "damaged-build"
    assert recorder.done("put", "write_state") == []


def test_a_dry_run_says_what_and_why_and_writes_nothing(place: Place, site: Site) -> None:
    push(dist=site.write(), target=place.address)
    site.files["index.html"] = b"other"
    site.gone.add("/video/never/was/")
    recorder = Recorder(place.target())
    report = push(dist=site.next().write(), target=recorder, dry_run=True)
    assert report.dry_run
    assert report.uploaded == (("index.html", "changed"),)
    assert report.gone == (("video/never/was/index.html", "gone"),)
    assert set(recorder.done("put", "write_state", "prepare")) == set()
    assert place.read("index.html") == b"<h1>Beranda</h1>"


def test_verify_finds_what_is_absent_and_what_differs(place: Place, site: Site) -> None:
    site.gone.add("/video/away/x/")
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 301)
    push(dist=site.write(), target=place.address)
    build, target = Build.open(site.folder), place.target()
    assert verify_target(build, target).wrong == ()
    items = build.items()
    target.delete(video(1) + "index.html")
    target.put(items["index.html"], b"tampered with")
    target.delete("video/old/x/index.html")
    wrong = dict(verify_target(build, target).wrong)
    target.close()
    assert wrong == {
        video(1) + "index.html": "absent",
        "index.html": "the bytes differ",
        "video/old/x/index.html": "absent",
    }


def test_a_rule_is_put_again_after_a_push_that_did_not_end(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = video(1)
    del site.files[address + "index.html"]
    site.redirects[f"/{address}"] = (f"/{video(2)}", 301)
    push(dist=site.write(), target=place.address)
    site.redirects.clear()
    site.gone.add(f"/{address}")
    drop = DirectoryTarget._drop

    def fail(target: DirectoryTarget, *files: Path) -> None:
        if any(file.name == "redirect-301" for file in files):
            raise ExportError("target-failed", "cut")
        drop(target, *files)

    with monkeypatch.context() as patch, suppress(ExportError):
        patch.setattr(DirectoryTarget, "_drop", fail)
        push(dist=site.next().write(), target=place.address)
    push(dist=site.folder, target=place.address)
    assert_holds_exactly(place, site)


def test_shards_that_a_push_left_over_when_its_build_was_live_go_with_the_next(
    place: Place, site: Site
) -> None:
    push(dist=site.write(), target=place.address)

    def die(operation: str, key: str) -> None:
        if operation == "delete_state":
            raise ExportError("target-failed", "cut")

    site.files["index.html"] = b"other"
    with pytest.raises(ExportError, match="cut"):
        push(dist=site.next().write(), target=Recorder(place.target(), die))
    assert push(dist=site.folder, target=place.address).changed == 0
    assert_holds_exactly(place, site)


def test_a_lost_shard_is_named_with_the_mend(place: Place, site: Site) -> None:
    push(dist=site.write(), target=place.address)
    target = place.target()
    lost = next(key for key in place.private_keys() if "shards/root-" in key)
    target.delete_state(lost)
    target.close()
    site.files["index.html"] = b"other"
    with pytest.raises(ExportError, match=r"Delete \.policetube/state\.json") as caught:
        push(dist=site.next().write(), target=place.address)
    assert caught.value.code == "damaged-state"
    target = place.target()
    target.delete_state(".policetube/state.json")
    target.close()
    push(dist=site.folder, target=place.address)
    assert place.read("index.html") == b"other"


def test_a_push_of_many_files_makes_way_and_goes_on_where_it_was(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.parallel.FEW", 2)
    push(dist=site.write(), target=place.address)
    pages = [video(number) + "index.html" for number in range(6)]
    site.files |= dict.fromkeys(pages, b"a new look") | {"index.html": b"a new look"}
    asked: list[int] = []

    def interrupt() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(ExportError, match=r"actions are left.*Push again") as caught:
        push(dist=site.next().write(), target=place.address, interrupt=interrupt)
    assert (caught.value.code, caught.value.retryable) == ("interrupted", True)
    put = {page for page in pages if place.read(page) == b"a new look"}
    assert 0 < len(put) < len(pages)
    assert place.read("index.html") == b"<h1>Beranda</h1>"

    # Meanwhile one is withdrawn: what led to it comes before the pages that are left.
    gone = min(put)
    del site.files[gone]
    site.gone.add(f"/{gone.removesuffix('index.html')}")
    site.files |= {"index.html": b"without it", "feed.xml": b"<feed>without it</feed>"}
    recorder = Recorder(place.target())
    report = push(dist=site.next().write(), target=recorder, first=["index.html", "feed.xml"])
    done = recorder.done("put", "delete")
    left = [page for page in pages if page not in put]
    assert (done[0], set(done[1:3])) == (gone, {"feed.xml", "index.html"})
    assert set(done[3:]) == set(left)
    assert report.resumed == len(put) - 1
    looked_at = {key for name, key in recorder.calls if name in {"compare", "has", "keep"}}
    assert not looked_at & (put - {gone}), "what is done is not even looked at"
    assert_holds_exactly(place, site)
    assert push(dist=site.folder, target=place.address).changed == 0


def test_what_an_interrupted_push_had_put_is_put_back_by_a_build_that_has_it_otherwise(
    place: Place, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.parallel.FEW", 0)
    before = dict(site.files)
    push(dist=site.write(), target=place.address)
    for number in range(6):
        site.files[video(number) + "index.html"] = b"a mistake"
    asked: list[int] = []

    def interrupt() -> bool:
        asked.append(1)
        return len(asked) > 4

    with pytest.raises(ExportError, match="Push again"):
        push(dist=site.next().write(), target=place.address, interrupt=interrupt)
    site.files = before
    push(dist=site.next().write(), target=place.address)
    assert_holds_exactly(place, site)
    for path, body in before.items():
        assert place.read(path) == body
