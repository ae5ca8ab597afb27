"""The real Caddy, run over a folder with our configuration; it leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from static_export.edge import EdgeSettings, caddyfile

MEDIA_ORIGIN = "https://media.example.go.id"


def caddy_binary() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "caddy")


@contextmanager
def running_edge(root: Path, work: Path) -> Iterator[str]:
    """Serve `root`; yields the base URL. Settings, log and state of Caddy stay under `work`."""
    work.mkdir(parents=True, exist_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = EdgeSettings(
        root=root,
        listen=f"127.0.0.1:{port}",
        media_origin=MEDIA_ORIGIN + "/policetube-media",
        access_log=work / "access.log",
    )
    config = work / "Caddyfile"
    config.write_text(caddyfile(settings))
    private = {name: str(work) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with (work / "caddy.log").open("ab") as log:
        process = subprocess.Popen(
            [caddy_binary(), "run", "--config", str(config), "--adapter", "caddyfile"],
            env=os.environ | private,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(base, process, work / "caddy.log")
        yield base
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(base + "/")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
