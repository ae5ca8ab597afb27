"""One push at a time to one target, with real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from static_export import ExportError, push
from static_export.lock import push_lock
from tests.static_export.places import DirectoryPlace, Recorder
from tests.static_export.sites import Site

HOLD = """
import sys
from pathlib import Path
from static_export.lock import push_lock
with push_lock(Path(sys.argv[1])) as lock:
    print(lock.token, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dist.state" / "push-x.lock"


def test_a_second_push_is_told_who_is_at_work(path: Path) -> None:
    with (
        push_lock(path),
        pytest.raises(ExportError, match=r"process \d+.*wait until it ends") as caught,
        push_lock(path),
    ):
        pass
    assert caught.value.code == "locked"
    assert caught.value.retryable


def test_the_lock_of_a_killed_process_is_free_at_once(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "1\n"
        with pytest.raises(ExportError), push_lock(path):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with push_lock(path) as lock:
            assert lock.token == 2


def test_tokens_grow_with_every_holder(path: Path) -> None:
    tokens = []
    for _ in range(3):
        with push_lock(path) as lock:
            tokens.append(lock.token)
    assert tokens == [1, 2, 3]


def test_a_hung_holder_is_overtaken_after_its_lease_and_stops(path: Path) -> None:
    now = 1000.0
    with push_lock(path, lease=60, clock=lambda: now) as hung:
        now += 59
        with pytest.raises(ExportError), push_lock(path, lease=60, clock=lambda: now):
            pass
        now += 2
        with push_lock(path, lease=60, clock=lambda: now) as taker:
            assert taker.token > hung.token
            taker.check()
            with pytest.raises(ExportError, match="took over") as caught:
                hung.check()
            assert caught.value.code == "lock-lost"
            with pytest.raises(ExportError), push_lock(path, lease=60, clock=lambda: now):
                pass
    with push_lock(path) as after:
        assert after.token == 3


def test_a_holder_at_work_keeps_its_lease(path: Path) -> None:
    now = 1000.0

    def clock() -> float:
        return now

    with push_lock(path, lease=60, clock=clock) as lock:
        for _ in range(10):
            now += 50
            lock.check()
            with pytest.raises(ExportError), push_lock(path, lease=60, clock=clock):
                pass


def test_an_overtaken_push_writes_nothing_more(
    directory: DirectoryPlace, site: Site, tmp_path: Path
) -> None:
    target = directory.target()

    def overtaken(operation: str, key: str) -> None:
        if operation == "prepare":
            [lock] = (tmp_path / "dist.state").glob("*.lock")
            lock.unlink()

    recorder = Recorder(target, overtaken)
    with pytest.raises(ExportError) as caught:
        push(dist=site.write(), target=recorder)
    assert caught.value.code == "lock-lost"
    assert recorder.done("put") == []
    push(dist=site.folder, target=directory.address)
    assert directory.read("index.html") == site.files["index.html"]
