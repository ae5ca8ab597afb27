"""Netlify's file-digest deploys, against a local server that follows the documented API."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from static_export import ExportError, push
from static_export.cli import main
from tests.static_export.servers import QuietHandler, serving
from tests.static_export.sites import Site, video

TOKEN = "nfp_token"
SITE = "video.example.go.id"


@dataclass
class Netlify:
    """What the server knows: blobs by SHA-1, deploys, and which of them is live."""

    url: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    deploys: dict[str, dict[str, Any]] = field(default_factory=dict)
    live: dict[str, Any] | None = None
    requests: list[str] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    refuse_blob: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, path: str) -> bytes | None:
        sha1 = self.live["files"].get(f"/{path}") if self.live else None
        return self.blobs[sha1] if sha1 else None

    def paths(self) -> set[str]:
        return {path[1:] for path in self.live["files"]} if self.live else set()


def handler_of(netlify: Netlify) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self.route("GET")

        def do_POST(self) -> None:
            self.route("POST")

        def do_PUT(self) -> None:
            self.route("PUT")

        def route(self, method: str) -> None:
            data = self.body()
            url = urlsplit(self.path)
            with netlify.lock:
                netlify.requests.append(f"{method} {url.path}")
                if netlify.faults:
                    return self.answer(netlify.faults.pop(), b"{}")
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self.reply(401, {"message": "Access Denied"})
                match method, url.path.removeprefix("/api/v1/").split("/", 3):
                    case "GET", ["sites", site] if site == SITE:
                        return self.reply(200, {"id": "s1", "published_deploy": self.shown()})
                    case "GET", ["sites", site, "files"] if site == SITE:
                        return self.reply(200, self.listed(parse_qs(url.query)))
                    case "POST", ["sites", site, "deploys"] if site == SITE:
                        return self.create(json.loads(data), parse_qs(url.query))
                    case "GET", ["deploys", known] if known in netlify.deploys:
                        return self.show(netlify.deploys[known])
                    case "PUT", ["deploys", known, "files", path] if known in netlify.deploys:
                        return self.upload(netlify.deploys[known], "/" + unquote(path), data)
            return self.reply(404, {"message": "Not Found"})

        def shown(self) -> dict[str, Any] | None:
            return (
                {"id": netlify.live["id"], "title": netlify.live["title"]} if netlify.live else None
            )

        def listed(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
            files = sorted(netlify.live["files"].items()) if netlify.live else []
            size = int(query["per_page"][0])
            first = (int(query["page"][0]) - 1) * size
            return [{"path": path, "sha": sha} for path, sha in files[first : first + size]]

        def create(self, body: dict[str, Any], query: dict[str, list[str]]) -> None:
            if set(body) - {"files", "async", "draft"} or set(query) - {"title"}:
                return self.reply(422, {"message": "unknown field"})
            if any(
                not path.startswith("/") or len(sha) != 40 for path, sha in body["files"].items()
            ):
                return self.reply(422, {"message": "a path or digest is wrong"})
            deploy = {
                "id": secrets.token_hex(8),
                "title": query.get("title", [""])[0],
                "files": body["files"],
                "state": "preparing",
                "polls": 0,
            }
            netlify.deploys[deploy["id"]] = deploy
            return self.reply(200, {"id": deploy["id"], "state": "preparing"})

        def show(self, deploy: dict[str, Any]) -> None:
            deploy["polls"] += 1
            missing = {sha for sha in deploy["files"].values() if sha not in netlify.blobs}
            if deploy["polls"] > 1 and deploy["state"] == "preparing":
                deploy["state"] = "prepared"
            elif deploy["state"] in {"prepared", "uploading"} and not missing:
                deploy["state"] = "ready"
                netlify.live = deploy
            answer = {"id": deploy["id"], "state": deploy["state"]}
            if deploy["state"] == "prepared":
                answer["required"] = sorted(missing)
            return self.reply(200, answer)

        def upload(self, deploy: dict[str, Any], path: str, data: bytes) -> None:
            sha1 = hashlib.sha1(data).hexdigest()
            if deploy["files"].get(path) != sha1:
                return self.reply(422, {"message": f"digest of {path} differs"})
            if path == netlify.refuse_blob:
                return self.reply(500, {})
            netlify.blobs[sha1] = data
            deploy["state"] = "uploading"
            return self.reply(200, {"path": path, "sha": sha1})

        def reply(self, status: int, value: Any) -> None:
            self.answer(status, json.dumps(value).encode(), "application/json")

    return Handler


@pytest.fixture
def netlify(monkeypatch: pytest.MonkeyPatch) -> Iterator[Netlify]:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("static_export.targets.netlify.PAUSE", 0.01)
    found = Netlify()
    with serving(handler_of(found)) as found.url:
        monkeypatch.setenv("NETLIFY_API_URL", found.url)
        monkeypatch.setenv("NETLIFY_AUTH_TOKEN", TOKEN)
        monkeypatch.setenv("MEDIA_BASE_URL", "https://media.example.go.id/policetube-media")
        yield found


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


def test_busy_answers_are_waited_out(netlify: Netlify, site: Site) -> None:
    netlify.faults = [429, 503, 500]
    push(dist=site.write(), target=f"netlify:{SITE}")
    assert netlify.read("index.html") == site.files["index.html"]


def test_stale_foreign_and_mass_deleting_builds_are_refused(netlify: Netlify, site: Site) -> None:
    for number in range(60):
        site.files[video(number) + "index.html"] = b"page"
    site.sequence = 5
    push(dist=site.write(), target=f"netlify:{SITE}")

    def refused() -> str:
        netlify.requests.clear()
        with pytest.raises(ExportError) as caught:
            push(dist=site.write(), target=f"netlify:{SITE}")
        assert all(request.startswith("GET") for request in netlify.requests)
        return caught.value.code

    site.sequence = 4
    assert refused() == "stale-build"
    site.epoch = "epoch-two"
    assert refused() == "foreign-epoch"
    site.epoch, site.sequence = "epoch-one", 6
    for number in range(21):
        del site.files[video(number) + "index.html"]
    assert refused() == "mass-delete"
    push(dist=site.folder, target=f"netlify:{SITE}", allow_mass_delete=True)
    assert netlify.read(video(0) + "index.html") is None


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
