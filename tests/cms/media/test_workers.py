"""Real worker processes on either queue, killed in the middle of their work."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cms.embedded.object_storage import RunningStore
from tests import migrated
from tests.cms.media.conftest import Clip
from tests.valkey import Valkey, running

pytestmark = [pytest.mark.storage, pytest.mark.ffmpeg]

ROOT = Path(__file__).parents[3]
WAIT = 120.0


@dataclass
class Machine:
    """A CMS of its own: SQLite file, store, state folder, queue; commands run as processes."""

    environment: dict[str, str]
    database: Path
    valkey: Valkey | None = None
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def manage(self, *arguments: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def worker(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment
        )
        self.processes.append(process)
        return process

    def asset(self) -> dict[str, Any]:
        with sqlite3.connect(self.database, timeout=20) as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute("SELECT * FROM content_models_asset").fetchone()
        connection.close()
        return dict(row)

    def tasks(self) -> list[str]:
        with sqlite3.connect(self.database, timeout=20) as connection:
            rows = connection.execute(
                "SELECT status FROM django_tasks_database_dbtaskresult WHERE queue_name = 'media'"
            ).fetchall()
        connection.close()
        return sorted(status for (status,) in rows)

    def forget_tasks(self) -> None:
        with sqlite3.connect(self.database, timeout=20) as connection:
            connection.execute("DELETE FROM django_tasks_database_dbtaskresult")
        connection.close()

    def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + WAIT
        while not reached(asset := self.asset()):
            assert time.monotonic() < deadline, asset
            assert not any(process.poll() for process in self.processes[-1:]), "a worker died"
            time.sleep(0.1)
        return asset


def environment(folder: Path, database: Path) -> dict[str, str]:
    (folder / "uploads").mkdir(parents=True, exist_ok=True)
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
        "DATABASE_URL": f"sqlite:///{database}",
        "SECRET_KEY": "x" * 60,
        "STATE_DIR": str(folder),
        "AWS_ACCESS_KEY_ID": "unused",
        "AWS_SECRET_ACCESS_KEY": "unused",
        "MEDIA_LEASE_SECONDS": "3",
    }


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running() as server:
        yield server


@pytest.fixture(params=["database", "valkey"])
def queue(request: pytest.FixtureRequest) -> Valkey | None:
    """Either queue; None is the database's."""
    return request.getfixturevalue("valkey") if request.param == "valkey" else None


@pytest.fixture
def machine(
    store: RunningStore, settings: Any, tmp_path: Path, queue: Valkey | None
) -> Iterator[Machine]:
    database = tmp_path / "db.sqlite3"
    shutil.copyfile(migrated.on_sqlite(), database)
    settings_of_store = {
        "S3_ENDPOINT_URL": store.endpoint_url,
        "S3_BUCKET_PREFIX": settings.S3_BUCKET_PREFIX,
        "AWS_ACCESS_KEY_ID": store.access_key,
        "AWS_SECRET_ACCESS_KEY": store.secret_key,
        "QUEUE_URL": queue.url if queue else "",
    }
    made = Machine(
        environment=environment(tmp_path / "state", database) | settings_of_store,
        database=database,
        valkey=queue,
    )
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.wait()


def long_clip(clip: Clip) -> Path:
    """Enough work that a kill hits the middle of it."""
    return clip(
        "rabbit.mp4",
        *("-vf", "scale=640:360,setsar=1", "-preset", "ultrafast", "-c:a", "copy"),
        seconds=8,
    )


def test_a_killed_workers_job_is_finished_by_another_with_no_hand(
    machine: Machine, clip: Clip
) -> None:
    machine.manage("ingest", str(long_clip(clip)))
    first = machine.worker("media_worker", "--interval", "0.2")
    machine.until(lambda asset: asset["stage"] == "encode" and asset["progress"] > 8)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert machine.asset()["state"] == "processing"
    if machine.valkey is None:
        assert machine.tasks() == ["RUNNING"]

    second = machine.worker("media_worker", "--interval", "0.2")
    time.sleep(3)
    assert "1 queued again" in machine.manage("reconcile")
    asset = machine.until(lambda asset: asset["state"] == "ready")
    assert (asset["attempt"], asset["failures"]) == (2, 0)
    assert asset["ladder_id"] is not None
    # The dead worker's task row stays as it was and harms nobody.
    ended = [] if machine.valkey else ["RUNNING", "SUCCESSFUL"]
    deadline = time.monotonic() + 10
    while machine.tasks() != ended and time.monotonic() < deadline:
        time.sleep(0.1)
    assert machine.tasks() == ended
    assert "0 queued" in machine.manage("reconcile")
    assert second.poll() is None
    assert list((Path(machine.environment["STATE_DIR"]) / "work").iterdir()) == []


def test_a_worker_told_to_end_gives_its_work_back_within_seconds(
    machine: Machine, clip: Clip
) -> None:
    machine.manage("ingest", str(long_clip(clip)))
    worker = machine.worker("media_worker", "--interval", "0.2")
    machine.until(lambda asset: asset["stage"] == "encode" and asset["progress"] > 8)
    worker.terminate()
    assert worker.wait(timeout=30) == 0
    asset = machine.asset()
    assert (asset["state"], asset["failures"], asset["lease_until"]) == ("uploaded", 0, None)

    assert "1 queued again" in machine.manage("reconcile")
    assert "0 queued again" in machine.manage("reconcile")
    machine.manage("media_worker", "--batch")
    assert machine.asset()["state"] == "ready"


def test_a_flushed_queue_loses_no_upload_and_a_repeated_call_does_no_work_twice(
    machine: Machine, clip: Clip
) -> None:
    machine.manage("ingest", str(clip("street-traffic.mp4", seconds=1)))
    if machine.valkey:
        machine.valkey.flush()
    else:
        machine.forget_tasks()
    assert "1 queued again" in machine.manage("reconcile")
    # Seen waiting, though nobody works yet.
    assert "0 queued again" in machine.manage("reconcile")
    machine.manage("shell", "-c", TWICE)
    dead = Path(machine.environment["STATE_DIR"]) / "work" / "1-77"
    dead.mkdir(parents=True)
    machine.manage("media_worker", "--batch")
    asset = machine.asset()
    assert (asset["state"], asset["attempt"]) == ("ready", 1)
    # What a killed attempt left on this machine.
    assert not dead.exists()


TWICE = """
from cms.media.tasks import process_asset
from content_models.models import Asset
for _ in range(2):
    process_asset.enqueue(Asset.objects.get().pk)
"""


@pytest.mark.parametrize("queue", ["valkey"], indirect=True)
def test_an_upload_while_valkey_is_down_is_worked_on_once_it_is_back(
    machine: Machine, clip: Clip
) -> None:
    assert machine.valkey is not None
    machine.valkey.stop()
    machine.manage("ingest", str(clip("street-traffic.mp4", seconds=1)))
    assert machine.asset()["state"] == "uploaded"
    worker = machine.worker("media_worker")
    assert "0 queued again" in machine.manage("reconcile")
    assert worker.poll() is None

    machine.valkey.start()
    assert "1 queued again" in machine.manage("reconcile")
    machine.until(lambda asset: asset["state"] == "ready")
    # It outlives another fall of the queue, and ends when asked all the same.
    machine.valkey.stop()
    time.sleep(0.5)
    assert worker.poll() is None
    worker.terminate()
    assert worker.wait(timeout=30) == 0
