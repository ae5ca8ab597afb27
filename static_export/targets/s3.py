"""`s3://bucket[/prefix]`: any S3 store, through boto3.

Redirects carry `WebsiteRedirectLocation` and a page that leads on; tombstones are the site's 410
page. Both name their status in the metadata, for an edge in front of the store to obey.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from static_export.errors import ExportError, TransientError
from static_export.manifest import Item, Redirect
from static_export.paths import check_path
from static_export.rules import cache_control, media_type, status
from static_export.targets.base import ABSENT

_MD5 = re.compile(r'"[0-9a-f]{32}"')
# What another attempt may mend; the rest is a wrong name, key or right.
_TRANSIENT = frozenset(
    {
        "BadDigest",
        "InternalError",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
    }
)
STATUS_METADATA = "policetube-status"
SHA256_METADATA = "policetube-sha256"


class S3Target:
    """Objects under a prefix of a bucket that exists."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        parallel: int = 16,
    ) -> None:
        self.bucket = bucket
        self.prefix = check_path(prefix.strip("/")) + "/" if prefix.strip("/") else ""
        self.name = f"s3://{bucket}/{self.prefix}".rstrip("/")
        self.parallel = parallel
        # A session of its own: the shared one keeps the first credentials it saw.
        self.client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=endpoint_url,
            region_name=region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                max_pool_connections=parallel,
                connect_timeout=10,
                read_timeout=60,
                retries={"total_max_attempts": 1},
            ),
        )

    def prepare(self) -> None:
        """Objects are replaced whole by the store: nothing to clean."""

    def read_state(self, key: str) -> bytes | None:
        response = self._get(key)
        return response[1] if response else None

    def write_state(self, key: str, data: bytes) -> None:
        self._put(
            key,
            data,
            ContentType="application/json; charset=utf-8",
            CacheControl="no-store",
        )

    def delete_state(self, key: str) -> None:
        self._call("delete_object", key)

    def put(self, item: Item, body: bytes) -> None:
        extra: dict[str, Any] = {}
        if isinstance(item, Redirect):
            extra["WebsiteRedirectLocation"] = item.to
        self._put(
            check_path(item.key),
            body,
            ContentType=media_type(item),
            CacheControl=cache_control(item),
            Metadata=_metadata(item, body),
            **extra,
        )

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

    def close(self) -> None:
        self.client.close()

    def _put(self, key: str, body: bytes, **fields: Any) -> None:
        # Content-MD5 lets the store refuse what broke on the way; its ETag says what it kept.
        digest = hashlib.md5(body, usedforsecurity=False)
        response = self._call(
            "put_object",
            key,
            Body=body,
            ContentMD5=base64.b64encode(digest.digest()).decode(),
            **fields,
        )
        etag = str(response.get("ETag", ""))
        if etag == f'"{digest.hexdigest()}"':
            return
        if _MD5.fullmatch(etag) and "ServerSideEncryption" not in response:
            raise TransientError(f"{self.name}/{key}: the store kept other bytes than were sent")
        kept = self._get(key)
        if kept is None or kept[1] != body:
            raise TransientError(f"{self.name}/{key}: reading back gave other bytes than were sent")

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
        except (BotoCoreError, OSError) as error:
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
            if code in _TRANSIENT or http_status >= 500 or http_status == 429:
                raise TransientError(f"{self.name}/{key}: {code}") from error
            raise ExportError(
                "target-failed",
                f"{self.name} refused {operation} of {key}: {code}. Check that the bucket exists "
                "and that AWS_ACCESS_KEY_ID may read and write it.",
            ) from error
        except BotoCoreError as error:
            if type(error).__name__ in {"NoCredentialsError", "PartialCredentialsError"}:
                raise ExportError(
                    "bad-target",
                    f"No credentials for {self.name}: set AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY.",
                ) from error
            raise TransientError(f"{self.name}/{key}: {error}") from error
        return answer


def _metadata(item: Item, body: bytes) -> dict[str, str]:
    found = {
        STATUS_METADATA: str(status(item)),
        SHA256_METADATA: hashlib.sha256(body).hexdigest(),
    }
    if isinstance(item, Redirect):
        found["policetube-location"] = quote(item.to, safe="/:?#[]@!$&'()*+,;=%-._~")
    return found
