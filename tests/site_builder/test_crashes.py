"""A build killed between any two effects is made good by the next one."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL

import pytest

from site_builder import BuilderError, ErrorCode
from site_builder.check import check
from static_export import ExportError, push
from tests.site_builder.crashes import Killed, full_at, killed_at
from tests.site_builder.fake_api import ROOT, FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, publish
from tests.site_builder.serving import api_server

# Outside a soak every third effect; other ones where the edits are taken back afterwards.
SOAK = bool(os.environ.get("SOAK"))
STRIDE = 1 if SOAK else 3
# Seconds after which a building process dies: from its imports to its last write.
DELAYS = [number / 50 for number in range(5, 75)] if SOAK else [0.3, 0.5, 0.7, 0.9]


ORPHAN = """
import multiprocessing, threading, time
from site_builder import render

def work():
    threading.Thread(target=render._end_with_the_build, daemon=True).start()
    time.sleep(60)

if __name__ == "__main__":
    worker = multiprocessing.get_context("spawn").Process(target=work)
    worker.start()
    print(worker.pid, flush=True)
    time.sleep(60)
"""


def test_no_render_process_outlives_a_killed_build(tmp_path: Path) -> None:
    script = tmp_path / "orphan.py"
    script.write_text(ORPHAN)
    with subprocess.Popen(
        [sys.executable, script], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    ) as build:  # fmt: skip
        assert build.stdout
        worker = Path("/proc") / build.stdout.readline().decode().strip()
        build.kill()
    for _ in range(200):
        if not worker.exists() or "State:\tZ" in (worker / "status").read_text():
            return
        time.sleep(0.05)
    raise AssertionError("it still lives")


def edit(api: FakeApi) -> None:
    """A bit of everything."""
    api.put_video(identifier(1), slug="slug-baru", title="Judul baru")
    api.remove_video(identifier(2))
    api.move_unit("polres-pidie", "polda-bali")
    publish(api, 40, publishedAt="2026-09-01T00:00:00+00:00")
    api.put_redirect("/mudik/", "/unit/mabes/")
    api.put_redirect("/unit/polda-bali/lama/", "https://example.org/")


def undo(api: FakeApi) -> None:
    """Most of it taken back, while the killed build's traces still lie there."""
    api.put_video(identifier(1), slug="slug-lain", title="Judul lain")
    api.remove_video(identifier(40))
    api.move_unit("polres-pidie", "polda-aceh")
    api.remove_redirect("/mudik/")
    api.put_redirect("/unit/polda-bali/lama/", "/unit/polda-bali/")


@pytest.mark.parametrize("then_undone", [False, True])
def test_a_build_killed_at_any_effect_is_made_good(tmp_path: Path, then_undone: bool) -> None:
    start = Place(tmp_path / "start")
    start.build(newsroom(6))
    wanted = fresh_build(tmp_path / "fresh", then_undone=then_undone)
    moment, died = int(then_undone) % STRIDE, True
    while died:
        api = newsroom(6)
        place = Place(tmp_path / f"{moment}")
        shutil.copytree(start.root, place.root, dirs_exist_ok=True)
        edit(api)
        try:
            with killed_at(moment):
                place.build(api)
            died = False
        except Killed:
            pass
        if then_undone:
            undo(api)
        place.build(api)

        assert without_history(place) == wanted, f"killed at effect {moment}"
        assert place.build(api).rendered == ()
        shutil.rmtree(place.root)
        moment += STRIDE
    assert moment > 30


def fresh_build(root: Path, *, then_undone: bool) -> dict[str, object]:
    """What the killed builds must end as."""
    api = newsroom(6)
    edit(api)
    if then_undone:
        undo(api)
    place = Place(root)
    place.build(api)
    return without_history(place)


def test_a_killed_first_build_is_made_good(tmp_path: Path) -> None:
    api = newsroom(6)
    for moment in (0, 1, 5, 20, 40):
        place = Place(tmp_path / f"{moment}")
        with pytest.raises(Killed), killed_at(moment):
            place.build(api)
        place.build(api)
        fresh = Place(tmp_path / f"fresh-{moment}")
        fresh.build(api)
        assert place.files() == fresh.files()


@pytest.mark.parametrize("delay", DELAYS)
def test_a_process_killed_at_any_time_leaves_nothing_for_a_hand_to_mend(
    tmp_path: Path, delay: float
) -> None:
    api, place = newsroom(60), Place(tmp_path / "site")
    place.build(api)
    edit(api)
    api.edit_site(name="Tribrata TV")
    with api_server(api) as url:
        options = ["--api", url, "--out", str(place.out), "--state", str(place.state)]
        options += ["--site-url", "https://tube.test", "--media-origin", "http://media.test"]
        options += ["--templates", str(place.templates), "--assets", str(place.assets)]
        command = [sys.executable, "-m", "site_builder", "build", *options]
        with subprocess.Popen(command, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL) as process:
            time.sleep(delay)
            process.kill()

    place.build(api)

    fresh = Place(tmp_path / "fresh")
    fresh.build(api)
    assert without_history(place) == without_history(fresh)


