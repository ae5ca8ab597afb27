"""Real edges over pushed sites, each with our configuration; they leave nothing behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cms.embedded.object_storage import RunningStore, free_port
from static_export import PushReport, push
from static_export.build import Build
from static_export.edge import EdgeSettings, caddyfile
from static_export.edge.netlify import HEADERS_FILE, REDIRECTS_FILE, headers_file, redirects_file
from static_export.edge.varnish import VarnishSettings, vcl
from static_export.manifest import Artifact, Item
from static_export.targets.base import ObjectTarget
from static_export.verify import verify_edge
from tests.netlify import rules
from tests.static_export.places import BucketPlace
from tests.static_export.sites import Site

MEDIA_ORIGIN = "https://media.example.go.id"
NOBODY = ("192.0.2.1",)  # RFC 5737: an address that asks for nothing


@dataclass(kw_only=True)
class Edge:
    """A site, and what answers for it."""

    kind: str
    site: Site
    client: httpx.Client
    work: Path
    publish: Callable[[Path, str | None], tuple[str, ...]]
    target: Callable[[], ObjectTarget] | None = None

    @property
    def base(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def show(self) -> tuple[str, ...]:
        """Publish the site as it is now; return the URLs that changed and were seen right."""
        return self.publish(self.site.next().write(), self.base)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={"Accept-Encoding": "identity", **headers})

    def raw(self, target: str, method: str = "GET") -> tuple[int, bytes]:
        """Send a request target as it is, which no client library would."""
        address = (self.client.base_url.host, self.client.base_url.port)
        with socket.create_connection(address, timeout=10) as connection:
            request = f"{method} {target} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return int(answer.split(b" ", 2)[1]), answer


@contextmanager
def caddy_edge(site: Site, folder: Path) -> Iterator[Edge]:
    """The site in a folder, served by Caddy."""
    root = folder / "edge"

    def publish(dist: Path, base: str | None) -> tuple[str, ...]:
        return _seen(push(dist=dist, target=f"file:{root}", edge=base))

    publish(site.write(), None)
    with running_edge(root, folder / "caddy") as base, httpx.Client(base_url=base) as client:
        yield Edge(kind="caddy", site=site, client=client, work=folder / "caddy", publish=publish)


@contextmanager
def varnish_edge(
    site: Site,
    folder: Path,
    store: RunningStore,
    *,
    purge_from: tuple[str, ...] = ("127.0.0.1",),
    through: str | None = None,
) -> Iterator[Edge]:
    """The site in a bucket, served by Varnish; `through`: what it asks in place of the store."""
    place = BucketPlace(
        endpoint_url=store.endpoint_url, access_key=store.access_key, secret_key=store.secret_key
    )

    def target() -> ObjectTarget:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in place.environment.items():
                patch.setenv(name, value)
            return place.target()

    def publish(dist: Path, base: str | None) -> tuple[str, ...]:
        return _seen(push(dist=dist, target=target(), edge=base, purge_url=base))

    publish(site.write(), None)
    with (
        running_varnish(
            place.address,
            through or store.endpoint_url,
            folder / "varnish",
            purge_from=purge_from,
        ) as base,
        httpx.Client(base_url=base, timeout=30) as client,
    ):
        yield Edge(
            kind="varnish",
            site=site,
            client=client,
            work=folder / "varnish",
            publish=publish,
            target=target,
        )
    place.drop()


@contextmanager
def netlify_edge(site: Site, folder: Path) -> Iterator[Edge]:
    """The site as a deploy with its rules, served by what reads them as Netlify does."""
    live = folder / "live"
    before: dict[str, Item] = {}

    def publish(dist: Path, base: str | None) -> tuple[str, ...]:
        build = Build.open(dist)
        items = build.items()
        deploy = folder / f"deploy-{build.root.sequence}"
        files = {key: item for key, item in items.items() if isinstance(item, Artifact)}
        contents = {key: build.read(item) for key, item in files.items()}
        contents[HEADERS_FILE] = headers_file(items.values(), MEDIA_ORIGIN)
        contents[REDIRECTS_FILE] = redirects_file(items.values())
        for key, body in contents.items():
            (deploy / key).parent.mkdir(parents=True, exist_ok=True)
            (deploy / key).write_bytes(body)
        (folder / "next").symlink_to(deploy)
        (folder / "next").replace(live)
        changed = {key for key in items.keys() | before.keys() if items.get(key) != before.get(key)}
        before.clear()
        before.update(items)
        if base is None:
            return ()
        verdict = verify_edge({key: items.get(key) for key in changed}, base)
        assert verdict.wrong == ()
        return verdict.right

    publish(site.write(), None)
    port = free_port()
    with (
        running(rules.command(live, port), folder, port) as base,
        httpx.Client(base_url=base) as client,
    ):
        yield Edge(kind="netlify", site=site, client=client, work=folder, publish=publish)


def _seen(report: PushReport) -> tuple[str, ...]:
    assert report.unverified == ()
    return report.verified


def caddy_binary() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "caddy")


def varnish_binary() -> str:
    found = shutil.which("varnishd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert found, "varnishd is not installed: apt install varnish"
    return found


@contextmanager
def running_edge(root: Path, work: Path) -> Iterator[str]:
    """Serve `root` by Caddy; yields the base URL. Settings, log and state stay under `work`."""
    work.mkdir(parents=True, exist_ok=True)
    root.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings = EdgeSettings(
        root=root,
        listen=f"127.0.0.1:{port}",
        media_origin=MEDIA_ORIGIN + "/policetube-media",
        access_log=work / "access.log",
    )
    config = work / "Caddyfile"
    config.write_text(caddyfile(settings))
    command = [caddy_binary(), "run", "--config", str(config), "--adapter", "caddyfile"]
    with running(command, work, port) as base:
        yield base


@contextmanager
def running_varnish(
    origin: str, endpoint_url: str, work: Path, *, purge_from: tuple[str, ...] = ("127.0.0.1",)
) -> Iterator[str]:
    """Serve an `s3://` target by Varnish; yields the base URL. All that it writes is in `work`."""
    work.mkdir(parents=True, exist_ok=True)
    port = free_port()
    settings = VarnishSettings(
        origin=origin,
        endpoint_url=endpoint_url,
        media_origin=MEDIA_ORIGIN + "/policetube-media",
        purge_from=purge_from,
    )
    config = work / "edge.vcl"
    config.write_text(vcl(settings))
    # Another user, whom a jail would make it, may not read a folder of tests.
    command = [varnish_binary(), "-F", "-j", "none", "-T", "none", "-f", str(config)]
    command += ["-a", f"127.0.0.1:{port}", "-n", str(work / "varnish"), "-s", "malloc,64m"]
    with running(command, work, port) as base:
        yield base


@contextmanager
def running(command: list[str], work: Path, port: int) -> Iterator[str]:
    """Run a server until the block ends; yields the base URL once it answers."""
    private = {name: str(work) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    log = work / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=os.environ | private,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        base = f"http://127.0.0.1:{port}"
        _wait(base, process, log)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(base: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(base + "/", timeout=30)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
