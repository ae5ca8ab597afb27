"""The embedded store comes up, whoever else takes ports at the same moment."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import httpx
import pytest

from cms.embedded import object_storage
from cms.embedded.object_storage import GRPC_OFFSET, HOST, ObjectStorageDownError, free_ports

LENT = Path("/proc/sys/net/ipv4/ip_local_port_range")


@contextmanager
def somebody_at(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.bind((HOST, port))
        other.listen()
        yield


def test_a_port_that_is_free_is_none_that_the_system_lends_to_whoever_connects() -> None:
    lowest = int(LENT.read_text().split()[0]) if LENT.exists() else 32_768
    for _ in range(50):
        ports = astuple(free_ports())
        assert len(set(ports)) == len(ports)
        assert max(ports) + GRPC_OFFSET < lowest


def test_a_store_whose_port_somebody_was_faster_to_take_comes_up_on_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = free_ports(), free_ports()
    drawn = iter((first, second))
    monkeypatch.setattr(object_storage, "free_ports", lambda: next(drawn))
    with somebody_at(first.master), object_storage.running(tmp_path) as store:
        assert store.ports == second
        assert httpx.get(store.endpoint_url).status_code < 500


def test_a_store_that_was_to_have_a_taken_port_says_so_at_once(tmp_path: Path) -> None:
    ports = free_ports()
    with (
        somebody_at(ports.master),
        pytest.raises(ObjectStorageDownError, match=r"ended .* see its log"),
        object_storage.running(tmp_path, ports),
    ):
        pass
    assert str(ports.master) in (tmp_path / "weed.log").read_text()
