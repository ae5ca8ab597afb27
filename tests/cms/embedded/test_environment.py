"""What the demo's children find in their environment."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cms.embedded.environment import (
    LONGEST_SOCKET_PATH,
    Installation,
    child_environment,
    load_secrets,
    read_installation,
)
from cms.embedded.errors import EmbeddedError


def test_an_empty_environment_gives_the_documented_ports() -> None:
    found = read_installation({})
    assert (found.cms_url, found.site_url, found.storage_url) == (
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8333",
    )
    assert found.media_url == "http://127.0.0.1:8333/policetube-media"


def test_empty_variables_count_as_not_set() -> None:
    assert read_installation({"CMS_PORT": "", "STATE_DIR": "", "S3_PORT": ""}) == (
        read_installation({})
    )


def test_one_variable_moves_all_ports_of_the_store() -> None:
    usual, moved = read_installation({}).storage, read_installation({"S3_PORT": "9333"}).storage
    for name in usual.__slots__:
        assert getattr(moved, name) == getattr(usual, name) + 1000


def test_an_inner_port_may_be_chosen_by_itself() -> None:
    assert read_installation({"S3_FILER_PORT": "7777"}).storage.filer == 7777


@pytest.mark.parametrize(
    ("name", "value"),
    [("CMS_PORT", "eighty"), ("SITE_PORT", "0"), ("S3_PORT", "70000"), ("S3_PORT", "٨٣٣٣")],
)
def test_a_port_that_is_none_is_refused_by_name_with_an_example(name: str, value: str) -> None:
    with pytest.raises(EmbeddedError) as caught:
        read_installation({name: value})
    assert caught.value.code == "bad-port"
    assert f"{name}={value}" in caught.value.indonesian
    assert f"make demo {name}=" in caught.value.english


def test_a_store_port_without_room_for_its_grpc_twin_is_refused() -> None:
    with pytest.raises(EmbeddedError, match="S3_ADMIN_PORT"):
        read_installation({"S3_PORT": "45000"})


def test_secrets_are_made_once_for_their_owner_only_and_kept(tmp_path: Path) -> None:
    made = load_secrets(tmp_path)
    assert len(made.secret_key) >= 50
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    assert load_secrets(tmp_path) == made
    assert load_secrets(tmp_path / "other") != made
    assert made.secret_key not in repr(made)


def test_nothing_of_the_owners_cloud_reaches_the_children(tmp_path: Path) -> None:
    inherited = {
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "DATABASE_URL": "postgres://production/db",
        "SECRET_KEY": "of something else",
        "LOG_LEVEL": "DEBUG",
        "PATH": "/usr/bin",
    }
    installation = Installation(state=tmp_path)
    given = child_environment(installation, load_secrets(tmp_path), inherited)
    assert "AWS_PROFILE" not in given
    assert "AWS_SESSION_TOKEN" not in given
    assert "DATABASE_URL" not in given
    assert given["AWS_ACCESS_KEY_ID"] == "policetube"
    assert given["SECRET_KEY"] != inherited["SECRET_KEY"]
    assert given["LOG_LEVEL"] == "DEBUG"
    assert given["PATH"].endswith(":/usr/bin")


def test_loopback_is_never_asked_for_through_a_proxy(tmp_path: Path) -> None:
    given = child_environment(
        Installation(state=tmp_path), load_secrets(tmp_path), {"no_proxy": ".go.id"}
    )
    assert given["NO_PROXY"] == given["no_proxy"] == ".go.id,127.0.0.1,localhost"


def test_every_address_follows_the_ports(tmp_path: Path) -> None:
    installation = read_installation(
        {
            "CMS_PORT": "8100",
            "SITE_PORT": "8180",
            "S3_PORT": "8433",
            "STATE_DIR": str(tmp_path),
        }
    )
    given = child_environment(installation, load_secrets(tmp_path), {})
    assert given["CMS_BASE_URL"] == "http://127.0.0.1:8100"
    assert given["SITE_BASE_URL"] == given["SITE_EDGE_URL"] == "http://127.0.0.1:8180"
    assert given["S3_ENDPOINT_URL"] == "http://127.0.0.1:8433"
    assert given["MEDIA_BASE_URL"] == "http://127.0.0.1:8433/policetube-media"
    assert "http://localhost:8180" in given["MEDIA_CORS_ORIGINS"].split(",")
    assert given["SITE_TARGETS"] == f"file:{tmp_path}/edge"


def test_a_long_path_still_gets_a_socket_the_kernel_takes(tmp_path: Path) -> None:
    deep = Installation(state=tmp_path / ("d" * 120))
    assert len(str(deep.socket)) <= LONGEST_SOCKET_PATH
    assert deep.socket != replace(deep, state=tmp_path / ("e" * 120)).socket
    assert Installation(state=Path("/srv/p")).socket == Path("/srv/p/run/supervisor.sock")
