"""Killed processes come back; a stopped platform leaves nothing behind and keeps everything."""

from __future__ import annotations

import os
import signal

import pytest

from tests.e2e.house import House, eventually, status_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def pid_of(house: House, program: str) -> int:
    return int(house.supervisorctl("pid", program).strip())


@pytest.mark.parametrize(
    "program",
    [
        "storage",
        "cms",
        "edge",
        "media-worker",
        "publish-worker",
        "takedown-worker",
        "task-worker",
        "clock",
    ],
)
def test_a_killed_child_is_started_again(house: House, program: str) -> None:
    before = pid_of(house, program)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: pid_of(house, program) not in {0, before}, seconds=30)
    for address in (f"{house.site}/", f"{house.cms}/admin/login/"):
        eventually(lambda address=address: status_of(address) == 200)
    eventually(lambda: status_of(house.storage) == 403, seconds=30)


def test_a_stranger_reads_neither_originals_nor_drafts_from_the_store(house: House) -> None:
    for bucket in ("originals", "staging"):
        assert status_of(f"{house.storage}/policetube-{bucket}/") == 403
    for bucket in ("media", "site"):
        assert status_of(f"{house.storage}/policetube-{bucket}/") == 403
