"""The whole platform, started as an operator starts it, on ports of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cms.embedded.environment import Installation
from cms.embedded.object_storage import free_port, free_ports

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 280


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A running platform: its addresses and where it keeps its state."""

    state: Path
    ready: dict[str, Any]
    process: subprocess.Popen[bytes]

    @property
    def site(self) -> str:
        return self.ready["site"]

    @property
    def cms(self) -> str:
        return self.ready["cms"]

    @property
    def storage(self) -> str:
        return self.ready["storage"]

    @property
    def video_url(self) -> str:
        """The page of the clip that the demo was given."""
        return self.ready["videos"][0]["url"]

    def password(self, user: str) -> str:
        lines = (self.state / "logins.txt").read_text(encoding="utf-8").splitlines()
        return next(line.split("\t")[1] for line in lines if line.split("\t")[0] == user)

    @property
    def socket(self) -> Path:
        """Where the supervisor listens."""
        return Installation(state=self.state).socket

    def supervisorctl(self, *words: str) -> str:
        result = subprocess.run(
            [
                *(sys.executable, "-m", "supervisor.supervisorctl"),
                *("-s", f"unix://{self.socket}"),
                *words,
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return result.stdout + result.stderr

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What a journalist gets over GraphQL."""
        answer = httpx.post(
            f"{self.cms}/graphql/", json={"query": query, "variables": variables}, timeout=60
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]


@contextmanager
def running_house(state: Path, clip: Path) -> Iterator[House]:
    """Run `python -m cms.embedded demo` over `state` until the block ends."""
    storage = free_ports()
    environment = os.environ | {
        "STATE_DIR": str(state),
        "VIDEO": str(clip),
        "CMS_PORT": str(free_port()),
        "SITE_PORT": str(free_port()),
        "S3_PORT": str(storage.s3),
        "S3_MASTER_PORT": str(storage.master),
        "S3_VOLUME_PORT": str(storage.volume),
        "S3_FILER_PORT": str(storage.filer),
        "S3_ADMIN_PORT": str(storage.admin),
        # So short that a part which waits needs another address.
        "MEDIA_UPLOAD_URL_SECONDS": "5",
    }
    for name in ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "DATABASE_URL"):
        environment.pop(name, None)
    state.mkdir(parents=True, exist_ok=True)
    with (state / "demo.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cms.embedded", "demo"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        ready = _wait_until_ready(state, process)
        yield House(state=state, ready=ready, process=process)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, and patience."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


def eventually(check: Any, *, seconds: float = 120, every: float = 0.3) -> Any:
    """The first true answer of `check`, or a failure that shows the last one."""
    deadline = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(every)


def status_of(url: str) -> int:
    """Status of a URL for somebody who is nobody; 0 where nobody answers."""
    try:
        return httpx.get(url, timeout=10, follow_redirects=False).status_code
    except httpx.HTTPError:
        return 0


def _wait_until_ready(state: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    path = state / "run" / "ready.json"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
        if process.poll() is not None:
            break
        time.sleep(0.3)
    raise AssertionError("The demo did not start:\n" + (state / "demo.log").read_text()[-6000:])
