"""The folder that an edge serves is never seen half written."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

import brotli
import pytest

from static_export import ExportError, push
from static_export.build import Build
from static_export.state import STATE_KEY
from static_export.targets.directory import RULES
from static_export.verify import verify_target
from tests.static_export.places import DirectoryPlace
from tests.static_export.sites import Site


def test_a_reader_never_sees_a_half_written_file(directory: DirectoryPlace, site: Site) -> None:
    bodies = [bytes([letter]) * 300_000 for letter in b"ab"]
    site.files["index.html"] = bodies[0]
    push(dist=site.write(), target=directory.address)
    seen: set[bytes] = set()
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.add((directory.root / "index.html").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for turn in range(1, 20):
            site.files["index.html"] = bodies[turn % 2]
            push(dist=site.next().write(), target=directory.address)
    finally:
        ended.set()
        reader.join()
    assert seen == set(bodies)


def test_what_did_not_change_is_not_touched(directory: DirectoryPlace, site: Site) -> None:
    push(dist=site.write(), target=directory.address)
    before = {file: file.stat().st_mtime_ns for file in directory.root.glob("[!.]*/**/*.html")}
    site.files["index.html"] = b"other"
    push(dist=site.next().write(), target=directory.address)
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_a_link_out_of_the_folder_is_not_written_through(
    directory: DirectoryPlace, site: Site, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    directory.root.mkdir()
    (directory.root / "about").symlink_to(outside)
    with pytest.raises(ExportError, match="leads out of") as caught:
        push(dist=site.write(), target=directory.address)
    assert caught.value.code == "bad-path"
    assert list(outside.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "edge").write_text("a file")
    with pytest.raises(ExportError, match="Mend that") as caught:
        push(dist=site.write(), target=f"file:{tmp_path / 'edge'}")
    assert caught.value.code == "target-failed"


def test_nothing_half_written_is_left_by_a_push(directory: DirectoryPlace, site: Site) -> None:
    stray = directory.root / ".policetube/incoming/stray"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half")
    push(dist=site.write(), target=directory.address)
    assert list(stray.parent.iterdir()) == []


STYLE = "assets/site.0123456789.css"


def test_a_second_rule_is_found_and_goes_when_the_right_one_is_put(
    directory: DirectoryPlace, site: Site
) -> None:
    site.redirects["/lama/"] = ("/about/", 301)
    push(dist=site.write(), target=directory.address)
    rules = directory.root / RULES / "lama"
    (rules / "redirect-308").write_text("/elsewhere/")
    build = Build.open(site.folder)
    wrong = verify_target(build, directory.target()).wrong
    assert wrong == (("lama/index.html", "another rule lies beside it"),)
    item = build.items()["lama/index.html"]
    directory.target().put(item, b"")
    assert verify_target(build, directory.target()).wrong == ()


def test_a_disk_that_cannot_be_read_is_named(directory: DirectoryPlace, site: Site) -> None:
    push(dist=site.write(), target=directory.address)
    state = directory.root / STATE_KEY
    state.unlink()
    state.mkdir()
    with pytest.raises(ExportError, match=r"state\.json.*push again"):
        push(dist=site.folder, target=directory.address)


def test_assets_have_packed_copies_beside_them_and_nothing_else_has(
    directory: DirectoryPlace, site: Site
) -> None:
    site.files["assets/tiny.0123456789.css"] = b"a{}"
    push(dist=site.write(), target=directory.address)
    found = {file.relative_to(directory.root).as_posix() for file in directory.root.rglob("*.??")}
    assert found == {f"{STYLE}.br", f"{STYLE}.gz"}
    assert brotli.decompress((directory.root / f"{STYLE}.br").read_bytes()) == site.files[STYLE]
    assert gzip.decompress((directory.root / f"{STYLE}.gz").read_bytes()) == site.files[STYLE]


def test_a_file_never_appears_before_its_packed_copies(
    directory: DirectoryPlace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace
    order: list[str] = []

    def noted(source: Path, goal: Path) -> Path:
        order.append(goal.name)
        return replace(source, goal)

    monkeypatch.setattr(Path, "replace", noted)
    push(dist=site.write(), target=directory.address)
    name = Path(STYLE).name
    assert [one for one in order if one.startswith(name)] == [f"{name}.br", f"{name}.gz", name]


@pytest.mark.parametrize("instead", ["nothing", "a tombstone", "a redirect"])
def test_packed_copies_go_with_their_file(
    directory: DirectoryPlace, site: Site, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(dist=site.write(), target=directory.address)
    del site.files[STYLE]
    if instead == "a tombstone":
        site.gone.add(f"/{STYLE}")
    if instead == "a redirect":
        site.redirects[f"/{STYLE}"] = ("/", 301)
    push(dist=site.next().write(), target=directory.address)
    if instead == "nothing":
        assert (directory.root / f"{STYLE}.br").exists(), "there are readers of pages that name it"
        monkeypatch.setattr("static_export.retired.GRACE", 0)
        push(dist=site.folder, target=directory.address)
    assert not (directory.root / "assets").exists()


def test_a_wrong_packed_copy_is_found_and_an_absent_one_is_fine(
    directory: DirectoryPlace, site: Site
) -> None:
    push(dist=site.write(), target=directory.address)
    build, target = Build.open(site.folder), directory.target()
    item, body = build.items()[STYLE], site.files[STYLE]
    assert target.compare(item, body) is None
    (directory.root / f"{STYLE}.br").unlink()
    assert target.compare(item, body) is None
    for wrong in (gzip.compress(b"other"), b"no copy", b""):
        (directory.root / f"{STYLE}.gz").write_bytes(wrong)
        problem = target.compare(item, body)
        assert problem == "its packed copy site.0123456789.css.gz holds other bytes"
