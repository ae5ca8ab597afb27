"""What keeps the demo from starting, and whether the message says what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import pytest

from cms.embedded import checks
from cms.embedded.environment import ROOT, Installation
from cms.embedded.errors import EmbeddedError
from cms.embedded.object_storage import GRPC_OFFSET, free_ports, is_free
from cms.embedded.state import Memory, alone


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """One whose ports are all free now."""
    storage = spare = free_ports()
    while {spare.s3, spare.master} & set(astuple(storage)):
        spare = free_ports()
    return Installation(state=tmp_path, cms_port=spare.s3, site_port=spare.master, storage=storage)


def test_free_ports_pass(installation: Installation) -> None:
    checks.check_ports(installation)


@pytest.mark.parametrize("name", ["CMS_PORT", "SITE_PORT", "S3_PORT", "S3_FILER_PORT"])
def test_a_taken_port_is_named_with_its_holder_and_the_way_out(
    installation: Installation, name: str
) -> None:
    wanted = next(port for port in checks.needed_ports(installation) if port.variable == name)
    with socket.socket() as other:
        other.bind(("127.0.0.1", wanted.number))
        other.listen()
        with pytest.raises(EmbeddedError) as caught:
            checks.check_ports(installation)
    assert caught.value.code == "port-taken"
    for message in (caught.value.indonesian, caught.value.english):
        assert str(wanted.number) in message
        assert f"make demo {name}=" in message
        assert f"{os.getpid()} (" in message


def test_the_grpc_twin_of_a_port_is_looked_at_too(installation: Installation) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.storage.master + GRPC_OFFSET))
        other.listen()
        with pytest.raises(EmbeddedError) as caught:
            checks.check_ports(installation)
    assert f"make demo S3_MASTER_PORT={installation.storage.master + 100}" in caught.value.english


def test_one_number_for_two_purposes_is_refused(installation: Installation) -> None:
    doubled = Installation(
        state=installation.state,
        cms_port=installation.cms_port,
        site_port=installation.cms_port,
        storage=installation.storage,
    )
    with pytest.raises(EmbeddedError, match="CMS_PORT") as caught:
        checks.check_ports(doubled)
    assert caught.value.code == "bad-port"


def test_a_port_left_a_moment_ago_counts_as_free() -> None:
    port = free_ports().s3
    with socket.create_server(("127.0.0.1", port)) as server:
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()
    assert is_free(port)


def test_a_full_disk_says_how_much_is_missing_and_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError) as caught:
        checks.check_disk(tmp_path / "not" / "yet", needed=1 << 60)
    assert caught.value.code == "disk-full"
    assert str(tmp_path) in caught.value.english
    assert "make demo STATE_DIR=" in caught.value.indonesian
    checks.check_disk(tmp_path / "not" / "yet", needed=1)


def test_an_old_python_is_refused() -> None:
    with pytest.raises(EmbeddedError, match=r"3\.10"):
        checks.check_python((3, 10))
    checks.check_python((3, 11))


def test_a_missing_clip_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="no-such") as caught:
        checks.check_video(tmp_path / "no-such.mp4")
    assert caught.value.code == "no-such-file"
    with pytest.raises(EmbeddedError):
        checks.check_video(tmp_path)


def test_a_front_end_that_was_never_built_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="make frontend"):
        checks.check_built(tmp_path)


def test_two_demos_cannot_share_a_state_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(EmbeddedError) as caught, alone(tmp_path):
        pass
    assert caught.value.code == "already-running"
    assert str(os.getpid()) in caught.value.english
    with alone(tmp_path):
        pass


def test_what_was_noted_survives_and_a_torn_note_is_no_note(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "demo.json")
    memory.note("units")
    memory.note("static", "abc")
    assert Memory(tmp_path / "demo.json").has("units")
    assert Memory(tmp_path / "demo.json").value("static") == "abc"
    (tmp_path / "demo.json").write_text('{"units"')
    assert not memory.has("units")


def test_the_command_line_tells_of_a_bad_port_in_both_languages(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "cms.embedded", "demo"],
        cwd=ROOT,
        env={"PATH": os.defpath, "CMS_PORT": "http", "STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "bukan nomor port" in answer.stdout
    assert "not a usable port" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr


def test_an_installation_without_a_new_enough_python_says_so(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    answer = subprocess.run(
        ["/bin/sh", str(ROOT / "cms/embedded/install.sh"), "requirements.txt"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/bin:/usr/bin", "PYTHON": "python3"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "Python 3.9.2" in answer.stderr
    assert "apt install python3.11" in answer.stderr
    assert not (tmp_path / ".venv").exists()


def test_an_incomplete_python_names_the_missing_package(tmp_path: Path) -> None:
    partial = tmp_path / "python3"
    partial.write_text(
        '#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; *print*) echo 3.12 ;; *) exit 0 ;; esac\n'
    )
    partial.chmod(0o755)
    answer = subprocess.run(
        ["/bin/sh", str(ROOT / "cms/embedded/install.sh"), "requirements.txt"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/bin:/usr/bin", "PYTHON": "python3"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "sudo apt install python3.12-venv" in answer.stderr
