"""`python -m site_builder`, against an API over real HTTP."""

from __future__ import annotations

import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from site_builder.cli import main
from site_builder.serve import serving
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import THEME, Place, identifier
from tests.site_builder.serving import api_server


@pytest.fixture
def url(api: FakeApi) -> Iterator[str]:
    with api_server(api) as address:
        yield address


@pytest.fixture
def options(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What every command that talks to the API is given."""
    built = tmp_path / "front-end"
    built.mkdir()
    (built / "site.css").write_text("a{}")
    monkeypatch.setattr("site_builder.assets.BUILT", built)
    out = str(tmp_path / "dist")
    return [
        "--api",
        url,
        "--out",
        out,
        "--site-url",
        "https://tube.test",
        "--templates",
        str(THEME),
    ]


def theme_with(folder: Path, name: str, source: str) -> str:
    """A copy of the theme with another template in it."""
    theme = shutil.copytree(THEME, folder / "theme")
    (theme / name).write_text(source)
    return str(theme)


def test_build_plan_explain_and_dependents_tell_one_story(
    api: FakeApi, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", *options]) == 0
    assert "0 failed" in capsys.readouterr().out
    assert (tmp_path / "dist.state").is_dir()
    assert main(["build", *options]) == 0
    assert " 0 rendered, 0 written" in capsys.readouterr().out

    page = f"video/{identifier(3)}/kejadian-{identifier(3)}/index.html"
    api.put_video(identifier(3), bodyHtml="<p>Baru</p>")
    assert main(["plan", *options]) == 0
    out = capsys.readouterr().out
    assert f"render  {page} (page:video:{identifier(3)} changed)" in out
    assert "2 to render, 0 to remove" in out

    state = ["--out", options[3]]
    assert main(["explain", *state, f"/{page.removesuffix('index.html')}"]) == 0
    out = capsys.readouterr().out
    assert f"page:video:{identifier(3)}" in out
    assert "unit:mabes" in out
    assert "list:unit/" in out

    assert main(["dependents", *state, f"page:video:{identifier(3)}"]) == 0
    assert capsys.readouterr().out == f"{page}\n"

    assert main(["build", "--full", *options]) == 0
    assert ", 2 written" in capsys.readouterr().out


def test_the_media_origin_is_that_of_the_newest_video(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEDIA_BASE_URL", raising=False)
    options[-1] = theme_with(tmp_path, "robots.txt", "{{ media_origin }}")

    assert main(["build", *options]) == 0

    assert (tmp_path / "dist" / "robots.txt").read_text() == "http://media.test"


def test_a_site_of_stories_alone_has_the_origin_of_their_photographs(
    options: list[str], api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEDIA_BASE_URL", raising=False)
    for public_id in list(api.videos):
        api.remove_video(public_id)
    api.put_story("7s00001")
    options[-1] = theme_with(tmp_path, "robots.txt", "{{ media_origin }}")

    assert main(["build", *options]) == 0

    assert (tmp_path / "dist" / "robots.txt").read_text() == "http://media.test"


def test_a_refusal_is_told_with_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRAPHQL_URL", raising=False)

    assert main(["build", "--out", str(tmp_path / "dist")]) == 1
    assert capsys.readouterr().err.startswith("setting-invalid: No API is given")
    assert main(["explain", "--out", str(tmp_path / "dist"), "/"]) == 1
    assert "nothing-built" in capsys.readouterr().err
    assert main(["serve", "--out", str(tmp_path / "dist")]) == 1


def test_a_failing_template_ends_with_status_1(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options[-1] = theme_with(tmp_path, "about.html", "{{ nothing }}")

    assert main(["build", *options]) == 1

    assert "about/index.html: about.html, line 1" in capsys.readouterr().err
    assert not (tmp_path / "dist" / "manifest.json").exists()


@contextmanager
def running(folder: Path) -> Iterator[str]:
    with serving(folder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Unredirected(urllib.request.HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def redirect_request(self, *_args: object) -> None:
        return None


def get(address: str) -> tuple[int, str, str]:
    """Status, location and body."""
    opener = urllib.request.build_opener(Unredirected)
    try:
        with opener.open(address) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", ""), error.read().decode()


@pytest.mark.usefixtures("quiet_server")
def test_serve_answers_as_the_edge_will(api: FakeApi, place: Place) -> None:
    api.put_video(identifier(3), slug="lama")
    place.build(api)
    api.put_video(identifier(3), slug="baru")
    api.remove_video(identifier(4))
    place.build(api)
    (place.out / "secret.txt").write_text("x")

    with running(place.out) as base:
        assert get(f"{base}/")[::2] == (200, place.text("index.html"))
        assert get(f"{base}/about/")[0] == 200
        assert get(f"{base}/about")[:2] == (301, "/about/")
        old, new = (f"/video/{identifier(3)}/{slug}/" for slug in ("lama", "baru"))
        assert get(f"{base}{old}")[:2] == (301, new)
        gone = f"/video/{identifier(4)}/kejadian-{identifier(4)}/"
        assert get(f"{base}{gone}")[::2] == (410, place.text("410.html"))
        assert get(f"{base}/nowhere/")[::2] == (404, place.text("404.html"))
        assert get(f"{base}/secret.txt")[0] == 404
        assert get(f"{base}/../state/store.sqlite3")[0] == 404


@pytest.fixture
def quiet_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No access log in the tests' output."""
    monkeypatch.setattr(BaseHTTPRequestHandler, "log_message", lambda *_args: None)
