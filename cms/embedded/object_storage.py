"""SeaweedFS as the embedded S3 server: one process, closed filer, keys from the environment."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

HOST = "127.0.0.1"
# `weed mini` opens a gRPC port beside every HTTP port, this much higher.
GRPC_OFFSET = 10_000
# Below what Linux lends to whoever connects (from 32,768 on): a port that is free now stays so.
FREE_PORTS = range(10_000, 20_000)
ATTEMPTS = 5


class ObjectStorageDownError(RuntimeError):
    """The embedded object store did not come up; the message says what to do."""


class ObjectStorageEndedError(ObjectStorageDownError):
    """Its process has ended before it came up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """TCP ports of one `weed mini`; each but `s3` is closed to anonymous readers by JWT."""

    s3: int
    master: int
    volume: int
    filer: int
    admin: int


DEFAULT_PORTS = Ports(s3=8333, master=9333, volume=9340, filer=8888, admin=23646)


def weed_binary() -> str:
    """Path of `weed`, from the environment Python runs in, else from PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise ObjectStorageDownError("`weed` is not installed: run `make install` first.")
    return found


def write_security_file(directory: Path) -> Path:
    """Generate `security.toml` once, so that filer and volume ports answer 401 without a token.

    Source: SeaweedFS, `weed scaffold -config=security`.
    """
    path = directory / "security.toml"
    if not path.exists():
        sections = ("signing", "signing.read", "filer_signing", "filer_signing.read")
        text = "".join(
            f'[jwt.{section}]\nkey = "{secrets.token_urlsafe(32)}"\n\n' for section in sections
        )
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
    return path


def weed_command(data: Path, ports: Ports = DEFAULT_PORTS) -> list[str]:
    """Arguments that start the store over `data`; run it in the folder of `security.toml`."""
    return [
        weed_binary(),
        "mini",
        f"-dir={data}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-webdav=false",
        "-admin.ui=false",
        f"-admin.port={ports.admin}",
        f"-master.port={ports.master}",
        f"-volume.port={ports.volume}",
        f"-filer.port={ports.filer}",
        f"-s3.port={ports.s3}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
    ]


def free_port() -> int:
    """A port nobody listens on now, nor on its gRPC twin."""
    while True:
        port = secrets.choice(FREE_PORTS)
        if is_free(port) and is_free(port + GRPC_OFFSET):
            return port


def free_ports() -> Ports:
    """Ports nobody listens on now, each with its gRPC twin free too."""
    chosen: set[int] = set()
    while len(chosen) < 5:
        chosen.add(free_port())
    s3, master, volume, filer, admin = chosen
    return Ports(s3=s3, master=master, volume=volume, filer=filer, admin=admin)


def wait_until_up(
    port: int, seconds: float = 30, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Return once the S3 port answers HTTP.

    Raises `ObjectStorageDownError` after `seconds`, `ObjectStorageEndedError` as soon as its
    `process` has ended.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        try:
            if httpx.get(f"http://{HOST}:{port}/", timeout=2).status_code < 500:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    if process and process.poll() is not None:
        raise ObjectStorageEndedError(
            f"Object storage ended before it answered on port {port}; see its log."
        )
    raise ObjectStorageDownError(
        f"Object storage did not answer on port {port} within {seconds:.0f} s; see its log."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStore:
    """A store that is up: where it listens, what opens it, and its process, for tests to kill."""

    ports: Ports
    access_key: str
    secret_key: str
    process: subprocess.Popen[bytes]

    @property
    def endpoint_url(self) -> str:
        return f"http://{HOST}:{self.ports.s3}"


@contextmanager
def running(directory: Path, ports: Ports | None = None) -> Iterator[RunningStore]:
    """Run a store under `directory` until the block ends; its log is `directory/weed.log`.

    Where no `ports` are asked for and somebody else was faster, it takes others.
    """
    (directory / "data").mkdir(parents=True, exist_ok=True)
    write_security_file(directory)
    access_key, secret_key = "policetube", secrets.token_urlsafe(24)
    environment = os.environ | {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
    }
    for attempt in range(1, ATTEMPTS + 1):
        chosen = ports or free_ports()
        try:
            process = _start(directory, chosen, environment)
        except ObjectStorageEndedError:
            if ports or attempt == ATTEMPTS:
                raise
        else:
            break
    try:
        yield RunningStore(
            ports=chosen, access_key=access_key, secret_key=secret_key, process=process
        )
    finally:
        _stop(process)


def _start(directory: Path, ports: Ports, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A store that is up, or nothing that is left behind."""
    with (directory / "weed.log").open("ab") as log:
        process = subprocess.Popen(
            weed_command(directory / "data", ports),
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_up(ports.s3, process=process)
    except BaseException:
        _stop(process)
        raise
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def is_free(port: int) -> bool:
    """Whether nobody listens on `port` of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def main() -> None:
    """Run the store in the foreground over `var/storage`, for the supervisor."""
    directory = Path(sys.argv[1]).resolve()
    ports = Ports(**{k: int(v) for k, v in (pair.split("=") for pair in sys.argv[2:])})
    (directory / "data").mkdir(parents=True, exist_ok=True)
    write_security_file(directory)
    os.chdir(directory)
    command = weed_command(directory / "data", ports)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
