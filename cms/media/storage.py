"""Object storage: buckets, verified writes, streaming reads. Works on any S3."""

from __future__ import annotations

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Container, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)
from django.conf import settings
from s3transfer.manager import TransferConfig as UploadConfig
from s3transfer.manager import TransferManager
from s3transfer.subscribers import BaseSubscriber

from cms.media.errors import ErrorCode, MediaError
from static_export import reading_policy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHUNK = 1024 * 1024
IMMUTABLE = "public, max-age=31536000, immutable"
# 8 MB parts: a few in memory at a time, and 10,000 of them, S3's most, reach 80 GB.
PART = 8 * CHUNK
UPLOAD = UploadConfig(
    multipart_threshold=PART,
    multipart_chunksize=PART,
    max_request_concurrency=4,
    max_in_memory_upload_chunks=2,
)
COPY = TransferConfig(multipart_threshold=1024 * CHUNK, multipart_chunksize=512 * CHUNK)

# Asked for to see whether anything is answered; nothing is stored under it.
PROBE = ".policetube-probe"

Tick = Callable[[int], None]


def no_tick(_bytes: int) -> None:
    """For callers who need no sign of life."""


class Bucket(StrEnum):
    """What a bucket is for; its name is the deployment's prefix and this."""

    ORIGINALS = "originals"
    STAGING = "staging"
    MEDIA = "media"
    SITE = "site"


PUBLIC = (Bucket.MEDIA, Bucket.SITE)


def bucket_name(bucket: Bucket) -> str:
    """Name of a bucket in this deployment."""
    return f"{settings.S3_BUCKET_PREFIX}-{bucket}"


@lru_cache(maxsize=8)
def _client(endpoint: str | None, region: str, access_key: str, secret_key: str) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": 3, "mode": "standard"},
        ),
    )


def client() -> S3Client:
    """The S3 client of this process; safe to share between threads."""
    return _client(
        settings.S3_ENDPOINT_URL,
        settings.S3_REGION,
        settings.S3_ACCESS_KEY_ID,
        settings.S3_SECRET_ACCESS_KEY,
    )


@contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn whatever the store or the way to it says into a `MediaError` that names the act."""
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise MediaError(
            ErrorCode.STORAGE,
            f"Object storage failed while {doing}: {error}. "
            "See that S3_ENDPOINT_URL answers and that the keys are right; it is tried again.",
        ) from error


def is_away(error: MediaError) -> bool:
    """Whether nobody answered at the store's address, which says nothing about what it holds."""
    return isinstance(error.__cause__, (EndpointConnectionError, ConnectTimeoutError))


def setup_storage() -> list[str]:
    """Create what is missing: buckets, public reading of two of them, CORS. Returns all names."""
    with storage_errors("setting up buckets"):
        there = {found["Name"] for found in client().list_buckets()["Buckets"]}
        for bucket in Bucket:
            name = bucket_name(bucket)
            if name not in there:
                client().create_bucket(Bucket=name)
            if bucket in PUBLIC:
                client().put_bucket_policy(Bucket=name, Policy=json.dumps(reading_policy(name)))
        # Staging too: previews of drafts play from it by presigned links.
        for bucket in (Bucket.MEDIA, Bucket.STAGING):
            client().put_bucket_cors(Bucket=bucket_name(bucket), CORSConfiguration=_cross_origin())
        # Browsers of the CMS write originals, part by part, and read nothing of them.
        client().put_bucket_cors(
            Bucket=bucket_name(Bucket.ORIGINALS), CORSConfiguration=_uploading()
        )
    return [bucket_name(bucket) for bucket in Bucket]


def _cross_origin() -> Any:
    """Pages of the site and of the CMS may read with scripts, by ranges too."""
    return {
        "CORSRules": [
            {
                "AllowedOrigins": list(settings.MEDIA_CORS_ORIGINS),
                "AllowedMethods": ["GET", "HEAD"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": [
                    "Content-Length",
                    "Content-Range",
                    "ETag",
                    "Accept-Ranges",
                ],
                "MaxAgeSeconds": 86400,
            }
        ]
    }


