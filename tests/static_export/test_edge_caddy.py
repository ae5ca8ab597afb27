"""What is Caddy's own: rules read from files, its log, its certificates, and settings refused."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from static_export import ExportError, push, verify
from static_export.edge import EdgeSettings, caddyfile
from tests.static_export.edges import MEDIA_ORIGIN, Edge, caddy_binary, caddy_edge, running_edge
from tests.static_export.sites import small_site, video

STYLE = "/assets/site.0123456789.css"
PAGE, MOVED, AWAY = f"/{video(0)}", "/video/zz9/pindah/", "/video/zz9/ditarik/"


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    site = small_site(tmp_path / "dist")
    site.redirects = {MOVED: (PAGE, 301)}
    site.gone = {AWAY}
    with caddy_edge(site, tmp_path) as found:
        yield found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder that the edge serves."""
    return tmp_path / "edge"


def test_the_address_of_a_redirect_is_data_even_if_it_looks_like_a_template(
    edge: Edge, root: Path
) -> None:
    rule = root / ".policetube/rules/video/zz9/pindah/redirect-301"
    rule.write_text('/x"><script>{{ env "HOME" }}</script>{{ readFile "/index.html" }}{env.HOME}')
    response = edge.get(MOVED)
    assert response.headers["Location"] == rule.read_text()
    assert "<script>" not in response.text
    assert str(edge.work) not in response.text
    assert "Beranda" not in response.text


def test_what_the_edge_does_not_show_is_reported(
    edge: Edge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.verify.PATIENCE", 0.3)
    elsewhere = tmp_path / "another-folder"
    edge.site.files["index.html"] = b"other"
    report = push(
        dist=edge.site.next().write(),
        target=f"file:{elsewhere}",
        edge=edge.base,
    )
    assert report.unverified == (("/", "other bytes than were built"),)
    assert len(report.verified) == len(edge.site.files) + 2 - 1


def test_what_the_edge_did_not_show_is_looked_at_again_until_it_is_seen(
    edge: Edge, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("static_export.verify.PATIENCE", 0.3)
    site, target = edge.site, f"file:{root}"
    del site.files[PAGE[1:] + "index.html"]
    dist = site.next().write()
    state, nobody = tmp_path / "state", "http://127.0.0.1:9"
    for _ in range(2):
        report = push(dist=dist, target=target, edge=nobody, state=state)
        assert report.unverified == ((PAGE, "no answer (ConnectError)"),)
    seen = push(dist=dist, target=target, edge=edge.base, state=state)
    assert (seen.verified, seen.unverified, seen.changed) == ((PAGE,), (), 0)
    again = push(dist=dist, target=target, edge=nobody, state=state)
    assert (again.verified, again.unverified) == ((), ())


def test_a_long_look_at_the_edge_makes_way_and_is_gone_on_with(
    edge: Edge, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site, target = edge.site, f"file:{root}"
    site.files |= {f"{video(number)}index.html": b"<h1>Baru</h1>" for number in range(100, 200)}
    problem = verify._edge_problem

    def slowly(*asked: Any) -> str | None:
        time.sleep(0.02)
        return problem(*asked)

    monkeypatch.setattr(verify, "_edge_problem", slowly)
    given = {"dist": site.next().write(), "target": target, "edge": edge.base, "state": tmp_path}
    looks = count()
    with monkeypatch.context() as patch:
        patch.setattr("static_export.carrying.FEW", 0)
        with pytest.raises(ExportError, match=r"left to be seen at .* Push again") as caught:
            push(**given, interrupt=lambda: next(looks) >= 2)
    assert (caught.value.code, caught.value.retryable) == ("interrupted", True)
    seen = push(**given)
    assert (seen.changed, seen.unverified) == (0, ())
    assert 0 < len(seen.verified) < 100
    assert push(**given).verified == ()


def test_the_access_log_names_no_viewer(edge: Edge) -> None:
    edge.get(PAGE, Cookie="secret=1", **{"User-Agent": "Penonton/1.0"})
    entries = [json.loads(line) for line in (edge.work / "access.log").read_text().splitlines()]
    seen = next(entry for entry in entries if entry["request"]["uri"] == PAGE)
    assert seen["status"] == 200
    assert seen["request"]["remote_ip"] == "127.0.0.0"
    assert "headers" not in seen["request"]


def test_a_flood_does_not_fill_the_access_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.edge.LOGGED", 5)
    asked = 60
    with caddy_edge(small_site(tmp_path / "dist"), tmp_path) as edge:
        before = len((edge.work / "access.log").read_text().splitlines())
        begun = time.monotonic()
        for _ in range(asked):
            edge.get(PAGE)
        seconds = int(time.monotonic() - begun) + 2  # that were begun
        logged = len((edge.work / "access.log").read_text().splitlines()) - before
    assert 0 < logged <= 5 * seconds + 1 < asked


@pytest.mark.parametrize(
    ("accepted", "ending"), [("br", ".br"), ("gzip", ".gz"), ("gzip, br", ".br")]
)
def test_a_packed_copy_is_served_as_it_lies_there(
    edge: Edge, root: Path, accepted: str, ending: str
) -> None:
    with edge.client.stream("GET", STYLE, headers={"Accept-Encoding": accepted}) as response:
        raw = b"".join(response.iter_raw())
    assert raw == (root / f"{STYLE[1:]}{ending}").read_bytes()
    assert response.headers["Content-Encoding"] == {".br": "br", ".gz": "gzip"}[ending]
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    assert "Accept-Encoding" in response.headers["Vary"]


def test_a_packed_copy_is_no_file_of_its_own(edge: Edge) -> None:
    for ending in (".br", ".gz"):
        assert edge.get(STYLE + ending).status_code == 404


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
    guarded = [
        route["match"]
        for route in _routes(adapted)
        if "Strict-Transport-Security" in json.dumps(route["handle"])
        and not any("routes" in handler for handler in route["handle"])
    ]
    assert guarded == [
        [{"protocol": "https"}],
        [{"header": {"X-Forwarded-Proto": ["https"]}}],
    ]


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
