"""What a browser gets from the real Caddy over a pushed folder: HTTP, header by header."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from site_builder.assets import TYPES as ASSET_TYPES
from static_export import ExportError, push
from static_export.build import Build
from static_export.edge import TYPES_BY_ENDING, EdgeSettings, cache_policy, caddyfile
from static_export.manifest import CACHE_CONTROL, Artifact
from static_export.paths import url_path
from tests.static_export.edges import MEDIA_ORIGIN, caddy_binary, running_edge
from tests.static_export.sites import Site, small_site, video

PAGE = f"/{video(0)}"
MOVED, MOVED_308, AWAY = "/video/zz9/pindah/", "/video/zz9/tetap/", "/video/zz9/ditarik/"


@dataclass
class Edge:
    site: Site
    root: Path
    work: Path
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={"Accept-Encoding": "identity", **headers})

    def raw(self, target: str, method: str = "GET") -> tuple[int, bytes]:
        """Send a request target as it is, which no client library would."""
        address = (self.client.base_url.host, self.client.base_url.port)
        with socket.create_connection(address, timeout=10) as connection:
            request = f"{method} {target} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return int(answer.split(b" ", 2)[1]), answer


def serving(folder: Path) -> Iterator[Edge]:
    site = small_site(folder / "dist")
    site.redirects = {
        MOVED: (PAGE, 301),
        MOVED_308: ("https://www.example.go.id/pindah?dari=video", 308),
        "/unit/lama/": ("/unit/polda-bali/", 301),
    }
    site.gone = {AWAY}
    for name in ("banner.json", "banner.css"):
        site.files[name] = b"{}"
        site.claim(name, cache="urgent")
    root, work = folder / "edge", folder / "caddy"
    push(dist=site.write(), target=f"file:{root}")
    with running_edge(root, work) as base, httpx.Client(base_url=base) as client:
        yield Edge(site=site, root=root, work=work, client=client)


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """One edge for tests that only read."""
    yield from serving(tmp_path_factory.mktemp("edge"))


@pytest.fixture
def own_edge(tmp_path: Path) -> Iterator[Edge]:
    """An edge for tests that push again."""
    yield from serving(tmp_path)


def test_every_file_answers_with_its_bytes_type_and_cache_policy(edge: Edge) -> None:
    items = Build.open(edge.site.folder).items()
    for item in items.values():
        if isinstance(item, Artifact):
            response = edge.get(url_path(item.path))
            assert response.status_code == 200, item.path
            assert response.content == edge.site.files[item.path]
            assert response.headers["Content-Type"] == item.type
            assert response.headers["Cache-Control"] == CACHE_CONTROL[item.cache]
            assert "Server" not in response.headers
            assert "Set-Cookie" not in response.headers


def test_the_edge_and_the_builder_agree_on_the_types_of_assets() -> None:
    ours = {ending: media_type for ending, media_type in TYPES_BY_ENDING if ending[0] == "."}
    assert {suffix: ours.get(suffix) for suffix in ASSET_TYPES} == dict(ASSET_TYPES)


def test_an_address_without_its_last_slash_leads_to_the_one_with_it(edge: Edge) -> None:
    response = edge.get(PAGE.rstrip("/") + "?t=10")
    assert response.status_code == 308
    assert response.headers["Location"] == PAGE + "?t=10"


def test_the_file_name_of_a_page_leads_to_its_address(edge: Edge) -> None:
    response = edge.get(PAGE + "index.html")
    assert (response.status_code, response.headers["Location"]) == (308, PAGE)
    assert edge.get("/index.html").headers["Location"] == "/"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/index.html",
        "/\\evil.example/index.html",
        "//evil.example/..",
        "//evil.example",
    ],
)
def test_no_request_makes_the_edge_lead_to_another_host(edge: Edge, target: str) -> None:
    status, answer = edge.raw(target)
    assert status == 404 or b"Location: /evil.example" in answer or b"Location: /\r" in answer


@pytest.mark.parametrize("path", ["/tidak/ada/", "/assets/none.css", "/none.xml", "/video/"])
def test_what_is_absent_answers_404_with_the_page_for_it(edge: Edge, path: str) -> None:
    response = edge.get(path)
    assert response.status_code == 404
    assert response.content == edge.site.files["404.html"]
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=30"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_what_was_withdrawn_answers_410_with_the_page_for_it(edge: Edge) -> None:
    for path in (AWAY, AWAY.rstrip("/")):
        response = edge.get(path)
        assert (response.status_code, response.content) == (410, edge.site.files["410.html"])
    assert edge.client.head(AWAY).status_code == 410


def test_what_moved_answers_with_its_status_and_new_address(edge: Edge) -> None:
    for path in (MOVED, MOVED.rstrip("/")):
        response = edge.get(path)
        assert (response.status_code, response.headers["Location"]) == (301, PAGE)
        assert PAGE in response.text
    response = edge.get(MOVED_308)
    assert response.status_code == 308
    assert response.headers["Location"] == "https://www.example.go.id/pindah?dari=video"
    assert edge.client.head(MOVED).headers["Location"] == PAGE


def test_the_address_of_a_redirect_is_data_even_if_it_looks_like_a_template(own_edge: Edge) -> None:
    rule = own_edge.root / ".policetube/rules/video/zz9/pindah/redirect-301"
    rule.write_text('/x"><script>{{ env "HOME" }}</script>{{ readFile "/index.html" }}{env.HOME}')
    response = own_edge.get(MOVED)
    assert response.headers["Location"] == rule.read_text()
    assert "<script>" not in response.text
    assert str(own_edge.work) not in response.text
    assert "Beranda" not in response.text


@pytest.mark.parametrize(
    "goal",
    [
        "/x\r\nSet-Cookie: a=b",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://",
        '/"><script>',
        "/{{env}}",
        "relative/",
        "https://user@evil.example/",
        "",
    ],
)
def test_a_redirect_to_a_dangerous_address_is_refused(tmp_path: Path, goal: str) -> None:
    site = small_site(tmp_path / "dist")
    site.redirects = {MOVED: (goal, 301)}
    with pytest.raises(ExportError):
        push(dist=site.write(), target=f"file:{tmp_path / 'edge'}")
    assert not (tmp_path / "edge").exists()


def test_head_says_what_get_says_without_a_body(edge: Edge) -> None:
    got, head = edge.get(PAGE), edge.client.head(PAGE, headers={"Accept-Encoding": "identity"})
    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
        assert head.headers[name] == got.headers[name]


def test_a_part_of_a_file_can_be_asked_for(edge: Edge) -> None:
    body = edge.site.files["assets/site.0123456789.css"]
    response = edge.get("/assets/site.0123456789.css", Range="bytes=5-14")
    assert response.status_code == 206
    assert response.content == body[5:15]
    assert response.headers["Content-Range"] == f"bytes 5-14/{len(body)}"
    assert edge.get("/assets/site.0123456789.css", Range="bytes=99999-").status_code == 416


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_text_travels_compressed(edge: Edge, encoding: str) -> None:
    body = edge.site.files["assets/site.0123456789.css"]
    with edge.client.stream(
        "GET", "/assets/site.0123456789.css", headers={"Accept-Encoding": encoding}
    ) as response:
        raw = b"".join(response.iter_raw())
    assert response.headers["Content-Encoding"] == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert len(raw) < len(body) / 5
    if encoding == "gzip":
        assert gzip.decompress(raw) == body
    else:
        assert raw[:4] == b"\x28\xb5\x2f\xfd"


def test_a_copy_that_is_still_right_is_not_sent_again(edge: Edge) -> None:
    tag = edge.get(PAGE).headers["ETag"]
    assert not tag.startswith("W/")
    response = edge.get(PAGE, **{"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")


def test_two_versions_of_equal_size_in_one_second_have_different_tags(own_edge: Edge) -> None:
    seen = set()
    for letter in b"abcdef":
        own_edge.site.files["index.html"] = bytes([letter]) * 20
        push(dist=own_edge.site.next().write(), target=f"file:{own_edge.root}")
        response = own_edge.get("/")
        assert response.content == bytes([letter]) * 20
        seen.add(response.headers["ETag"])
    assert len(seen) == 6


def test_the_security_headers_are_strict(edge: Edge) -> None:
    headers = edge.get(PAGE).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["media-src"] == f"{MEDIA_ORIGIN} blob:"
    assert policy["img-src"] == f"'self' {MEDIA_ORIGIN} data:"
    assert policy["connect-src"] == f"'self' {MEDIA_ORIGIN}"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers, "HSTS is for HTTPS alone (RFC 6797 §7.2)"


def test_only_the_embedded_player_may_be_framed_by_others(own_edge: Edge) -> None:
    own_edge.site.files["embed/ax1/index.html"] = b"player"
    own_edge.site.files["embed.html"] = b"no player"
    push(dist=own_edge.site.next().write(), target=f"file:{own_edge.root}")
    policy = own_edge.get("/embed/ax1/").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors *")
    # For a page that isolates itself (Cross-Origin-Embedder-Policy).
    assert own_edge.get("/embed/ax1/").headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert own_edge.get("/embed.html").headers["Content-Security-Policy"].endswith("'self'")


@pytest.mark.parametrize(
    "target",
    [
        "/.policetube/state.json",
        "/.policetube/rules/video/zz9/pindah/redirect-301",
        "/%2epolicetube/state.json",
        "/%2Epolicetube%2Fstate.json",
        "//.policetube/state.json",
        "/video/../.policetube/state.json",
        "/video/%2e%2e/.policetube/state.json",
        "/.well-known/../.policetube/state.json",
        "/.well-known/%2e%2e/.policetube/state.json",
        "/.well-known/..%2f.policetube/state.json",
        "/./.policetube/state.json",
        "/.git/config",
        "/.env",
        "/../dist/manifest.json",
        "/..%2fdist/manifest.json",
        "/%2e%2e/dist/manifest.json",
        "/assets/..%2f..%2fdist%2fmanifest.json",
        "/..\\..\\etc\\passwd",
        "/../../../../../../etc/passwd",
        "/assets/%00",
        "/assets/",
        "/video/",
        "/unit",
        "/.policetube",
    ],
)
def test_nothing_hidden_and_nothing_outside_is_served(edge: Edge, target: str) -> None:
    status, answer = edge.raw(target)
    assert status in {400, 404}, answer
    for secret in (b"epoch", b"root:", PAGE.encode(), b"site.0123456789.css"):
        assert secret not in answer


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"])
def test_only_get_and_head_are_allowed(edge: Edge, method: str) -> None:
    for path in (PAGE, AWAY, MOVED, "/none"):
        assert edge.client.request(method, path).status_code == 405
    assert edge.client.request(method, PAGE).headers["Allow"] == "GET, HEAD"


def test_a_push_shows_at_the_edge_with_no_change_of_its_configuration(own_edge: Edge) -> None:
    site, target = own_edge.site, f"file:{own_edge.root}"
    base = str(own_edge.client.base_url)
    body = site.files.pop(PAGE[1:] + "index.html")
    site.gone.add(PAGE)
    report = push(dist=site.next().write(), target=target, edge=base)
    assert report.verified == (PAGE,)
    assert own_edge.get(PAGE).status_code == 410
    site.gone.remove(PAGE)
    site.redirects[PAGE] = (f"/{video(1)}", 301)
    report = push(dist=site.next().write(), target=target, edge=base)
    assert own_edge.get(PAGE).headers["Location"] == f"/{video(1)}"
    del site.redirects[PAGE]
    site.files[PAGE[1:] + "index.html"] = body
    report = push(dist=site.next().write(), target=target, edge=base)
    assert (report.verified, report.unverified) == ((PAGE,), ())
    del site.files[PAGE[1:] + "index.html"]
    report = push(dist=site.next().write(), target=target, edge=base)
    assert report.verified == (PAGE,)
    assert own_edge.get(PAGE).status_code == 404


def test_what_the_edge_does_not_show_is_reported(
    own_edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.verify.PATIENCE", 0.3)
    elsewhere = own_edge.root.with_name("another-folder")
    own_edge.site.files["index.html"] = b"other"
    report = push(
        dist=own_edge.site.next().write(),
        target=f"file:{elsewhere}",
        edge=str(own_edge.client.base_url),
    )
    assert report.unverified == (("/", "other bytes than were built"),)
    assert len(report.verified) == len(own_edge.site.files) + 3 - 1 + 1


def test_what_the_edge_did_not_show_is_looked_at_again_until_it_is_seen(
    own_edge: Edge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("static_export.verify.PATIENCE", 0.3)
    site, target = own_edge.site, f"file:{own_edge.root}"
    del site.files[PAGE[1:] + "index.html"]
    dist = site.next().write()
    state, nobody = tmp_path / "state", "http://127.0.0.1:9"
    for _ in range(2):
        report = push(dist=dist, target=target, edge=nobody, state=state)
        assert report.unverified == ((PAGE, "no answer (ConnectError)"),)
    seen = push(dist=dist, target=target, edge=str(own_edge.client.base_url), state=state)
    assert (seen.verified, seen.unverified, seen.changed) == ((PAGE,), (), 0)
    again = push(dist=dist, target=target, edge=nobody, state=state)
    assert (again.verified, again.unverified) == ((), ())


def test_the_access_log_names_no_viewer(own_edge: Edge) -> None:
    own_edge.get(PAGE, Cookie="secret=1", **{"User-Agent": "Penonton/1.0"})
    entries = [json.loads(line) for line in (own_edge.work / "access.log").read_text().splitlines()]
    seen = next(entry for entry in entries if entry["request"]["uri"] == PAGE)
    assert seen["status"] == 200
    assert seen["request"]["remote_ip"] == "127.0.0.0"
    assert "headers" not in seen["request"]


def test_without_a_site_the_edge_answers_404(tmp_path: Path) -> None:
    with running_edge(tmp_path / "empty", tmp_path / "caddy") as base:
        assert httpx.get(base + "/").status_code == 404


def test_a_folder_with_a_hidden_part_in_its_path_can_be_served(tmp_path: Path) -> None:
    site = small_site(tmp_path / "dist")
    root = tmp_path / ".local" / "edge"
    push(dist=site.write(), target=f"file:{root}")
    with running_edge(root, tmp_path / "caddy") as base:
        assert httpx.get(base + "/").content == b"<h1>Beranda</h1>"


def test_hsts_is_sent_over_https_only_and_certificates_are_left_to_caddy(tmp_path: Path) -> None:
    settings = EdgeSettings(
        root=tmp_path, listen="https://video.example.go.id", media_origin=MEDIA_ORIGIN
    )
    config = tmp_path / "Caddyfile"
    config.write_text(caddyfile(settings))
    assert "auto_https" not in config.read_text()
    assert "bind" not in config.read_text()
    done = subprocess.run(
        [caddy_binary(), "adapt", "--config", str(config), "--adapter", "caddyfile"],
        capture_output=True,
        check=True,
        env={"HOME": str(tmp_path)},
    )
    adapted = json.loads(done.stdout)
    assert adapted["admin"]["disabled"]
    [guarded] = [
        route
        for route in _routes(adapted)
        if "Strict-Transport-Security" in json.dumps(route["handle"])
        and not any("routes" in handler for handler in route["handle"])
    ]
    assert guarded["match"] == [{"protocol": "https"}]


def _routes(value: Any) -> Iterator[dict[str, Any]]:
    """Every route of an adapted configuration, at any depth."""
    if isinstance(value, dict):
        if "handle" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            yield from _routes(entry)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("listen", "8080"),
        ("listen", "127.0.0.1:http"),
        ("listen", "127.0.0.1:99999"),
        ("listen", "https://a {\n}"),
        ("media_origin", "media.example.go.id"),
        ("media_origin", "https://a;b"),
        ("media_origin", "https://user:password@host"),
        ("root", Path('/srv/"; import /etc')),
        ("root", Path("/srv/{env.HOME}")),
    ],
)
def test_a_setting_that_would_change_the_configuration_is_refused(
    change: str, value: object
) -> None:
    settings = {
        "root": Path("/srv/edge"),
        "listen": "127.0.0.1:8080",
        "media_origin": MEDIA_ORIGIN,
        change: value,
    }
    with pytest.raises(ExportError) as caught:
        caddyfile(EdgeSettings(**settings))
    assert caught.value.code == "bad-target"


def test_the_cache_policy_follows_from_the_path() -> None:
    assert cache_policy("/assets/site.css") == "immutable"
    assert cache_policy(PAGE) == "page"
    assert cache_policy("/") == cache_policy("/unit/polda-bali/") == "listing"
    assert cache_policy("/banner.json") == cache_policy("/banner.css") == "urgent"


def test_what_is_urgent_is_as_good_as_fresh_everywhere(edge: Edge) -> None:
    for name in ("banner.json", "banner.css"):
        control = edge.get(f"/{name}").headers["Cache-Control"]
        assert control == "public, max-age=10, stale-if-error=86400"
    assert "max-age=30" in edge.get("/bannerlain/").headers["Cache-Control"]
