"""Several mirrors of one build: one that is down stops no other, and what differs is said."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from static_export import ExportError, push
from static_export.agree import agreement
from static_export.cli import main
from static_export.targets import open_target
from static_export.targets.base import Released, ReleaseTarget, Target
from tests.static_export.edges import running_edge
from tests.static_export.places import BucketPlace, DirectoryPlace, Recorder
from tests.static_export.sites import Site, video

Capture = pytest.CaptureFixture[str]
PAGE = video(1) + "index.html"


@pytest.fixture
def other(tmp_path: Path) -> DirectoryPlace:
    return DirectoryPlace(tmp_path / "other")


def run(capsys: Capture, command: str, *arguments: object) -> tuple[int, str, str]:
    status = main([command, *map(str, arguments)])
    out, err = capsys.readouterr()
    return status, out, err


def to(*places: DirectoryPlace | BucketPlace) -> list[str]:
    return [word for place in places for word in ("--to", place.address)]


def test_a_mirror_that_is_down_stops_no_other_and_is_brought_up_by_the_next_push(
    capsys: Capture, directory: DirectoryPlace, other: DirectoryPlace, site: Site
) -> None:
    directory.root.write_text("what cannot be written to")
    status, out, err = run(capsys, "push", site.write(), *to(directory, other))
    assert status == 1
    assert err.startswith(f"target-failed: {directory.address}: ")
    assert f"{other.address}: change 1: 15 uploaded" in out
    assert other.read(PAGE) == site.files[PAGE]
    directory.root.unlink()
    status, out, _ = run(capsys, "push", site.folder, *to(directory, other))
    assert status == 0
    assert f"{directory.address}: change 1: 15 uploaded" in out
    assert f"{other.address}: change 1: 0 uploaded" in out


def test_a_mirror_that_refuses_does_so_alone_and_the_status_says_so(
    capsys: Capture, directory: DirectoryPlace, other: DirectoryPlace, site: Site
) -> None:
    site.sequence = 9
    run(capsys, "push", site.write(), *to(directory))
    site.sequence = 3
    status, out, err = run(capsys, "push", site.write(), *to(directory, other), "--json")
    assert status == 3
    assert err.startswith(f"stale-build: {directory.address}: ")
    refused, done = json.loads(out)
    assert (refused["target"], refused["error"]["code"]) == (directory.address, "stale-build")
    assert (done["target"], len(done["uploaded"])) == (other.address, 15)


def test_a_word_that_is_no_target_is_refused_before_any_is_touched(
    capsys: Capture, directory: DirectoryPlace, site: Site
) -> None:
    status, _, err = run(capsys, "push", site.write(), *to(directory), "--to", "ftp://mirror")
    assert (status, err.startswith("bad-target: ")) == (3, True)
    assert not directory.root.exists()


def test_mirrors_that_hold_the_same_agree_by_two_small_reads(
    capsys: Capture, directory: DirectoryPlace, other: DirectoryPlace, site: Site
) -> None:
    site.gone.add("/video/away/x/")
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 301)
    run(capsys, "push", site.write(), *to(directory, other))
    assert run(capsys, "agree", *to(directory, other))[0] == 0
    targets = [Recorder(place.target()) for place in (directory, other)]
    assert agreement(targets).is_whole  # type: ignore[arg-type]
    assert [target.calls for target in targets] == [[("read_state", ".policetube/state.json")]] * 2
    assert run(capsys, "agree", *to(directory, other), "--deep")[0] == 0


def test_a_mirror_that_was_left_behind_is_told_apart_file_by_file(
    capsys: Capture, directory: DirectoryPlace, other: DirectoryPlace, site: Site
) -> None:
    run(capsys, "push", site.write(), *to(directory, other))
    site.files[PAGE] = b"new words"
    site.files[video(9) + "index.html"] = b"a new video"
    del site.files["unit/polda-bali/index.html"]
    push(dist=site.next().write(), target=other.address)
    status, out, _ = run(capsys, "agree", *to(directory, other), "--json")
    found = json.loads(out)
    assert (status, found["agree"], found["furthest"]) == (4, False, other.address)
    behind, ahead = found["mirrors"]
    assert (behind["sequence"], ahead["sequence"], ahead["differs"]) == (1, 2, {})
    assert behind["differs"] == {
        "unit/polda-bali/index.html": "should not be there any more",
        PAGE: "another version",
        video(9) + "index.html": "absent",
    }
    status, out, _ = run(capsys, "agree", *to(directory, other))
    assert f"{directory.address}: change 1, 3 differ" in out
    assert out.endswith("They do not agree.\n")


def test_bytes_that_were_changed_behind_our_back_are_found_by_reading_them(
    capsys: Capture, directory: DirectoryPlace, other: DirectoryPlace, site: Site
) -> None:
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 301)
    run(capsys, "push", site.write(), *to(directory, other))
    (other.root / PAGE).write_bytes(b"tampered with")
    (other.root / "feed.xml").unlink()
    (other.root / ".policetube/rules/video/old/x/redirect-301").write_text("/elsewhere/")
    assert run(capsys, "agree", *to(directory, other))[0] == 0
    status, out, _ = run(capsys, "agree", *to(directory, other), "--deep")
    assert status == 4
    assert f"{other.address}  {PAGE}: the bytes differ" in out
    assert f"{other.address}  feed.xml: absent" in out
    assert f"{other.address}  video/old/x/index.html: the bytes differ" in out
    assert f"{directory.address}: change 1, 0 differ" in out


def test_a_push_that_has_not_ended_is_told(
    capsys: Capture, directory: DirectoryPlace, other: DirectoryPlace, site: Site
) -> None:
    run(capsys, "push", site.write(), *to(directory, other))
    site.files[PAGE] = b"new words"

    def die(operation: str, key: str) -> None:
        if operation == "put":
            raise ExportError("target-failed", "no current")

    with pytest.raises(ExportError):
        push(dist=site.next().write(), target=Recorder(other.target(), die))  # type: ignore[arg-type]
    status, out, _ = run(capsys, "agree", *to(directory, other))
    assert status == 4
    assert f"{other.address}: a push of change 2 has not ended: push again" in out


@pytest.mark.parametrize("what", ["empty", "of another database", "damaged"])
def test_a_mirror_with_nothing_to_compare_is_named(
    capsys: Capture, directory: DirectoryPlace, other: DirectoryPlace, site: Site, what: str
) -> None:
    push(dist=site.write(), target=directory.address)
    if what == "of another database":
        site.epoch = "epoch-two"
        push(dist=site.write(), target=other.address)
    if what == "damaged":
        shutil.copytree(directory.root, other.root)
        (other.root / ".policetube/state.json").write_text("{")
    status, out, _ = run(capsys, "agree", *to(directory, other))
    told = {
        "empty": (4, "holds no site yet"),
        "of another database": (4, "holds a site of another database"),
        "damaged": (1, "not known: .policetube/state.json"),
    }
    assert status == told[what][0]
    assert told[what][1] in out


@pytest.mark.storage
def test_a_bucket_and_a_folder_agree(
    capsys: Capture, directory: DirectoryPlace, bucket: BucketPlace, site: Site
) -> None:
    site.gone.add("/video/away/x/")
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 308)
    assert run(capsys, "push", site.write(), *to(directory, bucket))[0] == 0
    assert run(capsys, "agree", *to(directory, bucket), "--deep")[0] == 0
    bucket.client.put_object(Bucket=bucket.bucket, Key=bucket.prefix + PAGE, Body=b"other")
    status, out, _ = run(capsys, "agree", *to(directory, bucket), "--deep")
    assert status == 4
    assert f"{bucket.address.rstrip('/')}  {PAGE}: the bytes differ" in out


def test_edges_are_asked_for_what_the_furthest_mirror_holds(
    capsys: Capture,
    directory: DirectoryPlace,
    other: DirectoryPlace,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("static_export.verify.PATIENCE", 0.1)
    run(capsys, "push", site.write(), *to(directory, other))
    site.files["index.html"] = b"new words"
    push(dist=site.next().write(), target=directory.address)
    with (
        running_edge(directory.root, tmp_path / "one") as fresh,
        running_edge(other.root, tmp_path / "two") as stale,
    ):
        edges = ["--edge", fresh, "--edge", stale]
        status, out, _ = run(capsys, "agree", *to(directory, other), *edges)
        assert status == 4
        assert f"{stale}  /: other bytes than were built" in out
        assert f"{fresh}: 15 right, 0 wrong" in out
        push(dist=site.folder, target=other.address)
        assert run(capsys, "agree", *to(directory, other), *edges, "--deep")[0] == 0


@dataclass
class Shelf:
    """A place that publishes whole releases, and lists them by digest."""

    name: str = "netlify:shelf"
    parallel: int = 2
    media_origin: str = "https://media.example.go.id"
    title: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)

    def published_title(self) -> str | None:
        return self.title

    def published_digests(self) -> dict[str, str]:
        return {path: hashlib.sha1(body).hexdigest() for path, body in self.files.items()}

    def release(
        self,
        title: str,
        digests: Mapping[str, str],
        read: Callable[[str], bytes],
        check: Callable[[], None],
        *,
        draft: bool = False,
    ) -> Released:
        assert not draft
        self.title, self.files = title, {path: read(path) for path in digests}
        return Released(deploy="1", url="", sent=tuple(digests))

    def close(self) -> None:
        """Nothing is held."""


def test_a_release_agrees_by_its_title_and_deeply_by_its_digests(
    directory: DirectoryPlace, site: Site, tmp_path: Path
) -> None:
    shelf = Shelf()
    assert isinstance(shelf, ReleaseTarget)
    targets: list[Target] = [open_target(directory.address), shelf]
    for target in (directory.address, shelf):
        push(dist=site.write(), target=target, state=tmp_path / "state")
    assert agreement(targets, deep=True).is_whole
    shelf.files[PAGE] = b"other"
    assert agreement(targets).is_whole
    assert dict(agreement(targets, deep=True).standings[1].differs or {}) == {
        PAGE: "the bytes differ"
    }
    push(dist=site.next().write(), target=directory.address, state=tmp_path / "state")
    assert dict(agreement(targets).standings[1].differs or {}) == {
        "(all)": "holds change 1 instead of 2"
    }
    with pytest.raises(ExportError, match="file: or s3:// target"):
        agreement([shelf], ["https://video.example.go.id"])
