"""The script of the upload guide does what the guide says, and goes on after a break."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import connections
from wagtail.models import APIToken

from cms.media import finishing
from cms.media.parts import MEBI, SMALLEST
from content_models.models import Asset, Upload, UploadState
from tests.cms.conftest import buckets
from tests.cms.editorial.conftest import desk
from tests.docs.pages import ROOT, blocks, text_of

__all__ = ["buckets", "desk"]

GUIDE = ROOT / "docs" / "guides" / "upload-api.md"
(SCRIPT,) = blocks(text_of(GUIDE), "python")


@pytest.fixture
def worker(db: None) -> Iterator[None]:
    """Finishes what is handed over, as `task-worker` does, between requests.

    A database in memory refuses at once what is locked; one in a file would have it wait.
    """
    over, turn = threading.Event(), threading.Lock()

    def begin(**_signal: Any) -> None:
        turn.acquire()

    def end(**_signal: Any) -> None:
        turn.release()

    def work() -> None:
        while not over.wait(0.2):
            with turn:
                for pk in Upload.objects.filter(state=UploadState.FINISHING).values_list("pk"):
                    finishing.finish(*pk)
        connections.close_all()

    request_started.connect(begin)
    request_finished.connect(end)
    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()
    request_started.disconnect(begin)
    request_finished.disconnect(end)


def run(path: Path, url: str, token: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, url, token, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"NO_PROXY": "127.0.0.1,localhost"},
    )


@pytest.mark.storage
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_script_sends_a_file_and_only_what_is_missing(
    buckets: str, desk: SimpleNamespace, worker: None, live_server: Any, tmp_path: Path
) -> None:
    _token, key = APIToken.create_token(user=desk.people["denpasar_editor"], name="skrip")
    path = tmp_path / "sidang.mp4"
    path.write_bytes(os.urandom(SMALLEST + 1000))
    done = run(path, live_server.url, key)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("part 1 sent\npart 2 sent\ndone /admin/video-files/")
    asset = Asset.objects.get()
    assert asset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert asset.uploaded_by == desk.people["denpasar_editor"]
    again = run(path, live_server.url, key)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("done ")
    assert Asset.objects.count() == 1


@pytest.mark.storage
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_script_takes_no_other_file_for_its_own(
    buckets: str, desk: SimpleNamespace, worker: None, live_server: Any, tmp_path: Path
) -> None:
    _token, key = APIToken.create_token(user=desk.people["denpasar_editor"], name="skrip")
    data = os.urandom(MEBI)
    hashes = set()
    for middle in (b"first", b"other"):
        path = tmp_path / "kamera.mp4"
        path.write_bytes(data + middle + data)
        hashes.add(hashlib.sha256(path.read_bytes()).hexdigest())
        done = run(path, live_server.url, key)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("part 1 sent\ndone ")
    assert set(Asset.objects.values_list("sha256", flat=True)) == hashes