def test_what_a_killed_build_leaves_is_pushed_whole_or_not_at_all(tmp_path: Path) -> None:
    """The public has the last good site or the next one, whenever the build died."""
    start, stride = Place(tmp_path / "start"), 1 if SOAK else 6
    start.build(newsroom(6))
    old = pushed(start, tmp_path / "public")
    api = newsroom(6)
    edit(api)
    finished = Place(tmp_path / "finished")
    shutil.copytree(start.root, finished.root, dirs_exist_ok=True)
    finished.build(api)
    new = pushed(finished, tmp_path / "new")
    seen: list[dict[str, bytes]] = []
    refusals: set[str] = set()
    moment, died = 2, True
    while died:
        place, public = Place(tmp_path / f"{moment}"), tmp_path / f"public-{moment}"
        shutil.copytree(start.root, place.root, dirs_exist_ok=True)
        shutil.copytree(tmp_path / "public", public)
        try:
            with killed_at(moment):
                place.build(api)
            died = False
        except Killed:
            pass
        try:
            pushed(place, public)
        except ExportError as error:
            refusals.add(error.code)
        seen.append(tree(public))
        assert seen[-1] in (old, new), f"killed at effect {moment}"

        place.build(api)
        assert pushed(place, public) == new
        moment += stride
    assert old in seen
    assert seen[-1] == new
    assert refusals <= {"damaged-build"}


def pushed(place: Place, public: Path) -> dict[str, bytes]:
    """What the public sees after a push."""
    push(dist=place.out, target=f"file:{public}", allow_mass_delete=True)
    return tree(public)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file but the exporter's own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".")
    }


def test_a_disk_that_fills_up_at_any_effect_is_named_and_made_good(tmp_path: Path) -> None:
    start = Place(tmp_path / "start")
    start.build(newsroom(6))
    api = newsroom(6)
    edit(api)
    fresh = Place(tmp_path / "fresh")
    fresh.build(api)
    told: set[tuple[str, bool]] = set()
    moment, full = 1, True
    while full:
        place = Place(tmp_path / f"{moment}")
        shutil.copytree(start.root, place.root, dirs_exist_ok=True)
        try:
            with full_at(moment):
                place.build(api)
            full = False
        except BuilderError as error:
            told.add((error.code, "No space left on device" in str(error)))
        place.build(api)

        assert without_history(place) == without_history(fresh), f"full at effect {moment}"
        moment += 2 * STRIDE
    assert moment > 30
    assert told == {(ErrorCode.OUTPUT_FAILED, True)}


@pytest.mark.parametrize("kilobytes", [0, 4, 24, 90, 160])
def test_a_disk_that_takes_no_more_of_a_file_leaves_the_last_good_site(
    tmp_path: Path, kilobytes: int
) -> None:
    """The kernel's own limit on the size of files: on pages, journal, shards and the store."""
    place = Place(tmp_path / "site")
    place.build(newsroom(6))
    before = place.files()
    api = newsroom(6)
    edit(api)
    for number in range(6):
        if identifier(number) in api.videos:
            api.put_video(identifier(number), bodyHtml="<p>Panjang</p>" * 9000)

    told = told_by_a_child(lambda: place.build(api), kilobytes * 1024)

    assert told.startswith(
        "output-failed: " if kilobytes < 100 else ("output-failed: ", "built")
    ), told
    if not told.startswith("built"):
        assert {*before} - {*place.files()} == set() or (place.state / "journal.json").exists()
    place.build(api)
    fresh = Place(tmp_path / "fresh")
    fresh.build(api)
    assert without_history(place) == without_history(fresh)
    assert check(place.out, site_url="https://tube.test").faults == ()


def told_by_a_child(build: Callable[[], object], most: int) -> str:
    """How a build ends in a process none of whose files may grow beyond so many bytes."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            try:
                build()
                told = "built"
            except BuilderError as error:
                told = f"{error.code}: {error}"
            os.write(writing, told.encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


def is_former(source: str) -> bool:
    """Whether a redirect is a publication's own; by hand nobody can make one there."""
    return source.startswith(("/video/", "/story/"))


def without_history(place: Place) -> dict[str, object]:
    """All files, and the manifest's shards but for former paths and gone ones."""
    files: dict[str, object] = {
        path: content for path, content in place.files().items() if not path.startswith("manifest")
    }
    for name, shard in place.shards().items():
        if shard["artifacts"]:
            files[f"shard {name}"] = shard["artifacts"]
        if by_hand := [item for item in shard["redirects"] if not is_former(item["from"])]:
            files[f"redirects {name}"] = by_hand
    return files