def _uploading() -> Any:
    return {
        "CORSRules": [
            {
                "AllowedOrigins": list(settings.MEDIA_UPLOAD_ORIGINS),
                "AllowedMethods": ["PUT"],
                "AllowedHeaders": ["content-md5", "content-type"],
                "ExposeHeaders": ["ETag"],
                "MaxAgeSeconds": 86400,
            }
        ]
    }


def put_stream(
    bucket: Bucket, key: str, source: IO[bytes], *, content_type: str, tick: Tick = no_tick
) -> None:
    """Write all that `source` still has, in parts; memory does not grow with length.

    `tick` is called in this thread, at least once a second; if it raises, the upload is undone.
    """
    done, count = threading.Event(), _Count()
    with storage_errors(f"writing {key}"), TransferManager(client(), UPLOAD) as manager:
        future = manager.upload(
            source,
            bucket_name(bucket),
            key,
            extra_args={"ContentType": content_type},
            subscribers=[_Watcher(done, count)],
        )
        while not done.wait(1.0):
            tick(count.take())
        future.result()
        tick(count.take())
    sys.audit("policetube.step", "storage.written")


class _Count:
    """Bytes counted in the transfer's threads, taken in ours."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    def add(self, count: int) -> None:
        with self._lock:
            self._bytes += count

    def take(self) -> int:
        with self._lock:
            taken, self._bytes = self._bytes, 0
        return max(0, taken)


class _Watcher(BaseSubscriber):
    """Hears of a transfer's progress and end."""

    def __init__(self, done: threading.Event, count: _Count) -> None:
        self.done, self.count = done, count

    def on_progress(self, future: Any, bytes_transferred: int, **kwargs: Any) -> None:
        self.count.add(bytes_transferred)

    def on_done(self, future: Any, **kwargs: Any) -> None:
        self.done.set()


def put_file(
    bucket: Bucket,
    key: str,
    path: Path,
    *,
    sha256: str,
    content_type: str,
    tick: Tick = no_tick,
) -> None:
    """Write a local file and read it back; raises `CHECKSUM` unless the bytes are the same."""
    with path.open("rb") as source:
        put_stream(bucket, key, source, content_type=content_type, tick=tick)
    verify(bucket, key, size=path.stat().st_size, sha256=sha256, tick=tick)


