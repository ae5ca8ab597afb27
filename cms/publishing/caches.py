"""Wagtail's caches, made to say when they fail.

Its backends log what went wrong and go on: a page that is stale for a minute harms no blog. Here a
purge that failed must stop the push. So each backend keeps Wagtail's settings and its way from URLs
to requests, and the one method that talks to the service is ours: it raises `TransientError` where
asking again may help, and `ExportError` where it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from wagtail.contrib.frontend_cache.backends import (
    BaseBackend,
    CloudflareBackend,
    CloudfrontBackend,
    HTTPBackend,
)

from cms.publishing.pace import Pace, pace_of
from static_export.errors import ExportError, TransientError

SECONDS = 10.0
# In progress at once, for one distribution; `*` counts as one.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/InvalidationLimits.html
MOST_INVALIDATIONS = 3000
TOO_MANY = "TooManyInvalidationsInProgress"
# CloudFront has room again when some of what it is at is done: seconds, not minutes.
ROOM_SECONDS = 5.0
PASSING = frozenset(
    {TOO_MANY, "InternalFailure", "RequestTimeout", "ServiceUnavailable", "Throttling"}
)


class Cache(Protocol):
    """A cache of which failures are heard. One `purge_batch` is one request."""

    parallel: int
    pace: Pace

    def batches(self, urls: list[str]) -> Iterator[list[str]]:
        """Whole URLs in pieces that the service takes at once."""
        ...

    def purge_batch(self, urls: list[str]) -> None:
        """Make the cache forget one piece; raise `TransientError` or `ExportError`."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class PurgeCache(HTTPBackend):
    """Varnish, Squid, nginx, Souin: a PURGE request for each URL, named by the site's host."""

    parallel = 8

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.pace = pace_of(self.cache_netloc, params.pop("PER_SECOND"))
        self._client = httpx.Client(timeout=SECONDS)

    def close(self) -> None:
        self._client.close()

    def batches(self, urls: list[str]) -> Iterator[list[str]]:
        return _pieces(urls, 1)

    def purge(self, url: str) -> None:
        there = urlsplit(url)
        at = there._replace(scheme=self.cache_scheme, netloc=self.cache_netloc).geturl()
        try:
            answer = self._client.request("PURGE", at, headers={"Host": there.netloc})
        except httpx.TransportError as error:
            raise TransientError(f"{at}: {error or type(error).__name__}") from error
        # 404 says that the cache holds no copy: as good as a purge.
        if answer.status_code >= 300 and answer.status_code != 404:
            if answer.status_code in {405, 501}:
                raise ExportError(
                    "target-failed",
                    f"{at} takes no PURGE ({answer.status_code}). Let SITE_PURGE_URL name a cache "
                    "that does, and let that cache take orders from this machine.",
                )
            _passing(answer, at, self.pace)


class Cloudflare(CloudflareBackend):
    """https://developers.cloudflare.com/api/resources/cache/methods/purge/"""

    parallel = 4

    def __init__(self, params: dict[str, Any]) -> None:
        api, per_second = params.pop("API_URL"), params.pop("PER_SECOND")
        super().__init__(params)
        self.cloudflare_purge_endpoint_url = f"{api}/zones/{self.cloudflare_zoneid}/purge_cache"
        self.pace = pace_of(self.cloudflare_purge_endpoint_url, per_second)
        self._client = httpx.Client(
            timeout=SECONDS, headers={"Authorization": f"Bearer {self.cloudflare_token}"}
        )

    def close(self) -> None:
        self._client.close()

    def batches(self, urls: list[str]) -> Iterator[list[str]]:
        return _pieces(urls, self.CHUNK_SIZE)

    def _purge_urls(self, urls: list[str]) -> None:
        at = self.cloudflare_purge_endpoint_url
        try:
            answer = self._client.post(at, json={"files": urls})
        except httpx.TransportError as error:
            raise TransientError(f"{at}: {error or type(error).__name__}") from error
        if answer.status_code == 429 or answer.status_code >= 500:
            _passing(answer, at, self.pace)
        said = _json(answer)
        if answer.is_success and said.get("success") is True:
            return
        told = "; ".join(
            f"{one.get('code')} {one.get('message')}" for one in said.get("errors") or ()
        )
        raise ExportError(
            "target-failed",
            f"Cloudflare refused to purge ({answer.status_code}: {told or 'no reason given'}). See "
            "that CLOUDFLARE_API_TOKEN may purge the cache of the zone CLOUDFLARE_ZONE_ID, and "
            "that the zone is that of SITE_BASE_URL.",
        )


class CloudFront(CloudfrontBackend):
    """Invalidations of one distribution.

    More paths than CloudFront has in progress at once would never all be accepted: they become one
    invalidation of everything, which costs the origin some requests and nobody a stale page.
    """

    parallel = 1

    def __init__(self, params: dict[str, Any]) -> None:
        # Not Wagtail's own, which makes a client that waits for minutes and tries by itself.
        BaseBackend.__init__(self, params)
        self.cloudfront_distribution_id = params["DISTRIBUTION_ID"]
        endpoint = params["ENDPOINT_URL"]
        self.client = _cloudfront(
            endpoint or None, params["AWS_ACCESS_KEY_ID"], params["AWS_SECRET_ACCESS_KEY"]
        )
        self.pace = pace_of(f"{endpoint} {self.cloudfront_distribution_id}", params["PER_SECOND"])

    def close(self) -> None:
        """The client is the process's, for it takes long to make."""

    def batches(self, urls: list[str]) -> Iterator[list[str]]:
        if len(urls) > MOST_INVALIDATIONS:
            return iter([[urlsplit(urls[0])._replace(path="/*").geturl()]])
        return _pieces(urls, MOST_INVALIDATIONS)

    def _create_invalidation(self, distribution_id: str, paths: list[str]) -> None:
        try:
            self.client.create_invalidation(
                DistributionId=distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": len(paths), "Items": sorted(paths)},
                    "CallerReference": str(uuid4()),
                },
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if code == TOO_MANY:
                self.pace.hold(ROOM_SECONDS)
            if code in PASSING or status >= 500 or status == 429:
                raise TransientError(f"CloudFront answered {status} {code}") from error
            raise ExportError(
                "target-failed",
                f"CloudFront refused to purge ({status} {code}). See that "
                f"CLOUDFRONT_ACCESS_KEY_ID may do cloudfront:CreateInvalidation on "
                f"CLOUDFRONT_DISTRIBUTION_ID ({distribution_id}).",
            ) from error
        except BotoCoreError as error:
            raise TransientError(f"CloudFront: {error}") from error


@lru_cache(maxsize=1)
def _cloudfront(endpoint: str | None, access_key: str, secret_key: str) -> Any:
    # A session of its own: the shared one keeps the first credentials it saw.
    return boto3.session.Session().client(
        "cloudfront",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}),
    )


def _pieces(urls: list[str], most: int) -> Iterator[list[str]]:
    return (urls[start : start + most] for start in range(0, len(urls), most))


def _passing(answer: httpx.Response, at: str, pace: Pace) -> None:
    """Raise what says that asking again may help, and wait as long as the service wants that."""
    if seconds := _asked_to_wait(answer):
        pace.hold(seconds)
    raise TransientError(f"{at} answered {answer.status_code}")


def _asked_to_wait(answer: httpx.Response) -> float:
    """Seconds that `Retry-After` names, as a number or a date (RFC 9110, 10.2.3); else 0."""
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        then = parsedate_to_datetime(said)
    except ValueError:
        return 0.0
    return max(0.0, (then.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
