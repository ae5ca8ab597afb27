"""A file of 2 GB through the doors that browsers use, beside boto3's own `upload_file`.

Both go into the same SeaweedFS on this machine. Ours asks a real web process for the address of
every part, with the part size and the concurrency of the browser, and sends each part's MD5; the
peer has the keys and asks nobody. What the web process held before and after is read from /proc.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import urllib3

from bench.result import Result, machine

ROOT = Path(__file__).resolve().parents[1]
SIZE = int(os.environ.get("BENCH_UPLOAD_BYTES", 2 * 1024**3))
BLOCK = 16 * 1024**2
CONCURRENCY = 4
BUCKET = "bench-originals"


def measure(folder: Path) -> Result:
    """One round of each side after a warm-up of both; 2 GB are long enough."""
    from cms.embedded import object_storage

    there = machine()
    film, small = folder / "film.mp4", folder / "small.mp4"
    write(film, SIZE)
    write(small, 3 * BLOCK)
    with object_storage.running(folder / "storage") as store, web(folder, store) as cms:
        client = boto3.client(
            "s3",
            endpoint_url=store.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=store.access_key,
            aws_secret_access_key=store.secret_key,
        )
        cms.send(small)
        cms.check()
        client.upload_file(str(small), BUCKET, "warm")
        before = cms.resident()
        ours = seconds(lambda: cms.send(film))
        after = cms.resident()
        checked = seconds(cms.check)
        peer = seconds(lambda: client.upload_file(str(film), BUCKET, "peer"))
        assert cms.state() == "done", cms.state()
    return Result(
        name="upload",
        figures={
            "bytes": SIZE,
            "ours_seconds": round(ours, 2),
            "joining_and_reading_back_seconds": round(checked, 2),
            "upload_file_seconds": round(peer, 2),
            "web_process_bytes_before": before,
            "web_process_bytes_after": after,
            "web_process_bytes_at_most": cms.most,
        },
        ratios={"throughput_to_upload_file": round(peer / ours, 2)},
        machine=there,
        rounds=1,
    )


def write(path: Path, size: int) -> None:
    """Bytes that nothing can compress away, no two blocks alike, quickly made."""
    block = secrets.token_bytes(BLOCK)
    with path.open("wb") as file:
        while (left := size - file.tell()) > 0:
            file.write((secrets.token_bytes(64) + block[64:])[:left])


class Cms:
    """A web process of its own, and a unit's script that uploads through it."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, environment: dict[str, str]):
        self.process = process
        self.url = url
        self.environment = environment
        self.token = ""
        self.upload = ""
        self.most = 0
        self.pool = urllib3.PoolManager(maxsize=2 * CONCURRENCY)

    def manage(self, *words: str) -> str:
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        done = subprocess.run(
            command, env=self.environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {words[0]} failed: {done.stderr[-2000:]}")
        return done.stdout.strip()

    def ask(self, method: str, door: str, body: Any = None) -> Any:
        answer = self.pool.request(
            method,
            f"{self.url}/api/uploads/{door}",
            body=json.dumps(body or {}),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        assert answer.status < 300, answer.data
        return answer.json()

    def send(self, path: Path) -> None:
        """Until everything is there and handed over."""
        asked = {"name": path.name, "size": path.stat().st_size, "fingerprint": path.name}
        upload = self.ask("POST", "", asked)
        door, each = f"{upload['id']}/", upload["part_size"]
        count = -(-path.stat().st_size // each)

        def part(number: int) -> bytes:
            with path.open("rb") as file:
                file.seek((number - 1) * each)
                data = file.read(each)
            digest = hashlib.md5(data, usedforsecurity=False).digest()
            wanted = {"number": number, "md5": base64.b64encode(digest).decode()}
            (signed,) = self.ask("POST", f"{door}sign/", {"parts": [wanted]})["parts"]
            put = self.pool.request("PUT", signed["url"], body=data, headers=signed["headers"])
            assert put.status == 200, put.data
            return digest

        with ThreadPoolExecutor(CONCURRENCY) as pool:
            digests = list(pool.map(part, range(1, count + 1)))
        whole = hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
        self.ask("POST", f"{door}finish/", {"checksum": f"{whole}-{count}"})
        self.upload = upload["id"]

    def check(self) -> None:
        """The worker's part: join, read back, compare, record."""
        self.manage("task_worker", "--batch")

    def state(self) -> str:
        return str(self.ask("GET", f"{self.upload}/")["state"])

    def resident(self) -> int:
        """Bytes in memory of the web process and its workers."""
        found, pids = 0, [self.process.pid]
        while pids:
            pid = pids.pop()
            try:
                pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            lines = (line for line in status.splitlines() if line.startswith("VmRSS:"))
            found += sum(int(line.split()[1]) * 1024 for line in lines)
        return found

    def watch(self, over: threading.Event) -> None:
        while not over.wait(0.2):
            self.most = max(self.most, self.resident())


@contextmanager
def web(folder: Path, store: Any) -> Iterator[Cms]:
    """Granian with one worker over a fresh database."""
    from cms.embedded.object_storage import free_ports

    url = f"http://127.0.0.1:{free_ports().s3}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "STATE_DIR": str(folder / "state"),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "CMS_BASE_URL": url,
        "S3_ENDPOINT_URL": store.endpoint_url,
        "S3_BUCKET_PREFIX": BUCKET.partition("-")[0],
        "AWS_ACCESS_KEY_ID": store.access_key,
        "AWS_SECRET_ACCESS_KEY": store.secret_key,
        "DJANGO_SUPERUSER_PASSWORD": secrets.token_urlsafe(20),
        "LOG_LEVEL": "WARNING",
    }
    address = url.rpartition(":")[2]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", address, "--workers", "1"]
    command += ["--blocking-threads", "4", "cms.wsgi:application"]
    over = threading.Event()
    (folder / "state" / "uploads").mkdir(parents=True)
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    cms = Cms(process, url, environment)
    watcher = threading.Thread(target=cms.watch, args=(over,))
    try:
        cms.manage("migrate", "--noinput")
        cms.manage("setup_storage")
        cms.manage("createsuperuser", "--noinput", "--username", "bench", "--email", "a@b.example")
        cms.token = cms.manage("api_tokens", "create", "--user", "bench", "--name", "bench")
        cms.token = cms.token.split()[-1]
        watcher.start()
        yield cms
    finally:
        over.set()
        if watcher.ident:
            watcher.join()
        process.terminate()
        process.wait(timeout=30)


def seconds(act: Any) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
