"""Netlify's file-digest deploys, against a server made of Netlify's own description of its API."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from static_export import ExportError, Withdrawal, push, rollback, takedown
from static_export.cli import main
from static_export.targets import open_target
from static_export.targets.base import ReleaseArchive
from tests.netlify.api import SITE, TOKEN, Netlify, operations
from tests.static_export.sites import Site, video

TARGET = f"netlify:{SITE}"
KEY, URL = f"{video(3)}index.html", f"/{video(3)}"


def uploads(netlify: Netlify) -> int:
    return sum(request.startswith("PUT") for request in netlify.requests)


def test_a_first_push_publishes_every_file_and_its_rules(netlify: Netlify, site: Site) -> None:
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 301)
    site.gone.add("/video/away/x/")
    report = push(dist=site.write(), target=f"netlify:{SITE}")
    assert {key for key, _ in report.uploaded} == set(site.files)
    assert report.redirects == (("video/old/x/index.html", "moved"),)
    assert report.gone == (("video/away/x/index.html", "gone"),)
    assert netlify.paths() == set(site.files) | {"_headers", "_redirects"}
    for path, body in site.files.items():
        assert netlify.read(path) == body
    rules = netlify.read("_redirects").decode().splitlines()
    assert rules == ["/video/away/x/ /410.html 410", f"/video/old/x/ /{video(1)} 301"]


def test_a_second_push_asks_once_and_sends_nothing(netlify: Netlify, site: Site) -> None:
    push(dist=site.write(), target=f"netlify:{SITE}")
    netlify.requests.clear()
    assert push(dist=site.folder, target=f"netlify:{SITE}").changed == 0
    assert netlify.requests == [f"GET /api/v1/sites/{SITE}"]


def test_only_what_netlify_lacks_is_sent(netlify: Netlify, site: Site) -> None:
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 301)
    push(dist=site.write(), target=f"netlify:{SITE}")
    netlify.requests.clear()
    site.files["index.html"] = b"other"
    report = push(dist=site.next().write(), target=f"netlify:{SITE}")
    assert report.uploaded == (("index.html", "changed"),)
    assert report.redirects == ()
    assert uploads(netlify) == 1
    assert netlify.read("index.html") == b"other"


def test_a_deploy_that_fails_part_way_never_goes_live_and_is_not_sent_twice(
    netlify: Netlify, site: Site
) -> None:
    push(dist=site.write(), target=f"netlify:{SITE}")
    for number in range(6):
        site.files[video(number) + "index.html"] = f"other {number}".encode()
    netlify.refuse_blob = f"/{video(5)}index.html"
    with pytest.raises(ExportError, match="push again") as caught:
        push(dist=site.next().write(), target=f"netlify:{SITE}")
    assert caught.value.code == "target-failed"
    assert netlify.read(video(0) + "index.html") != b"other 0"
    netlify.refuse_blob = ""
    netlify.requests.clear()
    report = push(dist=site.folder, target=f"netlify:{SITE}")
    assert len(report.uploaded) == 6
    assert report.resumed + uploads(netlify) == 6
    assert report.resumed > 0
    assert netlify.read(video(5) + "index.html") == b"other 5"


def test_a_token_that_expires_during_a_push_is_named_and_with_another_it_goes_on(
    netlify: Netlify, site: Site
) -> None:
    push(dist=site.write(), target=TARGET)
    for number in range(6):
        site.files[video(number) + "index.html"] = f"other {number}".encode()
    netlify.refuse_blob, netlify.refuse_with = f"/{video(5)}index.html", 401
    with pytest.raises(ExportError, match="NETLIFY_AUTH_TOKEN: make a new one"):
        push(dist=site.next().write(), target=TARGET)
    assert netlify.read(video(0) + "index.html") != b"other 0"
    netlify.refuse_blob = ""
    report = push(dist=site.folder, target=TARGET)
    assert report.resumed > 0
    assert netlify.read(video(0) + "index.html") == b"other 0"


def test_busy_answers_are_waited_out(netlify: Netlify, site: Site) -> None:
    netlify.faults = [429, 503, 500]
    push(dist=site.write(), target=f"netlify:{SITE}")
    assert netlify.read("index.html") == site.files["index.html"]


def test_a_wrong_token_and_an_unknown_site_are_named(
    netlify: Netlify, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExportError, match="Check the name of the site"):
        push(dist=site.write(), target="netlify:nowhere")
    monkeypatch.setenv("NETLIFY_AUTH_TOKEN", "wrong")
    with pytest.raises(ExportError, match="NETLIFY_AUTH_TOKEN: make a new one"):
        push(dist=site.folder, target=f"netlify:{SITE}")
    monkeypatch.delenv("NETLIFY_AUTH_TOKEN")
    with pytest.raises(ExportError, match="Set NETLIFY_AUTH_TOKEN"):
        push(dist=site.folder, target=f"netlify:{SITE}")


def test_verify_compares_the_digests_that_netlify_lists(
    netlify: Netlify, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    push(dist=site.write(), target=f"netlify:{SITE}")
    assert main(["verify", str(site.folder), "--to", f"netlify:{SITE}"]) == 0
    assert netlify.live
    netlify.live["files"]["/index.html"] = "0" * 40
    netlify.live["files"]["/stray.html"] = "1" * 40
    capsys.readouterr()
    assert main(["verify", str(site.folder), "--to", f"netlify:{SITE}"]) == 4
    out = capsys.readouterr().out
    assert "index.html: the bytes differ" in out
    assert "stray.html: is there, and should not be" in out


def withdraw(state: Path, sequence: int = 2) -> tuple[str, ...]:
    """Take one page down; what can still be seen of it."""
    withdrawal = Withdrawal(mark="x", keys=frozenset({KEY}), epoch="epoch-one", sequence=sequence)
    report = takedown(targets=[TARGET], withdrawals=[withdrawal], state=state)
    return tuple(one.seen for one in report.visible)


def test_the_server_is_as_strict_as_the_description(netlify: Netlify) -> None:
    assert {one.name for one in operations()} >= {"createSiteDeploy", "deleteDeploy", "getSite"}
    api, site = f"{netlify.url}/api/v1", f"/sites/{SITE}"
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        for method, path, body in (
            ("POST", f"{site}/deploys", {"files": {"/a": "0" * 40}, "colour": "red"}),
            ("POST", f"{site}/deploys?mood=good", {"files": {"/a": "0" * 40}}),
            ("POST", f"{site}/deploys", {"files": {"/a": "0" * 39}}),
            ("POST", f"{site}/deploys", {"files": {"a": "0" * 40}}),
            ("POST", f"{site}/deploys", {"files": "all"}),
            ("GET", f"{site}?page=1", None),
        ):
            assert client.request(method, api + path, json=body).status_code == 422, (path, body)
        assert client.post(f"{api}{site}/release").status_code == 404


def test_a_draft_is_shown_at_an_address_of_its_own_and_nothing_else_changes(
    netlify: Netlify, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    push(dist=site.write(), target=TARGET)
    before = netlify.live
    site.files["index.html"] = b"<h1>Rancangan</h1>"
    site.next().write()
    assert main(["push", str(site.folder), "--to", TARGET, "--draft"]) == 0
    shown = capsys.readouterr().out.partition("shown at ")[2].split()[0]
    assert httpx.get(f"{shown}/").content == b"<h1>Rancangan</h1>"
    assert netlify.live is before
    assert push(dist=site.folder, target=TARGET).uploaded == (("index.html", "changed"),)
    assert uploads(netlify) == len(site.files) + 3, "the draft's bytes are there already"
    assert main(["push", str(site.folder), "--to", "file:elsewhere", "--draft"]) == 3
    assert "has no drafts" in capsys.readouterr().err


def test_what_is_withdrawn_answers_410_and_is_in_no_deploy_however_old(
    netlify: Netlify, site: Site, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    site.redirects["/lama/"] = ("/about/", 301)
    for _ in range(3):
        site.files["index.html"] += b"!"
        push(dist=site.next().write(), target=TARGET, state=state)
    site.files["about/index.html"] = b"draft"
    push(dist=site.next().write(), target=TARGET, state=state, draft=True)
    assert len(netlify.deploys) == 4
    assert withdraw(state, sequence=9) == ()
    assert KEY not in netlify.shown_anywhere()
    assert len(netlify.deploys) == 1
    rules = netlify.read("_redirects").decode().splitlines()
    assert rules == ["/lama/ /about/ 301", f"{URL} /410.html 410"]
    assert netlify.paths() == {*site.files, "_headers", "_redirects"} - {KEY}
    # Once more changes nothing, and a build that knows of it agrees.
    assert withdraw(state, sequence=9) == ()
    del site.files[KEY]
    site.gone.add(URL)
    site.sequence = 9
    push(dist=site.write(), target=TARGET, state=state)
    assert netlify.read("_redirects").decode().splitlines() == rules


def test_where_the_rules_are_not_known_the_page_is_simply_gone(
    netlify: Netlify, site: Site, tmp_path: Path
) -> None:
    push(dist=site.write(), target=TARGET, state=tmp_path / "of another machine")
    assert withdraw(tmp_path / "state") == ()
    assert KEY not in netlify.paths()
    assert netlify.read("_redirects") == b""


def test_a_deploy_under_way_counts_as_holding_it_and_a_dead_one_does_not(
    netlify: Netlify, site: Site, tmp_path: Path
) -> None:
    push(dist=site.write(), target=TARGET, state=tmp_path)
    files = dict(netlify.live["files"]) if netlify.live else {}
    for name, state in (("on-its-way", "uploading"), ("failed", "error")):
        netlify.deploys[name] = {
            "id": name,
            "title": "",
            "files": files,
            "draft": False,
            "polls": 0,
            "created_at": "2026-01-01T00:00:00Z",
            "state": state,
            "url": f"{netlify.url}/permalink/{name}",
        }
    target = open_target(TARGET)
    assert isinstance(target, ReleaseArchive)
    assert target.deploys_holding([KEY]) == ("on-its-way",)
    target.delete_deploy("on-its-way")
    target.delete_deploy("on-its-way")
    assert target.deploys_holding([KEY]) == ()
    target.close()


def test_garbage_is_what_pushes_that_died_had_announced(
    netlify: Netlify, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    push(dist=site.write(), target=TARGET, state=tmp_path)
    site.files[KEY] = b"other"
    netlify.refuse_blob = f"/{KEY}"
    with pytest.raises(ExportError):
        push(dist=site.next().write(), target=TARGET, state=tmp_path)
    (died,) = (deploy for deploy in netlify.deploys.values() if deploy is not netlify.live)
    gc = ["gc", "--to", TARGET, "--state", str(tmp_path)]
    assert main(gc) == 0
    assert died["id"] in netlify.deploys, "it may be on its way"
    died["created_at"] = "2026-01-01T00:00:00Z"
    somebody = {**died, "id": "0", "title": "of somebody else"}
    netlify.deploys["0"] = somebody
    capsys.readouterr()
    assert main([*gc, "--dry-run"]) == 0
    assert died["id"] in netlify.deploys
    assert main(gc) == 0
    assert "announced by a push that did not end" in capsys.readouterr().out
    assert list(netlify.deploys.values()) == [netlify.live, somebody]


def test_only_so_many_deploys_stay(netlify: Netlify, site: Site, tmp_path: Path) -> None:
    for number in range(6):
        site.files["index.html"] = f"{number}".encode()
        push(dist=site.next().write(), target=TARGET, state=tmp_path, keep=2)
    assert len(netlify.deploys) == 3


def two_releases(site: Site, state: Path) -> dict[str, bytes]:
    """Push two; the files of the first."""
    site.files |= {"assets/a.css": b"a", "feed.xml": f"<feed>{URL}</feed>".encode()}
    push(dist=site.next().write(), target=TARGET, state=state)
    first = dict(site.files)
    del site.files["assets/a.css"]
    site.files |= {
        "assets/b.css": b"b",
        "index.html": b"<h1>Kedua</h1>",
        "feed.xml": b"<feed/>",
        f"{video(9)}index.html": b"<h1>Baru</h1>",
    }
    push(dist=site.next().write(), target=TARGET, state=state)
    return first


def test_a_rollback_brings_earlier_bytes_back_and_sends_none(
    netlify: Netlify, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = two_releases(site, tmp_path)
    assert main(["releases", "--to", TARGET, "--state", str(tmp_path)]) == 0
    assert f"change {site.sequence - 1}: released" in capsys.readouterr().out
    before = uploads(netlify)
    report = rollback(target=TARGET, sequence=site.sequence - 1, state=tmp_path)
    assert {key for key, _ in report.restored} == {"index.html", "feed.xml", "assets/a.css"}
    assert uploads(netlify) == before
    for path, body in first.items():
        assert netlify.read(path) == body
    # Whoever has a page of the later release open still gets its style sheet; what is new stays.
    assert netlify.read("assets/b.css") == b"b"
    assert netlify.read(f"{video(9)}index.html") == b"<h1>Baru</h1>"
    again = rollback(target=TARGET, sequence=site.sequence - 1, state=tmp_path)
    assert again.changed == 0
    # The next build is pushed as after any other release.
    push(dist=site.folder, target=TARGET, state=tmp_path)
    assert netlify.read("index.html") == b"<h1>Kedua</h1>"


def test_a_rollback_brings_nothing_back_that_was_withdrawn_or_mentions_it(
    netlify: Netlify, site: Site, tmp_path: Path
) -> None:
    two_releases(site, tmp_path)
    del site.files[KEY]
    site.gone.add(URL)
    push(dist=site.next().write(), target=TARGET, state=tmp_path)
    rollback(target=TARGET, sequence=site.sequence - 2, state=tmp_path)
    assert KEY not in netlify.paths()
    assert netlify.read("feed.xml") == b"<feed/>", "the old one mentions it"
    assert netlify.read("index.html") == b"<h1>Beranda</h1>"
    assert f"{URL} /410.html 410" in netlify.read("_redirects").decode().splitlines()


def test_a_release_that_is_not_known_or_not_there_any_more_is_refused(
    netlify: Netlify, site: Site, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="no site of ours"):
        rollback(target=TARGET, sequence=1, state=tmp_path)
    two_releases(site, tmp_path)
    with pytest.raises(ExportError, match=f"Known are those of: {site.sequence - 1}"):
        rollback(target=TARGET, sequence=99, state=tmp_path)
    for name in [name for name, one in netlify.deploys.items() if one is not netlify.live]:
        del netlify.deploys[name]
    with pytest.raises(ExportError, match=r"is not at .* any more") as caught:
        rollback(target=TARGET, sequence=site.sequence - 1, state=tmp_path)
    assert caught.value.code == "unknown-release"


def test_netlify_says_when_it_takes_the_next_deploy_and_is_obeyed(
    netlify: Netlify, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        netlify.limit = None

    netlify.limit, netlify.limited = 0, 12.0
    monkeypatch.setattr(
        "static_export.retry.persistently.__kwdefaults__", {"attempts": 6, "sleep": sleep}
    )
    push(dist=site.write(), target=TARGET)
    assert 10 < max(slept) < 13
    netlify.limit, netlify.limited = 0, 3600.0
    site.files["index.html"] = b"other"
    with pytest.raises(ExportError, match="takes nothing more before") as caught:
        push(dist=site.next().write(), target=TARGET)
    assert caught.value.retryable
    assert time.strftime("%Y-") in str(caught.value)
