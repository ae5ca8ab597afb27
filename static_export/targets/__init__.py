"""Where a build can be pushed; each kind of target is one module."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from static_export.errors import ExportError
from static_export.targets.base import Target
from static_export.targets.directory import DirectoryTarget
from static_export.targets.netlify import API, NetlifyTarget
from static_export.targets.s3 import S3Target


def open_target(
    address: str, *, s3_endpoint_url: str | None = None, s3_region: str | None = None
) -> Target:
    """Open `s3://bucket[/prefix]`, `file:DIR` or `netlify:SITE`; raise `bad-target` for others.

    Endpoint and region default to SITE_S3_ENDPOINT_URL and SITE_S3_REGION, then to S3_ENDPOINT_URL
    and S3_REGION. Credentials are SITE_S3_ACCESS_KEY_ID and SITE_S3_SECRET_ACCESS_KEY, an identity
    that may do no more than push, or boto3's own.
    """
    kind, _, rest = address.partition(":")
    if kind == "file" and rest:
        return DirectoryTarget(_folder(rest))
    if kind == "s3" and rest.startswith("//") and rest.strip("/"):
        bucket, _, prefix = rest[2:].partition("/")
        return S3Target(
            bucket,
            prefix,
            endpoint_url=s3_endpoint_url or _first("SITE_S3_ENDPOINT_URL", "S3_ENDPOINT_URL"),
            region=s3_region or _first("SITE_S3_REGION", "S3_REGION") or "us-east-1",
            keys=_site_keys(address),
        )
    if kind == "netlify" and rest.strip("/"):
        return NetlifyTarget(
            rest.strip("/"),
            token=_setting("NETLIFY_AUTH_TOKEN", address),
            media_origin=_setting("MEDIA_BASE_URL", address),
            api=os.environ.get("NETLIFY_API_URL") or API,
        )
    raise ExportError(
        "bad-target",
        f"{address!r} is no target: give s3://bucket[/prefix], file:DIR or netlify:SITE.",
    )


def target_name(address: str) -> str:
    """The name of a target, without opening it."""
    kind, _, rest = address.partition(":")
    if kind == "file" and rest:
        return f"file:{_folder(rest).resolve()}"
    if kind == "s3":
        bucket, _, prefix = rest.removeprefix("//").partition("/")
        return f"s3://{bucket}/{prefix.strip('/')}".rstrip("/")
    return address.rstrip("/")


def _folder(rest: str) -> Path:
    """`DIR`, or the path of a file URL."""
    return Path(unquote(rest[2:])) if rest.startswith("//") else Path(rest)


def _first(*names: str) -> str | None:
    """The first of these variables that says something."""
    return next((value for name in names if (value := os.environ.get(name))), None)


def _site_keys(address: str) -> tuple[str, str] | None:
    names = ("SITE_S3_ACCESS_KEY_ID", "SITE_S3_SECRET_ACCESS_KEY")
    if not any(os.environ.get(name) for name in names):
        return None
    identity, secret = (_setting(name, address) for name in names)
    return identity, secret


def _setting(name: str, address: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ExportError("bad-target", f"Set {name} in the environment to push to {address}.")
    return value
