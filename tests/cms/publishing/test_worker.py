"""The publish worker as a process: it does its work, and it ends when asked."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cms.embedded.object_storage import RunningStore
from tests import migrated

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.storage, pytest.mark.timeout(240)]


def manage(*words: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture
def environment(tmp_path: Path, object_storage: RunningStore) -> dict[str, str]:
    (tmp_path / "uploads").mkdir()
    made = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
        "STATE_DIR": str(tmp_path),
        "SECRET_KEY": "x" * 60,
        "AWS_ACCESS_KEY_ID": object_storage.access_key,
        "AWS_SECRET_ACCESS_KEY": object_storage.secret_key,
        "S3_ENDPOINT_URL": object_storage.endpoint_url,
        "S3_BUCKET_PREFIX": "worker",
        "SITE_TARGETS": f"file:{tmp_path / 'edge'}",
        "SITE_EDGE_URL": "",
    }
    made.pop("DATABASE_URL", None)
    shutil.copyfile(migrated.on_sqlite(), tmp_path / "db.sqlite3")
    process = manage("load_units", "--verbosity", "0", environment=made)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 0, output.decode()
    return made


def test_the_worker_publishes_the_units_and_ends_within_a_moment_of_being_asked(
    environment: dict[str, str], tmp_path: Path
) -> None:
    worker = manage("publish_worker", environment=environment)
    try:
        deadline = time.monotonic() + 90
        home = tmp_path / "edge" / "index.html"
        while not home.exists() and time.monotonic() < deadline:
            assert worker.poll() is None, worker.communicate()[0].decode()
            time.sleep(0.2)
        assert "Polda Bali" in home.read_text(encoding="utf-8")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) == 0
    finally:
        worker.kill()
        worker.communicate()
    again = manage("publish_worker", "--once", environment=environment)
    output = again.communicate(timeout=60)[0].decode()
    assert again.returncode == 0, output
    assert "0 rendered, 0 uploaded, 0 deleted" in output
