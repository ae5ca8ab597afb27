"""A build killed between any two effects is made good by the next one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from subprocess import DEVNULL

import pytest

from site_builder import BuilderError
from site_builder.write import Output
from tests.site_builder.crashes import Killed, killed_at
from tests.site_builder.fake_api import ROOT, FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom, publish
from tests.site_builder.serving import api_server

# Outside a soak every third effect; other ones where the edits are taken back afterwards.
STRIDE = 1 if os.environ.get("SOAK") else 3


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


@pytest.mark.parametrize("delay", [0.3, 0.5, 0.7, 0.9])
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


def test_a_full_disk_says_so_and_is_made_good(
    api: FakeApi, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.build(api)
    edit(api)

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Output, "take", full)
        with pytest.raises(BuilderError, match="No space left"):
            place.build(api)
    place.build(api)

    assert "Judul baru" in place.text("archive/2026/06/index.html")


def is_former(source: str) -> bool:
    """Whether a redirect is a video's own; by hand nobody can make one there."""
    return source.startswith("/video/")


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
