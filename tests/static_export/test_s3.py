"""What strangers see of a pushed bucket, and how little is asked of it: real SeaweedFS."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import boto3
import httpx
import pytest
from botocore.credentials import RefreshableCredentials

from static_export import ExportError, push
from static_export.build import Build
from static_export.manifest import CACHE_CONTROL, Artifact
from static_export.targets.bulk import Bulk, BulkError, Put
from static_export.targets.s3 import S3Target
from static_export.verify import verify_target
from tests.static_export.faults import Fault, Faults, faulty
from tests.static_export.places import BucketPlace, Recorder, assert_holds_exactly
from tests.static_export.servers import QuietHandler, serving
from tests.static_export.sites import Site, small_site, video

pytestmark = pytest.mark.storage


def counted(place: BucketPlace) -> tuple[S3Target, Counter[str]]:
    """A target and the HTTP requests it sends, by method."""
    target = place.target()
    assert isinstance(target, S3Target)
    requests: Counter[str] = Counter()

    def count(request: Any, **_: Any) -> None:
        requests[request.method] += 1

    target.client.meta.events.register("before-send.s3", count)
    put, put_all, get = target.bulk.put, target.bulk.put_all, target.bulk.get

    def counted_put(key: str, body: bytes, attributes: Mapping[str, str]) -> str:
        requests["PUT"] += 1
        return put(key, body, attributes)

    def counted_all(puts: Sequence[Put]) -> Future[list[str | BulkError]]:
        requests["PUT"] += len(puts)
        return put_all(puts)

    def counted_get(key: str) -> bytes | None:
        requests["GET"] += 1
        return get(key)

    target.bulk.put, target.bulk.get = counted_put, counted_get  # type: ignore[method-assign]
    target.bulk.put_all = counted_all  # type: ignore[method-assign]
    return target, requests


@contextmanager
def meddling(endpoint_url: str) -> Iterator[str]:
    """A way to the store on which every body loses its first letter to another."""

    class Meddler(QuietHandler):
        def do_PUT(self) -> None:
            body = b"X" + self.body()[1:]
            answer = httpx.put(endpoint_url + self.path, content=body, headers=dict(self.headers))
            self.answer(answer.status_code, answer.content, "application/xml")

    with serving(Meddler) as url:
        yield url


def test_strangers_get_bytes_type_and_cache_policy_over_plain_http(
    bucket: BucketPlace, site: Site
) -> None:
    push(dist=site.write(), target=bucket.address)
    for item in Build.open(site.folder).items().values():
        assert isinstance(item, Artifact)
        response = httpx.get(bucket.url(item.path))
        assert response.status_code == 200
        assert response.content == site.files[item.path]
        assert response.headers["Content-Type"] == item.type
        assert response.headers["Cache-Control"] == CACHE_CONTROL[item.cache]


def test_a_redirect_is_an_object_that_leads_on(bucket: BucketPlace, site: Site) -> None:
    site.redirects["/video/old/x/"] = (f"/{video(1)}", 308)
    target = bucket.target()
    assert isinstance(target, S3Target)
    native: list[bytes] = []

    def note(request: Any, **_: Any) -> None:
        if location := request.headers.get("x-amz-website-redirect-location"):
            native.append(location)

    target.client.meta.events.register("before-send.s3", note)
    push(dist=site.write(), target=target)
    # SeaweedFS drops the native field, so what every store keeps says it as well.
    assert native == [f"/{video(1)}".encode()]
    head = bucket.client.head_object(Bucket=bucket.bucket, Key="edge/video/old/x/index.html")
    assert head["Metadata"]["policetube-location"] == f"/{video(1)}"
    assert head["Metadata"]["policetube-status"] == "308"
    body = httpx.get(bucket.url("video/old/x/index.html")).text
    assert f'http-equiv="refresh" content="0; url=/{video(1)}"' in body


def test_a_tombstone_is_the_page_for_withdrawn_content(bucket: BucketPlace, site: Site) -> None:
    push(dist=site.write(), target=bucket.address)
    del site.files[video(1) + "index.html"]
    site.gone.add(f"/{video(1)}")
    push(dist=site.next().write(), target=bucket.address)
    response = httpx.get(bucket.url(video(1) + "index.html"))
    assert response.content == site.files["410.html"]
    assert response.headers["x-amz-meta-policetube-status"] == "410"


def test_a_withdrawal_waits_for_no_new_look_and_every_tombstone_gets_it_afterwards(
    bucket: BucketPlace, site: Site
) -> None:
    earlier, now = f"{video(1)}index.html", f"{video(2)}index.html"
    del site.files[earlier]
    site.gone.add(f"/{video(1)}")
    push(dist=site.write(), target=bucket.address)
    before = site.files["410.html"]
    assert bucket.read(earlier) == before
    del site.files[now]
    site.gone.add(f"/{video(2)}")
    site.files["410.html"] = b'<link rel="stylesheet" href="/assets/site.fedcba9876.css">'
    site.files["assets/site.fedcba9876.css"] = b"body { margin: 1px }"
    seen: list[tuple[bytes | None, bool]] = []

    def look(operation: str, key: str) -> None:
        if operation == "put" and key.startswith("assets/"):
            seen.append((bucket.read(now), bucket.read(key) is None))

    push(dist=site.next().write(), target=Recorder(bucket.target(), before=look))
    assert seen == [(before, True)], "the page before, whose style sheet is there"
    for key in (earlier, now):
        assert bucket.read(key) == site.files["410.html"]
    build = Build.open(site.folder)
    assert verify_target(build, bucket.target()).wrong == ()


def test_a_site_without_a_410_page_gets_a_plain_one(bucket: BucketPlace, site: Site) -> None:
    del site.files["410.html"]
    site.gone.add("/video/away/x/")
    push(dist=site.write(), target=bucket.address)
    assert "telah ditarik" in httpx.get(bucket.url("video/away/x/index.html")).text


def test_an_unchanged_site_costs_one_request(bucket: BucketPlace, site: Site) -> None:
    push(dist=site.write(), target=bucket.address)
    target, requests = counted(bucket)
    push(dist=site.folder, target=target)
    assert requests == {"GET": 1}


def test_one_changed_page_costs_the_same_whatever_the_size_of_the_site(
    bucket: BucketPlace, site: Site
) -> None:
    costs = []
    for videos in (6, 90):
        for number in range(videos):
            site.files[video(number) + "index.html"] = b"page"
        push(dist=site.next().write(), target=bucket.address)
        site.files[video(1) + "index.html"] = f"changed {videos}".encode()
        target, requests = counted(bucket)
        push(dist=site.next().write(), target=target)
        costs.append(dict(requests))
    assert costs[0] == costs[1]
    assert costs[0]["GET"] == 2, "state and one shard"
    assert costs[0]["PUT"] == 6, "intent, page, shard, note, state, state without the old shard"
    assert costs[0]["DELETE"] == 1, "the old shard"


def test_two_prefixes_of_a_bucket_are_two_sites(bucket: BucketPlace, site: Site) -> None:
    push(dist=site.write(), target=f"s3://{bucket.bucket}/one")
    report = push(dist=site.folder, target=f"s3://{bucket.bucket}/two/")
    assert len(report.uploaded) == len(site.files)
    first = bucket.client.get_object(Bucket=bucket.bucket, Key="one/index.html")["Body"].read()
    assert first == site.files["index.html"]


def test_bytes_that_break_on_the_way_are_refused_by_the_store_and_sent_again(
    bucket: BucketPlace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    target, requests = counted(bucket)
    broken: list[str] = []

    def corrupt(request: Any, **_: Any) -> None:
        if request.method == "PUT" and request.url.endswith("/state.json") and not broken:
            broken.append(request.url)
            request.body = b"X" * len(request.body.getvalue())

    target.client.meta.events.register("before-send.s3", corrupt)
    put_all = target.bulk.put_all

    def corrupted(put: Put) -> Put:
        key, body, attributes = put
        if key.endswith("/index.html") and len(broken) < 2:
            broken.append(key)
            body = b"X" * len(body)
        return key, body, attributes

    target.bulk.put_all = lambda puts: put_all([*map(corrupted, puts)])  # type: ignore[method-assign]
    push(dist=site.write(), target=target)
    assert len(broken) == 2
    assert requests["PUT"] == len(site.files) + 2 + 1 + 1 + len(Build.open(site.folder).root.shards)
    for path, body in site.files.items():
        assert bucket.read(path) == body


def test_a_body_that_another_changes_on_its_way_is_refused_by_the_store(
    bucket: BucketPlace,
) -> None:
    session = boto3.session.Session()
    with meddling(bucket.endpoint_url) as between:
        bulk = Bulk(session, bucket.bucket, endpoint_url=between, region="us-east-1")
        with pytest.raises(BulkError) as caught:
            bulk.put("edge/index.html", b"<h1>Beranda</h1>", {})
        [failure] = bulk.put_all([("edge/index.html", b"<h1>Beranda</h1>", {})]).result()
        bulk.close()
    assert caught.value.code == "BadDigest"
    assert isinstance(failure, BulkError)
    assert failure.code == "BadDigest"
    assert bucket.read("index.html") is None


def test_credentials_that_expire_are_asked_for_again(bucket: BucketPlace) -> None:
    asked: list[int] = []

    def fresh() -> dict[str, str]:
        asked.append(1)
        until = datetime.now(UTC) + timedelta(minutes=30)
        return {
            "access_key": bucket.access_key,
            "secret_key": bucket.secret_key,
            "token": "",
            "expiry_time": until.isoformat(),
        }

    session = boto3.session.Session()
    session._session._credentials = RefreshableCredentials.create_from_metadata(
        metadata=fresh(), refresh_using=fresh, method="test"
    )
    bulk = Bulk(session, bucket.bucket, endpoint_url=bucket.endpoint_url, region="us-east-1")
    assert bulk.put("edge/index.html", b"x", {"Content-Type": "text/html"})
    assert bulk.put_all([("edge/other.html", b"y", {})]).result() != [""]
    bulk.close()
    assert (bucket.read("index.html"), bucket.read("other.html")) == (b"x", b"y")
    assert asked


def test_wrong_credentials_and_an_absent_bucket_are_named(
    bucket: BucketPlace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write()
    with pytest.raises(ExportError, match="Check that the bucket exists") as caught:
        push(dist=site.folder, target="s3://no-such-bucket")
    assert caught.value.code == "target-failed"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ExportError, match="its key may read and write"):
        push(dist=site.folder, target=bucket.address)


def test_a_store_that_is_down_is_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    target = S3Target("site", endpoint_url="http://127.0.0.1:9", region="us-east-1")
    with pytest.raises(ExportError, match="push again") as caught:
        push(dist=site.write(), target=target)
    assert caught.value.retryable


PUSH = """
import sys
from pathlib import Path
from static_export import push

