"""Real targets for the contract suite, seen from behind: what lies there, how much was asked."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

import boto3
import httpx
from botocore.config import Config

from static_export.build import Build
from static_export.edge.netlify import HEADERS_FILE, REDIRECTS_FILE
from static_export.kept import FOLDER, NOTES
from static_export.manifest import Item
from static_export.paths import object_key
from static_export.state import STATE_KEY, decode_state, shard_key
from static_export.targets import open_target
from static_export.targets.base import ObjectTarget, Pending, Puts, one_by_one
from static_export.targets.directory import RULE_NAMES, RULES
from static_export.targets.packed import ENDINGS
from static_export.targets.s3 import STATUS_METADATA
from tests.netlify.api import SITE, TOKEN, Netlify
from tests.static_export.sites import Site

OPERATIONS = (
    *("prepare", "read_state", "write_state", "delete_state", "put", "delete", "compare"),
    *("keep", "restore", "has", "all_keys"),
)


class AnyPlace(Protocol):
    """One target of the suite, whichever way it publishes."""

    @property
    def address(self) -> str: ...

    @property
    def environment(self) -> dict[str, str]: ...

    def read(self, key: str) -> bytes | None:
        """The public bytes under `key`, or None."""

    def answers(self, *, tidy: bool = True) -> dict[str, str]:
        """Every public key with what answers there: `200`, `301 /to`, `410`.

        `tidy`: no push was cut off, so that no folder is empty, and no page beside a rule.
        """

    def spoil(self, key: str, body: bytes | None) -> None:
        """Let a file be another one, or none, behind the back of every push."""

    def strays(self, build: Build) -> set[str]:
        """What lies there that neither the build nor an earlier release needs."""

    def retired(self) -> set[str]:
        """Assets that nothing names any more, as far as the target remembers."""


class Place(AnyPlace, Protocol):
    """One that replaces objects one by one."""

    def target(self) -> ObjectTarget: ...

    def private_keys(self) -> set[str]:
        """Keys under `.policetube/` that are no rules."""


def pages_of(site: Site) -> dict[str, str]:
    """What must answer: files, redirects, tombstones, and nothing else."""
    found = dict.fromkeys(site.files, "200")
    for source, (to, status) in site.redirects.items():
        found[source[1:] + "index.html"] = f"{status} {to}"
    for path in site.gone:
        found[path[1:] + "index.html"] = "410"
    return found


def assert_holds_exactly(place: AnyPlace, site: Site, *, tidy: bool = True) -> None:
    answers, expected = place.answers(tidy=tidy), pages_of(site)
    for key in place.retired() - expected.keys():
        # One of a push that was cut off may never have come.
        assert answers.pop(key, "200") == "200"
    assert answers == expected
    for path, body in site.files.items():
        assert place.read(path) == body
    assert place.strays(Build.open(site.folder)) == set()


def retired_at(target: ObjectTarget) -> set[str]:
    """What the state document of a target says of them."""
    with closing(target):
        return set(decode_state(target.read_state(STATE_KEY), target.name).retired)


def strays_among(private_keys: set[str], build: Build) -> set[str]:
    """Private keys that are neither the state, nor a live shard, nor kept of an earlier release."""
    needed = {STATE_KEY, *map(shard_key, build.root.shards)}
    return {key for key in private_keys - needed if not key.startswith((FOLDER, NOTES))}


@dataclass
class DirectoryPlace:
    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"file:{self.root}"

    def target(self) -> ObjectTarget:
        return open_target(self.address)

    def read(self, key: str) -> bytes | None:
        file = self.root / key
        return file.read_bytes() if file.is_file() else None

    def answers(self, *, tidy: bool = True) -> dict[str, str]:
        found: dict[str, str] = {}
        # The edge prefers pages to rules, and redirects to tombstones.
        for file in sorted(self.root.rglob("*"), key=_rank):
            path = file.relative_to(self.root).as_posix()
            answer = "200"
            if not file.is_file():
                private = path.startswith(".policetube")
                assert any(file.iterdir()) or private or not tidy, f"{path} is empty"
                continue
            if path.endswith(ENDINGS):
                assert file.with_suffix("").is_file() or not tidy, f"{path} is a copy of nothing"
                continue
            if path.startswith(RULES):
                address, _, rule = path.removeprefix(RULES + "/").rpartition("/")
                path = f"{address}/index.html".lstrip("/")
                answer = "410" if rule == "gone-410" else f"{rule[-3:]} {file.read_text()}"
            elif path.startswith(".policetube/"):
                continue
            assert path not in found or not tidy, f"{path} has two answers"
            found.setdefault(path, answer)
        return found

    def private_keys(self) -> set[str]:
        return {
            file.relative_to(self.root).as_posix()
            for file in (self.root / ".policetube").rglob("*")
            if file.is_file() and not file.is_relative_to(self.root / RULES)
        }

    def spoil(self, key: str, body: bytes | None) -> None:
        file = self.root / key
        file.unlink()
        if body is not None:
            file.write_bytes(body)

    def strays(self, build: Build) -> set[str]:
        return strays_among(self.private_keys(), build)

    def retired(self) -> set[str]:
        return retired_at(self.target())


def _rank(file: Path) -> int:
    return (*RULE_NAMES, file.name).index(file.name) - len(RULE_NAMES) if RULES in str(file) else -9


@dataclass
class BucketPlace:
    endpoint_url: str
    access_key: str
    secret_key: str
    bucket: str = field(default_factory=lambda: f"site-{secrets.token_hex(5)}")
    prefix: str = "edge/"
    client: Any = None

    def __post_init__(self) -> None:
        self.client = boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        self.client.create_bucket(Bucket=self.bucket)
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.bucket}/*",
        }
        self.client.put_bucket_policy(
            Bucket=self.bucket,
            Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "S3_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }

    def target(self) -> ObjectTarget:
        return open_target(self.address)

    def url(self, key: str) -> str:
        return f"{self.endpoint_url}/{self.bucket}/{self.prefix}{key}"

    def read(self, key: str) -> bytes | None:
        response = httpx.get(self.url(key))
        assert response.status_code in {200, 404}
        return response.content if response.status_code == 200 else None

    def answers(self, *, tidy: bool = True) -> dict[str, str]:
        found = {}
        for key in self._keys():
            if not key.startswith(".policetube/"):
                head = self.client.head_object(Bucket=self.bucket, Key=self.prefix + key)
                location = head["Metadata"].get("policetube-location", "")
                found[key] = f"{head['Metadata'][STATUS_METADATA]} {location}".strip()
        return found

    def private_keys(self) -> set[str]:
        return {key for key in self._keys() if key.startswith(".policetube/")}

    def spoil(self, key: str, body: bytes | None) -> None:
        place = {"Bucket": self.bucket, "Key": self.prefix + key}
        if body is None:
            self.client.delete_object(**place)
            return
        metadata = self.client.head_object(**place)["Metadata"]
        self.client.put_object(**place, Body=body, Metadata=metadata)

    def strays(self, build: Build) -> set[str]:
        return strays_among(self.private_keys(), build)

    def drop(self) -> None:
        """Delete the bucket: each takes volumes of the store, of which there are not so many."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        for page in pages:
            if keys := [{"Key": entry["Key"]} for entry in page.get("Contents", ())]:
                self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": keys})
        self.client.delete_bucket(Bucket=self.bucket)

    def retired(self) -> set[str]:
        return retired_at(self.target())

    def _keys(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        return [
            entry["Key"].removeprefix(self.prefix)
            for page in pages
            for entry in page.get("Contents", ())
        ]


@dataclass
class NetlifyPlace:
    """A site of Netlify's; what is live is a whole deploy, and its rules are a file of it."""

    netlify: Netlify

    @property
    def address(self) -> str:
        return f"netlify:{SITE}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "NETLIFY_API_URL": self.netlify.url,
            "NETLIFY_AUTH_TOKEN": TOKEN,
            "MEDIA_BASE_URL": "https://media.example.go.id/policetube-media",
        }

    def read(self, key: str) -> bytes | None:
        return self.netlify.read(key)

    def answers(self, *, tidy: bool = True) -> dict[str, str]:
        found = dict.fromkeys(self.netlify.paths() - {HEADERS_FILE, REDIRECTS_FILE}, "200")
        for line in (self.netlify.read(REDIRECTS_FILE) or b"").decode().splitlines():
            source, to, status = line.split()
            # A file goes before a rule.
            answer = "410" if status == "410" else f"{status} {to}"
            assert found.setdefault(object_key(source), answer) == answer, line
        return found

    def spoil(self, key: str, body: bytes | None) -> None:
        assert self.netlify.live
        files = self.netlify.live["files"]
        del files[f"/{key}"]
        if body is not None:
            files[f"/{key}"] = self.netlify.add_blob(body)

    def strays(self, build: Build) -> set[str]:
        """Nothing lies beside a deploy; those that never went live show nothing."""
        return set()

    def retired(self) -> set[str]:
        """A deploy is whole, and its assets are replaced with it."""
        return set()


class Recorder:
    """A real target that notes every call in order; `before` may interfere."""

    def __init__(
        self, target: ObjectTarget, before: Callable[[str, str], None] | None = None
    ) -> None:
        self.name, self.parallel = target.name, target.parallel
        self.copies_gone_page, self.together = target.copies_gone_page, target.together
        self.calls: list[tuple[str, str]] = []
        self._target, self._before, self._lock = target, before, threading.Lock()

    def done(self, *operations: str) -> list[str]:
        """Keys of the given operations, in order."""
        return [key for operation, key in self.calls if operation in operations]

    def close(self) -> None:
        self._target.close()

    def put_all(self, artifacts: Puts) -> Pending:
        """One after the other, so that each is noted."""
        return partial(one_by_one, cast("ObjectTarget", self), artifacts)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPERATIONS:
            raise AttributeError(name)
        operation = getattr(self._target, name)

        def call(subject: str | Item = "", *rest: Any) -> Any:
            key = subject if isinstance(subject, str) else subject.key
            with self._lock:
                self.calls.append((name, key))
            if self._before:
                self._before(name, key)
            return operation(*([subject] if subject else []), *rest)

        return call
