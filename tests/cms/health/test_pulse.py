"""A process that runs is known to; one that was killed is missed; one that ended is not."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from cms.health.models import Heartbeat
from cms.health.pulse import forget_silent
from tests import migrated

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = {
    "clock": ("clock", "--interval", "3600"),
    "media-worker": ("media_worker",),
    "takedown-worker": ("takedown_worker", "--glance-every", "3600"),
    "task-worker": ("task_worker",),
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "uploads").mkdir()
    shutil.copyfile(migrated.on_sqlite(), tmp_path / "db.sqlite3")
    made = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
        "STATE_DIR": str(tmp_path),
        "SECRET_KEY": "x" * 60,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    made.pop("DATABASE_URL", None)
    return made


def beats(folder: Path) -> list[tuple[str, int, str]]:
    with closing(sqlite3.connect(folder / "db.sqlite3", timeout=10)) as database:
        return database.execute("SELECT role, pid, at FROM health_heartbeat").fetchall()


def eventually_beats(folder: Path, process: subprocess.Popen[bytes]) -> tuple[str, int, str]:
    deadline = time.monotonic() + 60
    while not (found := beats(folder)):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found[0]


@pytest.mark.parametrize("role", COMMANDS)
def test_a_process_tells_that_it_lives_until_it_ends_or_is_killed(
    role: str, environment: dict[str, str], tmp_path: Path
) -> None:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *COMMANDS[role]],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    process = start()
    try:
        assert eventually_beats(tmp_path, process)[:2] == (role, process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert beats(tmp_path) == [], "who ended well is not missed"
    finally:
        process.kill()
        process.wait()
    process = start()
    try:
        eventually_beats(tmp_path, process)
    finally:
        process.kill()
        process.wait()
    assert [found[0] for found in beats(tmp_path)] == [role], "who was killed is"


@pytest.mark.django_db
def test_what_was_killed_yesterday_is_forgotten() -> None:
    now = timezone.now()
    for hours in (1, 30):
        Heartbeat.objects.create(
            name=f"clock@here:{hours}",
            role="clock",
            host="here",
            pid=hours,
            began_at=now,
            at=now - timedelta(hours=hours),
        )
    assert forget_silent() == 1
    assert [beat.pid for beat in Heartbeat.objects.all()] == [1]