push(dist=Path(sys.argv[1]), target=sys.argv[2])
"""


class Killer:
    """Lets every request through, and kills who sent the n-th of those that put pages."""

    def __init__(self, at: int) -> None:
        self.at, self.puts, self.lock = at, 0, threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def next(self, operation: str, but: Container[Fault] = ()) -> None:
        """As `Faults.next`."""
        with self.lock:
            self.puts += operation.startswith("PUT ") and "/.policetube/" not in operation
            if self.puts == self.at and self.process:
                self.process.kill()


@pytest.mark.parametrize("at", [2, 45, 120])
def test_a_push_killed_amid_puts_that_are_under_way_together_is_finished_by_the_next(
    bucket: BucketPlace, tmp_path: Path, at: int
) -> None:
    site, killer = small_site(tmp_path / "dist", videos=210), Killer(at)
    with faulty(bucket.endpoint_url, cast("Faults[Fault]", killer)) as url:
        killer.process = subprocess.Popen(
            [sys.executable, "-c", PUSH, str(site.write()), bucket.address],
            env=os.environ | bucket.environment | {"S3_ENDPOINT_URL": url},
        )
        assert killer.process.wait(60) == -signal.SIGKILL
    there = {key for key, answer in bucket.answers().items() if answer == "200"}
    assert len(there) < len(site.files)
    for number in range(0, 210, 7):
        del site.files[video(number) + "index.html"]
    report = push(dist=site.next().write(), target=bucket.address)
    # What had come is looked at and not sent again.
    assert report.resumed >= len(there & site.files.keys())
    assert_holds_exactly(bucket, site)
    assert push(dist=site.folder, target=bucket.address).changed == 0
