"""`s3://bucket[/prefix]`: any S3 store. Files go by obstore, all else through boto3 (ADR 0022).

Redirects carry `WebsiteRedirectLocation` and a page that leads on; tombstones are the site's 410
page. Both name their status in the metadata, for an edge in front of the store to obey.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from static_export.digests import md5
from static_export.errors import ExportError, TransientError
from static_export.manifest import Artifact, Item, Redirect
from static_export.paths import check_path
from static_export.rules import cache_control, media_type, status
from static_export.state import STATE_KEY
from static_export.targets.base import ABSENT, Pending, Puts
from static_export.targets.bulk import Bulk, BulkError

# What another attempt may mend; the rest is a wrong name, key or right.
_TRANSIENT = frozenset(
    {
        "BadDigest",
        "ExpiredToken",
        "IncompleteBody",
        "InternalError",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
    }
)
STATUS_METADATA = "policetube-status"
SHA256_METADATA = "policetube-sha256"
STATE_TYPE = "application/json; charset=utf-8"
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 60.0  # seconds


class S3Target:
    """Objects under a prefix of a bucket that exists."""

    copies_gone_page = True
    together = 32

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        keys: tuple[str, str] | None = None,
        parallel: int = 32,
    ) -> None:
        """`keys`: identity and secret; by default those that boto3 finds."""
        self.bucket = bucket
        self.prefix = check_path(prefix.strip("/")) + "/" if prefix.strip("/") else ""
        self.name = f"s3://{bucket}/{self.prefix}".rstrip("/")
        self.parallel = parallel
        # A session of its own: the shared one keeps the first credentials it saw.
        session = boto3.session.Session(*(keys or ()))
        self.bulk = Bulk(session, bucket, endpoint_url=endpoint_url, region=region)
        self.client: Any = session.client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=parallel,
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                retries={"total_max_attempts": 1},
            ),
        )

    def prepare(self) -> None:
        """Objects are replaced whole by the store: nothing to clean."""

    def read_state(self, key: str) -> bytes | None:
        if key != STATE_KEY:
            try:
                got = self.bulk.get(self.prefix + key)
            except BulkError as error:
                raise self._refused("get_object", key, error.code, mends=error.mends) from error
            return self._whole(key, *got) if got else None
        found = self._get(key)
        return self._whole(key, found[1], found[0].get("Metadata", {})) if found else None

    def _whole(self, key: str, data: bytes, metadata: Mapping[str, str]) -> bytes:
        """Raise `TransientError` unless these are the bytes put: half may come with its length."""
        kept = metadata.get(SHA256_METADATA)
        if kept and kept != hashlib.sha256(data).hexdigest():
            raise TransientError(f"{self.name}/{key}: the answer broke on its way")
        return data

    def write_state(self, key: str, data: bytes) -> None:
        metadata = {SHA256_METADATA: hashlib.sha256(data).hexdigest()}
        if key != STATE_KEY:
            plain = {"Content-Type": STATE_TYPE, "Cache-Control": "no-store"}
            self._put_bulk(key, data, plain | metadata)
            return
        self._put(key, data, ContentType=STATE_TYPE, CacheControl="no-store", Metadata=metadata)

    def delete_state(self, key: str) -> None:
        self._call("delete_object", key)

    def put(self, item: Item, body: bytes) -> None:
        key = check_path(item.key)
        if isinstance(item, Redirect):
            self._put(
                key,
                body,
                ContentType=media_type(item),
                CacheControl=cache_control(item),
                Metadata=_metadata(item, body),
                WebsiteRedirectLocation=item.to,
            )
            return
        self._put_bulk(key, body, _attributes(item, body))

    def put_all(self, artifacts: Puts) -> Pending:
        puts = [
            (self.prefix + check_path(item.key), body, _attributes(item, body))
            for item, body in artifacts
        ]
        try:
            pending = self.bulk.put_all(puts)
        except BulkError as error:
            raise self._refused("put_object", puts[0][0], error.code, mends=error.mends) from error

        def ended() -> list[Exception | None]:
            return [
                self._failure(item.key, body, answer)
                for (item, body), answer in zip(artifacts, pending.result(), strict=True)
            ]

        return ended

    def _failure(self, key: str, body: bytes, answer: str | BulkError) -> Exception | None:
        if isinstance(answer, BulkError):
            return self._refused("put_object", key, answer.code, mends=answer.mends)
        try:
            self._check_kept(key, body, answer)
        except (ExportError, TransientError) as error:
            return error
        return None

    def _put_bulk(self, key: str, body: bytes, attributes: Mapping[str, str]) -> None:
        try:
            etag = self.bulk.put(self.prefix + key, body, attributes)
        except BulkError as error:
            raise self._refused("put_object", key, error.code, mends=error.mends) from error
        self._check_kept(key, body, etag)

    def delete(self, key: str) -> None:
        self._call("delete_object", check_path(key))

    def compare(self, item: Item, body: bytes) -> str | None:
        found = self._get(item.key)
        if found is None:
            return ABSENT
        response, data = found
        expected = {
            "the bytes differ": data == body,
            "the Content-Type differs": response.get("ContentType") == media_type(item),
            "the Cache-Control differs": response.get("CacheControl") == cache_control(item),
            "the metadata differ": response.get("Metadata") == _metadata(item, body),
        }
        return next((problem for problem, fine in expected.items() if not fine), None)

    def keep(self, key: str, place: str) -> bool:
        return self._copy(key, place)

    def restore(self, item: Artifact, place: str) -> bool:
        return self._copy(place, check_path(item.key))

    def _copy(self, source: str, goal: str) -> bool:
        """Inside the store, with types, policies and metadata."""
        try:
            self.bulk.copy(self.prefix + source, self.prefix + goal)
        except BulkError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return False
            raise self._refused("copy_object", source, error.code, mends=error.mends) from error
        return True

    def has(self, place: str) -> bool:
        return self.read_state(place) is not None

    def all_keys(self) -> Iterator[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        for page in pages:
            for entry in page.get("Contents", ()):
                yield entry["Key"].removeprefix(self.prefix)

    def close(self) -> None:
        self.client.close()
        self.bulk.close()

    def _put(self, key: str, body: bytes, **fields: Any) -> None:
        # Lets the store refuse what broke on the way; its ETag says what it kept.
        digest = hashlib.md5(body, usedforsecurity=False)
        response = self._call(
            "put_object",
            key,
            Body=body,
            ContentMD5=base64.b64encode(digest.digest()).decode(),
            **fields,
        )
        self._check_kept(key, body, str(response.get("ETag", "")))

    def _check_kept(self, key: str, body: bytes, etag: str) -> None:
        """Raise `TransientError` unless the store keeps what was sent."""
        if etag == f'"{md5(body)}"':
            return
        # The ETag of what is encrypted is no MD5, but may look like one.
        kept = self._get(key)
        if kept is None or kept[1] != body:
            raise TransientError(f"{self.name}/{key}: the store kept other bytes than were sent")

    def _get(self, key: str) -> tuple[dict[str, Any], bytes] | None:
        try:
            response = self._call("get_object", key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise
        try:
            with response["Body"] as body:
                return response, body.read()
        except (BotoCoreError, HTTPError, OSError) as error:
            raise TransientError(f"{self.name}/{key}: {error}") from error

    def _call(self, operation: str, key: str, **fields: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(
                Bucket=self.bucket, Key=self.prefix + key, **fields
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            http_status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if code in {"NoSuchKey", "404"} and operation == "get_object":
                raise
            mends = http_status >= 500 or http_status == 429
            raise self._refused(operation, key, code, mends=mends) from error
        except (BotoCoreError, HTTPError) as error:
            if type(error).__name__ in {"NoCredentialsError", "PartialCredentialsError"}:
                raise ExportError(
                    "bad-target",
                    f"No credentials for {self.name}: set SITE_S3_ACCESS_KEY_ID and "
                    "SITE_S3_SECRET_ACCESS_KEY, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
                ) from error
            raise TransientError(f"{self.name}/{key}: {error}") from error
        return answer

    def _refused(self, operation: str, key: str, code: str, *, mends: bool) -> Exception:
        """What to raise for an answer of the store that is no success."""
        if mends or code in _TRANSIENT:
            return TransientError(f"{self.name}/{key}: {code}")
        return ExportError(
            "target-failed",
            f"{self.name} refused {operation} of {key}: {code}. Check that the bucket exists "
            "and that its key may read and write it (`static_export policy`).",
        )


def _attributes(item: Item, body: bytes) -> dict[str, str]:
    fixed = {"Content-Type": media_type(item), "Cache-Control": cache_control(item)}
    return fixed | _metadata(item, body)


def _metadata(item: Item, body: bytes) -> dict[str, str]:
    found = {
        STATUS_METADATA: str(status(item)),
        SHA256_METADATA: (
            # What was read of a build has that digest, or was refused.
            item.sha256 if isinstance(item, Artifact) else hashlib.sha256(body).hexdigest()
        ),
    }
    if isinstance(item, Redirect):
        found["policetube-location"] = quote(item.to, safe="/:?#[]@!$&'()*+,;=%-._~")
    return found
