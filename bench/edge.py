"""What each edge serves of one site, warm, beside vanilla Caddy from the disk and before the store.

A real site, pushed to a folder and to a SeaweedFS. Four servers over the same files take turns; wrk
asks each for the same pages and files, one after the other, over connections that stay open: once
as readers do, who take packed text, and once without. Vanilla Caddy packs and adds nothing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import psutil
import pytest

import site_builder
from bench.archive import MEDIA, Archive
from bench.result import ROUNDS, Result, machine
from cms.embedded import object_storage
from cms.embedded.object_storage import free_port
from static_export import push
from static_export.build import Build
from static_export.manifest import Artifact
from static_export.paths import url_path
from tests.static_export.edges import caddy_binary, running, running_edge, running_varnish
from tests.static_export.places import BucketPlace

VIDEOS = 25
SECONDS = 2  # of each run of wrk
CONNECTIONS = 16
ACCEPTED = {"plain": "", "packed": "gzip, deflate, br, zstd"}
VANILLA = "{\n\tadmin off\n\tpersist_config off\n\tauto_https off\n}\n"
DISK = VANILLA + ":%d {\n\troot * %s\n\tfile_server\n}\n"
PROXIED = (
    VANILLA
    + """
:%d {
	@folder path */
	rewrite @folder %s{path}index.html
	rewrite * %s{path}
	reverse_proxy %s
}
"""
)
SCRIPT = """
local at, paths = 0, {}
for path in io.lines("%s") do paths[#paths + 1] = path end
function request()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Requests a second, a second of the server's processor time, and kB that each brought."""

    rate: float
    cpu_rate: float
    size: float


def measure(folder: Path) -> Result:
    """Every side as often as there are rounds, in turns."""
    there = machine()
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed: apt install wrk")
    site = folder / "site"
    site_builder.build(
        transport=Archive(VIDEOS),
        out=site,
        state=folder / "state",
        site_url="https://video.example.go.id",
        media_origin=MEDIA.rpartition("/")[0],
    )
    paths = asked(site)
    (folder / "paths").write_text("\n".join(paths) + "\n")
    script = folder / "paths.lua"
    script.write_text(SCRIPT % (folder / "paths"))
    runs: dict[tuple[str, str], list[Run]] = {}
    with sides(folder, site) as urls:
        for url in urls.values():
            for accepted in ACCEPTED.values():
                wrk(url, script, accepted, seconds=1)
        for _ in range(ROUNDS):
            for side, url in urls.items():
                for form, accepted in ACCEPTED.items():
                    runs.setdefault((side, form), []).append(wrk(url, script, accepted))
    figures: dict[str, float] = {"files": len(paths)}
    ratios: dict[str, float] = {}
    for (side, form), found in runs.items():
        figures[f"{side}_{form}_per_second"] = round(median(run.rate for run in found), 1)
        figures[f"{side}_{form}_kB"] = round(median(run.size for run in found), 2)
        if side != "disk":
            pairs = list(zip(found, runs["disk", form], strict=True))
            ratios[f"{side}_to_disk_{form}"] = round(median(a.rate / b.rate for a, b in pairs), 3)
            ratios[f"{side}_to_disk_{form}_cpu"] = round(
                median(a.cpu_rate / b.cpu_rate for a, b in pairs), 3
            )
    return Result(name="edge", figures=figures, ratios=ratios, machine=there)


def asked(site: Path) -> list[str]:
    """Addresses of the pages that people read, and of the text that these load at once."""
    found = (item for item in Build.open(site).items().values() if isinstance(item, Artifact))
    return sorted(
        url_path(item.path)
        for item in found
        if item.path.endswith((".html", ".css", ".js"))
        and not item.path.startswith(("embed/", "assets/hls."))
    )


@contextmanager
def sides(folder: Path, site: Path) -> Iterator[dict[str, str]]:
    """The four servers over one site, and where each of them answers."""
    with ExitStack() as stack:
        store = stack.enter_context(object_storage.running(folder / "storage"))
        place = BucketPlace(
            endpoint_url=store.endpoint_url,
            access_key=store.access_key,
            secret_key=store.secret_key,
        )
        with pytest.MonkeyPatch.context() as patch:
            for name, value in place.environment.items():
                patch.setenv(name, value)
            push(dist=site, target=place.address)
        mirror = folder / "mirror"
        push(dist=site, target=f"file:{mirror}")
        disk = folder / "disk"
        shutil.copytree(site, disk)
        bucket = f"/{place.bucket}/{place.prefix.strip('/')}"
        yield {
            "varnish": stack.enter_context(
                running_varnish(place.address, store.endpoint_url, folder / "varnish")
            ),
            "mirror": stack.enter_context(running_edge(mirror, folder / "caddy")),
            "disk": stack.enter_context(vanilla(folder / "vanilla", DISK, disk)),
            "proxied": stack.enter_context(
                vanilla(folder / "proxied", PROXIED, bucket, bucket, store.endpoint_url)
            ),
        }


@contextmanager
def vanilla(work: Path, template: str, *values: object) -> Iterator[str]:
    """Caddy with nothing but what serves files."""
    work.mkdir()
    port = free_port()
    config = work / "Caddyfile"
    config.write_text(template % (port, *values))
    command = [caddy_binary(), "run", "--config", str(config), "--adapter", "caddyfile"]
    with running(command, work, port) as base:
        yield base


def wrk(url: str, script: Path, accepted: str, seconds: int = SECONDS) -> Run:
    """One run; raises if any answer was an error."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    if accepted:
        command += ["-H", f"Accept-Encoding: {accepted}"]
    before = spent_by(url)
    done = subprocess.run([*command, url], capture_output=True, text=True, check=True)
    spent = spent_by(url) - before
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"{url} failed under load:\n{done.stdout}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])  # type: ignore[index]
    total, unit = re.search(r"Transfer/sec:\s+([\d.]+)(KB|MB|GB)", done.stdout).groups()  # type: ignore[union-attr]
    return Run(
        rate=rate,
        cpu_rate=rate * seconds / spent,
        size=float(total) * {"KB": 1, "MB": 1e3, "GB": 1e6}[unit] / rate,
    )


def spent_by(url: str) -> float:
    """Seconds of processor time of whoever listens there."""
    port = urlsplit(url).port
    listening = {
        connection.pid
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    }
    times = [psutil.Process(pid).cpu_times() for pid in listening if pid]
    return sum(one.user + one.system for one in times)