def put_bytes(bucket: Bucket, key: str, data: bytes, *, content_type: str) -> None:
    """Write a small public object and read it back."""
    with storage_errors(f"writing {key}"):
        client().put_object(
            Bucket=bucket_name(bucket),
            Key=key,
            Body=data,
            ContentType=content_type,
            CacheControl=IMMUTABLE,
        )
    sys.audit("policetube.step", "storage.put")
    verify(bucket, key, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def verify(bucket: Bucket, key: str, *, size: int, sha256: str, tick: Tick = no_tick) -> None:
    """Read the object back whole; raises `CHECKSUM` unless size and SHA-256 are these."""
    digest, length = hashlib.sha256(), 0
    for chunk in read(bucket, key):
        digest.update(chunk)
        length += len(chunk)
        tick(len(chunk))
    if length != size or digest.hexdigest() != sha256:
        raise MediaError(
            ErrorCode.CHECKSUM,
            f"Object storage holds other bytes under {key} than were written "
            f"({length} of {size} bytes). It is written again.",
        )


def read(bucket: Bucket, key: str) -> Iterator[bytes]:
    """The object's bytes, a megabyte at a time."""
    with storage_errors(f"reading {key}"):
        body = client().get_object(Bucket=bucket_name(bucket), Key=key)["Body"]
        try:
            yield from body.iter_chunks(CHUNK)
        finally:
            body.close()


def read_range(bucket: Bucket, key: str, offset: int, length: int) -> bytes:
    """Some of the object's bytes, as players ask for them."""
    with storage_errors(f"reading {length} bytes of {key}"):
        answer = client().get_object(
            Bucket=bucket_name(bucket), Key=key, Range=f"bytes={offset}-{offset + length - 1}"
        )
        with closing(answer["Body"]) as body:
            return body.read(length)


def download(bucket: Bucket, key: str, path: Path, *, tick: Tick = no_tick) -> str:
    """Write the object to `path`; returns the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with path.open("wb") as target:
        for chunk in read(bucket, key):
            target.write(chunk)
            digest.update(chunk)
            tick(len(chunk))
    return digest.hexdigest()


def publish(key: str, *, size: int, sha256: str, content_type: str, tick: Tick = no_tick) -> None:
    """Copy an object from staging to media inside the store, then read the copy back."""
    with storage_errors(f"publishing {key}"):
        client().copy(
            {"Bucket": bucket_name(Bucket.STAGING), "Key": key},
            bucket_name(Bucket.MEDIA),
            key,
            ExtraArgs={
                "ContentType": content_type,
                "CacheControl": IMMUTABLE,
                "MetadataDirective": "REPLACE",
            },
            Config=COPY,
        )
    sys.audit("policetube.step", "storage.copied")
    verify(Bucket.MEDIA, key, size=size, sha256=sha256, tick=tick)


def head(bucket: Bucket, key: str) -> dict[str, Any] | None:
    """Size and headers of an object; None if there is none."""
    with storage_errors(f"looking at {key}"):
        try:
            return dict(client().head_object(Bucket=bucket_name(bucket), Key=key))
        except ClientError as error:
            if _is_absence(error):
                return None
            raise


def insist_on_reading(bucket: Bucket) -> None:
    """Raises `STORAGE` if the store reads nothing at all: that there is no such object will do."""
    with storage_errors(f"reading from {bucket_name(bucket)}"):
        try:
            client().get_object(Bucket=bucket_name(bucket), Key=PROBE)["Body"].close()
        except ClientError as error:
            if not _is_absence(error):
                raise


def _is_absence(error: ClientError) -> bool:
    return error.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def list_keys(bucket: Bucket, prefix: str) -> list[str]:
    """Keys under a prefix: those of one asset, never of a whole bucket."""
    with storage_errors(f"listing {prefix}"):
        pages = (
            client()
            .get_paginator("list_objects_v2")
            .paginate(Bucket=bucket_name(bucket), Prefix=prefix)
        )
        return [item["Key"] for page in pages for item in page.get("Contents", [])]


def list_older(bucket: Bucket, *, before: datetime) -> Iterator[list[str]]:
    """Keys of a whole bucket last written before a moment, a thousand at most at a time."""
    with storage_errors(f"listing {bucket}"):
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket_name(bucket))
        for page in pages:
            found = page.get("Contents", [])
            yield [item["Key"] for item in found if item["LastModified"] < before]


def abort_transfers(
    bucket: Bucket, *, before: datetime, spare: Container[str] = frozenset()
) -> int:
    """End uploads in parts that began before a moment and never ended: their parts cost space.

    But not those that `spare` names by the store's number.
    """
    ended = 0
    with storage_errors(f"listing unfinished transfers of {bucket}"):
        pages = (
            client().get_paginator("list_multipart_uploads").paginate(Bucket=bucket_name(bucket))
        )
        for page in pages:
            for upload in page.get("Uploads", []):
                if upload["Initiated"] < before and upload["UploadId"] not in spare:
                    client().abort_multipart_upload(
                        Bucket=bucket_name(bucket), Key=upload["Key"], UploadId=upload["UploadId"]
                    )
                    ended += 1
    return ended


def delete(bucket: Bucket, keys: list[str]) -> None:
    """Delete objects; what is not there is no error."""
    for key in keys:
        with storage_errors(f"deleting {key}"):
            client().delete_object(Bucket=bucket_name(bucket), Key=key)
        sys.audit("policetube.step", "storage.deleted")


def delete_prefix(bucket: Bucket, prefix: str) -> int:
    """Delete everything under an asset's or ladder's prefix; returns how many objects."""
    keys = list_keys(bucket, prefix)
    delete(bucket, keys)
    return len(keys)


def presigned_url(
    key: str, *, bucket: Bucket = Bucket.STAGING, expires: int = 900, download_as: str = ""
) -> str:
    """An address that reads a private object for `expires` seconds; a name makes it a download."""
    parameters = {"Bucket": bucket_name(bucket), "Key": key}
    if download_as:
        # RFC 6266 with RFC 5987: any name, no header injection.
        name = quote(download_as, safe="")
        parameters["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{name}"
    return client().generate_presigned_url("get_object", Params=parameters, ExpiresIn=expires)
