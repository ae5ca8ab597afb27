"""What is wrong with caches and keys of the site is said before the first push."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from cms.publishing.purging import purge_urls

HALF_GIVEN = "publishing.E001"
NO_ADDRESS = "publishing.E002"
OUT_OF_BOUNDS = "publishing.E003"
NO_ZONE = "publishing.E004"
# Names of which one is needed, and those without which it means nothing.
TOGETHER = (
    (("CLOUDFLARE_ZONE_ID", "MEDIA_CLOUDFLARE_ZONE_ID"), ("CLOUDFLARE_API_TOKEN",)),
    (("SITE_S3_ACCESS_KEY_ID",), ("SITE_S3_SECRET_ACCESS_KEY",)),
    (
        ("CLOUDFRONT_DISTRIBUTION_ID", "MEDIA_CLOUDFRONT_DISTRIBUTION_ID"),
        ("CLOUDFRONT_ACCESS_KEY_ID", "CLOUDFRONT_SECRET_ACCESS_KEY"),
    ),
)
RATES = ("SITE_PURGE_PER_SECOND", "CLOUDFLARE_PER_SECOND", "CLOUDFRONT_PER_SECOND")
SLOWEST, FASTEST = 0.01, 100_000
ZONE = re.compile(r"[0-9a-f]{32}\Z")


def caches_can_be_told(**_given: Any) -> list[CheckMessage]:
    """The caches named by the settings can be told what changed."""
    return [*_half_given(), *_addresses(), *_rates(), *_zone()]


def insist_on_own_keys() -> None:
    """Whoever pushes to a bucket does so with keys of its own; raises `ImproperlyConfigured`.

    Not a check of every process: `web` has no need of these keys, and had better not have them.
    """
    buckets = [target for target in settings.SITE_TARGETS if target.startswith("s3://")]
    if not (settings.SITE_KEYS_APART and buckets):
        return
    own = settings.SITE_S3_ACCESS_KEY_ID
    if not own or own == settings.S3_ACCESS_KEY_ID:
        raise ImproperlyConfigured(
            f"Set SITE_S3_ACCESS_KEY_ID and SITE_S3_SECRET_ACCESS_KEY to a key for {buckets[0]} "
            "that is not the CMS's own: whoever gets into the CMS must not get into the site. "
            "`manage.py storage_policies deployer` prints what it needs."
        )


def _half_given() -> Iterator[Error]:
    for one_of, keys in TOGETHER:
        given = [name for name in (*one_of, *keys) if getattr(settings, name)]
        missing = [name for name in keys if name not in given]
        if not any(name in given for name in one_of):
            missing.insert(0, one_of[0])
        if given and missing:
            yield Error(
                f"{', '.join(given)} is set, but {' and '.join(missing)} is not: one alone does "
                "nothing.",
                hint=f"Set {', '.join((one_of[0], *keys))}, or none of them (docs/settings.md).",
                id=HALF_GIVEN,
            )


def _addresses() -> Iterator[Error]:
    lists = ("SITE_PURGE_URL", "MEDIA_PURGE_URL")
    wanted = [(name, url) for name in lists for url in purge_urls(name)]
    wanted.append(("CLOUDFLARE_API_URL", settings.CLOUDFLARE_API_URL))
    if settings.CLOUDFRONT_ENDPOINT_URL:
        wanted.append(("CLOUDFRONT_ENDPOINT_URL", settings.CLOUDFRONT_ENDPOINT_URL))
    for name, url in wanted:
        there = urlsplit(url)
        bare = name not in lists or there.path in {"", "/"}
        if there.scheme not in {"http", "https"} or not there.hostname or not bare:
            yield Error(
                f"{name} holds {url!r}, which is no address of a server.",
                hint="Write it as http://127.0.0.1:6081; several SITE_PURGE_URL with commas.",
                id=NO_ADDRESS,
            )


def _rates() -> Iterator[Error]:
    for name in RATES:
        value = getattr(settings, name)
        if not (math.isfinite(value) and SLOWEST <= value <= FASTEST):
            yield Error(
                f"{name} is {value:g}; it must lie between {SLOWEST:g} and {FASTEST:,}.",
                hint=f"Set {name}, or leave it out to have the default (docs/settings.md).",
                id=OUT_OF_BOUNDS,
            )


def _zone() -> Iterator[Error]:
    for name in ("CLOUDFLARE_ZONE_ID", "MEDIA_CLOUDFLARE_ZONE_ID"):
        zone = getattr(settings, name)
        if not zone or ZONE.match(zone):
            continue
        yield Error(
            f"{name} is {zone!r}; a zone's ID is 32 digits and letters a to f.",
            hint="It stands on the zone's overview in Cloudflare's dashboard, not its name.",
            id=NO_ZONE,
        )
