"""Killed processes come back; a stopped platform leaves nothing behind and keeps everything."""

from __future__ import annotations

import os
import signal

import httpx
import pytest

from cms.embedded.object_storage import HOST
from tests.e2e.house import House, eventually, status_of

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(900)]


def pid_of(house: House, program: str) -> int:
    return int(house.supervisorctl("pid", program).strip())


@pytest.mark.parametrize("program", ["cms", "edge", "media-worker", "publish-worker", "clock"])
def test_a_killed_child_is_started_again(house: House, program: str) -> None:
    before = pid_of(house, program)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: pid_of(house, program) not in {0, before}, seconds=30)
    eventually(lambda: status_of(f"{house.site}/") == 200, seconds=30)


def test_a_stranger_reads_neither_originals_nor_drafts_from_the_store(house: House) -> None:
    for bucket in ("originals", "staging"):
        assert status_of(f"{house.storage}/policetube-{bucket}/") == 403
    for bucket in ("media", "site"):
        assert status_of(f"{house.storage}/policetube-{bucket}/") == 403


def test_an_original_cannot_be_read_or_deleted_through_the_filer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = (house.state / "run").glob("*")
    assert list(ports)
    command = open(f"/proc/{pid_of(house, 'storage')}/cmdline").read()  # noqa: PTH123, SIM115
    filer = int(command.split("filer=")[-1].split("\0")[0]) if "filer=" in command else 0
    filer = filer or int(command.split("-filer.port=")[1].split("\0")[0])
    url = f"http://{HOST}:{filer}/buckets/policetube-originals/"
    assert httpx.get(url).status_code == 401
    assert httpx.delete(url + "anything/original").status_code == 401
