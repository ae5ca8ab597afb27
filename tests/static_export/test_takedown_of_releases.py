"""Taking single pages out of targets that publish whole sites, and keep what they published."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from static_export import ExportError, TakedownReport, Withdrawal, push, takedown
from static_export.targets.base import ReleaseArchive, Released, ReleaseTarget
from tests.static_export.sites import Site, video

KEY = video(3) + "index.html"


@dataclass
class Releases:
    """Every release under a number, the last one live; `before` is called while one is sent."""

    name: str = "releases:memory"
    parallel: int = 2
    media_origin: str = "https://media.example.go.id"
    before: Callable[[], None] = lambda: None
    titles: dict[str, str] = field(default_factory=dict)
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)
    live: str = ""
    under_way: str = ""
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def published_title(self) -> str | None:
        return self.titles.get(self.live)

    def published_digests(self) -> dict[str, str]:
        return dict(self.kept.get(self.live, {}))

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
        number = str(next(self.numbers))
        self.kept[number], self.titles[number] = dict(digests), title
        lacking = tuple(path for path, sha1 in digests.items() if sha1 not in self.blobs)
        for path in lacking:
            assert hashlib.sha1(read(path), usedforsecurity=False).hexdigest() == digests[path]
            self.blobs.add(digests[path])
        before, self.before = self.before, lambda: None
        before()
        check()
        if number not in self.kept:
            raise ExportError("target-failed", f"release {number} is gone")
        self.live = number
        return Released(deploy=number, url=f"memory:{number}", sent=lacking)

    def deploys_holding(self, paths: Collection[str]) -> tuple[str, ...]:
        return tuple(
            number
            for number, digests in self.kept.items()
            if number != self.live and digests.keys() & set(paths)
        )

    def stranded(self, before: float) -> tuple[tuple[str, str], ...]:
        """None: what is sent is live at once."""
        return ()

    def delete_deploy(self, deploy: str) -> None:
        self.kept.pop(deploy, None)

    def read_from(self, url: str, path: str) -> bytes | None:
        """Nobody looks."""

    def close(self) -> None:
        """Nothing is held."""


def take_down(target: ReleaseTarget, folder: Path) -> TakedownReport:
    withdrawal = Withdrawal(mark="x", keys=frozenset({KEY}), epoch="epoch-one", sequence=2)
    return takedown(targets=[target], withdrawals=[withdrawal], state=folder)


def everywhere(target: Releases) -> set[str]:
    return {path for digests in target.kept.values() for path in digests}


def test_it_is_released_anew_without_the_page_and_no_earlier_release_keeps_it(
    site: Site, tmp_path: Path
) -> None:
    target = Releases()
    assert isinstance(target, ReleaseTarget)
    assert isinstance(target, ReleaseArchive)
    for _ in range(3):
        site.files["index.html"] += b"!"
        push(dist=site.write(), target=target, state=tmp_path)
    report = take_down(target, tmp_path)
    assert (report.taken, report.visible) == ((KEY,), ())
    assert KEY not in everywhere(target)
    assert target.published_digests().keys() == {*site.files, "_headers", "_redirects"} - {KEY}
    assert take_down(target, tmp_path).taken == ()


def test_a_push_of_an_older_build_leaves_it_out_and_one_with_it_again_puts_it_back(
    site: Site, tmp_path: Path
) -> None:
    target = Releases()
    push(dist=site.write(), target=target, state=tmp_path)
    take_down(target, tmp_path)
    push(dist=site.folder, target=target, state=tmp_path)
    assert KEY not in everywhere(target)
    push(dist=site.next().write(), target=target, state=tmp_path)
    assert KEY in target.published_digests()
    assert push(dist=site.folder, target=target, state=tmp_path).changed == 0


def test_a_release_under_way_that_holds_it_never_becomes_public(site: Site, tmp_path: Path) -> None:
    target = Releases()
    push(dist=site.write(), target=target, state=tmp_path)
    site.files["index.html"] += b"!"
    target.before = lambda: take_down(target, tmp_path)
    with pytest.raises(ExportError, match="is gone"):
        push(dist=site.write(), target=target, state=tmp_path)
    assert KEY not in everywhere(target)
    push(dist=site.folder, target=target, state=tmp_path)
    assert KEY not in everywhere(target)
    assert target.blobs >= {hashlib.sha1(site.files["index.html"]).hexdigest()}


def test_where_a_release_under_way_cannot_be_deleted_the_push_itself_takes_it_out_again(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Releases()
    push(dist=site.write(), target=target, state=tmp_path)
    site.files["index.html"] += b"!"
    with monkeypatch.context() as patch:
        patch.setattr(Releases, "delete_deploy", lambda *_: None)
        target.before = lambda: take_down(target, tmp_path)
        push(dist=site.write(), target=target, state=tmp_path)
    assert KEY not in target.published_digests()
    report = take_down(target, tmp_path)
    assert report.visible == ()
    assert KEY not in everywhere(target)


def test_what_an_earlier_release_still_holds_is_named(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Releases()
    push(dist=site.write(), target=target, state=tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Releases, "delete_deploy", lambda *_: None)
        assert [one.seen for one in take_down(target, tmp_path).visible] == ["still in release 1"]
    assert take_down(target, tmp_path).visible == ()
