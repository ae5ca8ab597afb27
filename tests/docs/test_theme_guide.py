"""The theme guide's examples, done as they stand in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks, text_of
from tests.site_builder.newsroom import newsroom
from tests.site_builder.serving import api_server

GUIDE = text_of(ROOT / "docs" / "guides" / "theme.md")
NAMED = re.compile(r"^(?:/\*|\{#) (my-theme/\S+) (?:\*/|#\})\n")
COMMANDS = [line for block in blocks(GUIDE, "sh") for line in block.splitlines()]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with the theme as the guide writes it."""
    for code in (*blocks(GUIDE, "css"), *blocks(GUIDE, "html")):
        found = NAMED.match(code)
        assert found, code
        file = tmp_path / found[1]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
    return tmp_path


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """What the guide's reader has set: the repository, and an API."""
    own = {"PYTHONPATH": str(ROOT), "MEDIA_BASE_URL": "http://media.test"}
    with api_server(newsroom(6)) as url:
        yield {**os.environ, **own, "GRAPHQL_URL": url}


def argv(command: str) -> list[str]:
    python, *rest = command.split()
    assert python == "python"
    return [sys.executable, *rest]


def test_its_theme_is_built_as_it_says(work: Path, environment: dict[str, str]) -> None:
    build, check, _serve = COMMANDS[1:]
    for command in (build, check):
        done = subprocess.run(
            argv(command), cwd=work, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(" links: 0 broken\n")

    about = (work / "dist" / "about" / "index.html").read_text(encoding="utf-8")
    assert "<h2>Kunjungi kami</h2>" in about
    assert "<p>Humas Policetube, setiap hari kerja.</p>" in about
    assert "SHA-256" in about, "the rest of the page is as it was"
    home = (work / "dist" / "index.html").read_text(encoding="utf-8")
    (sheet,) = re.findall(r'href="/(assets/theme\.\w+\.css)"', home)
    assert "--gold: #b5283c;" in (work / "dist" / sheet).read_text(encoding="utf-8")


@contextmanager
def running(command: str, work: Path, environment: dict[str, str]) -> Iterator[str]:
    """A server of the guide's, by the address that it prints."""
    with subprocess.Popen(
        argv(f"{command} --port 0"),
        cwd=work,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().split()[0]
        finally:
            server.terminate()


def test_its_pattern_page_shows_the_theme_anew_at_each_reload(
    work: Path, environment: dict[str, str]
) -> None:
    with running(COMMANDS[0], work, environment) as url:
        assert url.startswith("http://127.0.0.1:")
        page = fetched(url)
        (sheet,) = re.findall(r'href="/(assets/theme\.\w+\.css)"', page)
        assert "--gold: #b5283c;" in fetched(url + sheet)

        theme = work / "my-theme" / "assets" / "theme.css"
        theme.write_text(":root { --gold: #123456; }", encoding="utf-8")
        (changed,) = re.findall(r'href="/(assets/theme\.\w+\.css)"', fetched(url))
        assert "#123456" in fetched(url + changed)


def fetched(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        text: str = answer.read().decode()
    return text


@pytest.mark.parametrize("name", re.findall(r"`(site_builder/[^`…]+?)`", GUIDE))
def test_every_place_it_names_is_there(name: str) -> None:
    assert (ROOT / name.replace("NAME", "home")).exists() or "build" in name


@pytest.mark.parametrize("token", re.findall(r"--[a-z-]+(?=:)", "".join(blocks(GUIDE, "css"))))
def test_every_token_it_sets_is_one(token: str) -> None:
    tokens = text_of(ROOT / "site_builder" / "frontend" / "src" / "css" / "tokens.css")
    assert f"  {token}:" in tokens
