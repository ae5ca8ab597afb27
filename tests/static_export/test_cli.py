"""The command line as a person and a script meet it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from static_export.cli import main
from static_export.errors import Code
from tests.static_export.places import DirectoryPlace
from tests.static_export.sites import Site, video

Capture = pytest.CaptureFixture[str]


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


COMMANDS = ["push", "plan", "verify", "rollback", "releases", "gc", "agree", "edge-config"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capsys: Capture, command: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    if command != "edge-config":
        for word in ("file:DIR", "s3://bucket", "netlify:SITE", "exit status:"):
            assert word in out


def test_a_push_tells_each_step_with_its_reason_and_a_summary(
    capsys: Capture, directory: DirectoryPlace, site: Site
) -> None:
    status, out, err = run(capsys, "push", site.write(), "--to", directory.address)
    assert (status, err) == (0, "")
    assert "put      index.html  (new)" in out
    assert f"{directory.address}: change 1: 15 uploaded, 0 restored, 0 redirected" in out


def test_plan_and_dry_run_say_the_same_and_do_nothing(
    capsys: Capture, directory: DirectoryPlace, site: Site
) -> None:
    site.gone.add("/video/away/x/")
    site.write()
    planned = run(capsys, "plan", site.folder, "--to", directory.address)
    dry = run(capsys, "push", site.folder, "--to", directory.address, "--dry-run")
    assert planned[1].splitlines()[:-1] == dry[1].splitlines()[:-1]
    assert "gone     video/away/x/index.html  (gone)" in planned[1]
    assert "(dry run)" in planned[1]
    assert not directory.root.exists()


def test_several_targets_are_pushed_and_reported_as_json(
    capsys: Capture, site: Site, tmp_path: Path
) -> None:
    targets = [f"file:{tmp_path / name}" for name in ("one", "two")]
    status, out, _ = run(
        capsys, "push", site.write(), "--to", targets[0], "--to", targets[1], "--json"
    )
    reports = json.loads(out)
    assert status == 0
    assert [report["target"] for report in reports] == targets
    assert all(len(report["uploaded"]) == 15 for report in reports)


def test_verify_says_what_is_wrong_and_its_status_shows_it(
    capsys: Capture, directory: DirectoryPlace, site: Site
) -> None:
    run(capsys, "push", site.write(), "--to", directory.address)
    assert run(capsys, "verify", site.folder, "--to", directory.address)[0] == 0
    (directory.root / "index.html").write_bytes(b"tampered with")
    (directory.root / video(1) / "index.html").unlink()
    status, out, _ = run(capsys, "verify", site.folder, "--to", directory.address)
    assert status == 4
    assert "index.html: the bytes differ" in out
    assert f"{video(1)}index.html: absent" in out
    status, out, _ = run(capsys, "verify", site.folder, "--to", directory.address, "--json")
    assert len(json.loads(out)[0]["wrong"]) == 2


def test_a_refusal_has_its_own_status_and_says_what_to_do(
    capsys: Capture, directory: DirectoryPlace, site: Site
) -> None:
    site.sequence = 3
    run(capsys, "push", site.write(), "--to", directory.address)
    site.sequence = 2
    status, _, err = run(capsys, "push", site.write(), "--to", directory.address)
    assert status == 3
    assert err.startswith("stale-build: ")
    assert "build again" in err


@pytest.mark.parametrize("target", ["ftp://x", "s3://", "file:", "edge", "s3:bucket"])
def test_an_unknown_target_is_refused(capsys: Capture, site: Site, target: str) -> None:
    status, _, err = run(capsys, "push", site.write(), "--to", target)
    assert status == 3
    assert err.startswith("bad-target: ")
    assert "file:DIR" in err


def test_the_edge_configuration_is_printed(capsys: Capture, tmp_path: Path) -> None:
    status, out, _ = run(
        capsys,
        "edge-config",
        "--root",
        tmp_path / "edge",
        "--listen",
        "127.0.0.1:8080",
        "--media-origin",
        "http://127.0.0.1:8333/policetube-media",
    )
    assert status == 0
    assert "http://:8080 {" in out
    assert 'bind "127.0.0.1"' in out
    assert f'root * "{tmp_path / "edge"}"' in out
    assert "media-src http://127.0.0.1:8333 blob:" in out


def test_the_configuration_of_varnish_is_printed(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://127.0.0.1:8333")
    arguments = [
        "edge-config",
        "--kind",
        "varnish",
        "--media-origin",
        "https://media.example.go.id",
    ]
    status, out, _ = run(
        capsys, *arguments, "--origin", "s3://policetube-site/edge", "--purge-from", "10.1.0.0/16"
    )
    assert status == 0
    assert "vcl 4.1;" in out
    assert '.port = "8333"' in out
    assert '"10.1.0.0"/16;' in out
    assert '"127.0.0.1"/32;' not in out
    assert '"/policetube-site/edge" + regsub(bereq.url' in out


@pytest.mark.parametrize(("kind", "option"), [("caddy", "--root"), ("varnish", "--origin")])
def test_an_edge_lacks_what_it_stands_before(capsys: Capture, kind: str, option: str) -> None:
    status, _, err = run(
        capsys, "edge-config", "--kind", kind, "--media-origin", "https://media.example.go.id"
    )
    assert status == 3
    assert option in err


def test_every_code_and_every_option_is_in_the_guide(capsys: Capture) -> None:
    guide = Path("docs/export.md").read_text()
    assert [code for code in get_args(Code) if f"`{code}`" not in guide] == []
    for command in ("push", "agree"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
    options = set(re.findall(r"--[a-z][a-z0-9-]+", capsys.readouterr().out)) - {"--help"}
    assert {option for option in options if option not in guide} == set()
