"""The first push of a site into an S3 store, beside a bare loop of the same library and s5cmd.

All sides put the same files, pages of 10 kB no two alike, into a bucket of their own of one local
SeaweedFS, in turns. Ours is the whole push: everything read and checked before the first byte,
types, cache policies and digests, the order, every answer compared, the manifest. The bare loop
puts bytes and nothing else, from as many threads. Then ours again, with nothing changed.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench import child
from bench.result import Result, machine

SIZE = 10_000  # bytes of a page
PARALLEL = 32
SIDES = ("ours", "bare", "s5cmd")


def measure(folder: Path, count: int, rounds: int) -> Result:
    """As many objects, into fresh buckets, as often."""
    there = machine()
    dist = folder / "dist"
    child.run("bench.export:write", folder=str(dist), count=count)
    found: dict[str, list[child.Found]] = {side: [] for side in (*SIDES, "unchanged")}
    with storing(folder):
        for number in range(rounds):
            for side in SIDES:
                given = {"dist": str(dist), "bucket": f"bench-{side}-{number}"}
                found[side].append(child.run(f"bench.export:{side}", **given))
            given = {"dist": str(dist), "bucket": f"bench-ours-{number}"}
            found["unchanged"].append(child.run("bench.export:unchanged", **given))
    figures: dict[str, float] = {"objects": count}
    for side, runs in found.items():
        figures |= {f"{side}_{name}": round(median(r[name] for r in runs), 3) for name in runs[0]}
    ratios = {
        f"ours_to_{side}": round(figures[f"{side}_seconds"] / figures["ours_seconds"], 3)
        for side in SIDES[1:]
    }
    return Result(name="export", figures=figures, ratios=ratios, machine=there, rounds=rounds)


@contextmanager
def storing(folder: Path) -> Iterator[None]:
    """A local SeaweedFS, which the environment of this process and its children names."""
    from cms.embedded import object_storage

    with object_storage.running(folder / "storage") as store:
        os.environ |= {
            "AWS_ACCESS_KEY_ID": store.access_key,
            "AWS_SECRET_ACCESS_KEY": store.secret_key,
            "AWS_REGION": "us-east-1",
            "S3_ENDPOINT_URL": store.endpoint_url,
        }
        yield


def write(folder: str, count: int, sequence: int = 1, text: int = 1, gone: int = 0) -> child.Found:
    """A build of pages of some text, which compresses as text does; the first `gone` withdrawn."""
    from site_builder import manifest

    chance = random.Random(text)
    words = [f"{chance.randrange(16**6):x}" for _ in range(5_000)]
    shards: dict[str, list[dict[str, Any]]] = {}
    withdrawn: dict[str, list[str]] = {}
    for number in range(count):
        path = page(number)
        public_id = path.split("/")[1]
        body = " ".join([public_id, *chance.choices(words, k=SIZE // 7)]).encode()[:SIZE]
        if number < gone:
            withdrawn.setdefault(manifest.shard_of(path), []).append(f"/video/{public_id}/")
            continue
        file = Path(folder) / path
        file.parent.mkdir(parents=True)
        file.write_bytes(body)
        shards.setdefault(manifest.shard_of(path), []).append(
            {
                "path": path,
                "sha256": hashlib.sha256(body).hexdigest(),
                "size": len(body),
                "type": "text/html; charset=utf-8",
                "cache": "page",
                "group": "page",
            }
        )
    refs = []
    (Path(folder) / manifest.FOLDER).mkdir()
    for name in sorted(shards.keys() | withdrawn.keys()):
        ordered = sorted(shards.get(name, ()), key=lambda one: str(one["path"]))
        left = sorted(withdrawn.get(name, ()))
        data = manifest.shard(name, artifacts=ordered, redirects=(), gone=left)
        (Path(folder) / manifest.shard_path(name)).write_bytes(data)
        refs.append((name, hashlib.sha256(data).hexdigest(), len(ordered)))
    root = manifest.root(epoch="bench", sequence=sequence, built_with="0" * 64, shards=refs)
    (Path(folder) / manifest.ROOT).write_bytes(root)
    return {"shards": len(refs)}


def page(number: int) -> str:
    """Path of a page, the same in each release."""
    return f"video/{hashlib.sha256(str(number).encode()).hexdigest()[:10]}/index.html"


def _bucket(name: str) -> str:
    import boto3

    client = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], region_name="us-east-1")
    client.create_bucket(Bucket=name)
    return name


def ours(dist: str, bucket: str) -> child.Found:
    """A whole push."""
    from static_export import push

    _bucket(bucket)
    started = time.perf_counter()
    report = push(dist=Path(dist), target=f"s3://{bucket}")
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "a_second": len(report.uploaded) / seconds}


def unchanged(dist: str, bucket: str) -> child.Found:
    """A push of what is there; requests are those of its client."""
    from static_export import push
    from static_export.targets import open_target

    target: Any = open_target(f"s3://{bucket}")
    requests = []
    target.client.meta.events.register("before-send.s3", lambda **_: requests.append(1))
    started = time.perf_counter()
    report = push(dist=Path(dist), target=target)
    return {
        "seconds": time.perf_counter() - started,
        "requests": len(requests),
        "uploaded": len(report.uploaded),
    }


def bare(dist: str, bucket: str) -> child.Found:
    """Every file read and put, nothing else."""
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        _bucket(bucket),
        endpoint=os.environ["S3_ENDPOINT_URL"],
        region="us-east-1",
        access_key_id=os.environ["AWS_ACCESS_KEY_ID"],
        secret_access_key=os.environ["AWS_SECRET_ACCESS_KEY"],
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    started = time.perf_counter()
    paths = [str(path) for path in Path(dist).rglob("*.html")]

    def put(path: str) -> None:
        with open(path, "rb") as file:  # noqa: PTH123 -- the barest there is
            obstore.put(store, path[len(dist) + 1 :], file.read(), use_multipart=False)

    with ThreadPoolExecutor(PARALLEL) as pool:
        for _ in pool.map(put, paths):
            pass
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "a_second": len(paths) / seconds}


def s5cmd(dist: str, bucket: str) -> child.Found:
    """s5cmd's own copy of the folder, with as many workers; its default of 256 is slower here."""
    _bucket(bucket)
    program = Path(sysconfig.get_path("scripts")) / "s5cmd"
    endpoint = os.environ["S3_ENDPOINT_URL"]
    command = [program, "--endpoint-url", endpoint, "--numworkers", str(PARALLEL), "--log", "error"]
    started = time.perf_counter()
    subprocess.run([*command, "cp", f"{dist}/video/", f"s3://{bucket}/video/"], check=True)
    seconds = time.perf_counter() - started
    count = sum(1 for _ in (Path(dist) / "video").rglob("*.html"))
    return {"seconds": seconds, "a_second": count / seconds}
