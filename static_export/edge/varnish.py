"""The same edge as a cache before a bucket: a static Varnish configuration over an `s3://` target.

Statuses, redirects and tombstones come from the objects' metadata, cache policies and types from
the same table as Caddy's. What was seen last outlives the store by as long as the policies' own
`stale-if-error` says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from string import Template
from urllib.parse import quote, urlsplit

from static_export.edge import (
    CACHE_BY_PREFIX,
    ERROR_CACHE_CONTROL,
    HSTS,
    TYPES_BY_ENDING,
    content_security_policy,
    security_headers,
)
from static_export.errors import ExportError
from static_export.manifest import CACHE_CONTROL, CachePolicy
from static_export.paths import INDEX, LONGEST_KEY, check_path

PURGE_FROM = ("127.0.0.1", "::1")
TEXT = r"^(?:text/|image/svg|application/(?:[a-z.+-]*(?:json|xml)|javascript))"
# What stores and those before them say of themselves (S3, SeaweedFS, MinIO, Ceph, GCS, Cloudflare).
FOREIGN = (
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Alt-Svc",
    "CF-Cache-Status",
    "CF-Ray",
    "Content-Disposition",
    "Content-Language",
    "Content-Security-Policy",
    "Expires",
    "NEL",
    "Pragma",
    "Report-To",
    "Seaweed-X-Amz-Etag",
    "Seaweed-X-Amz-Owner",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Vary",
    "Via",
    "X-Amz-Checksum-CRC32",
    "X-Amz-Checksum-CRC32C",
    "X-Amz-Checksum-CRC64NVME",
    "X-Amz-Checksum-SHA1",
    "X-Amz-Checksum-SHA256",
    "X-Amz-Checksum-Type",
    "X-Amz-Delete-Marker",
    "X-Amz-Expiration",
    "X-Amz-Id-2",
    "X-Amz-Meta-Policetube-Location",
    "X-Amz-Meta-Policetube-Sha256",
    "X-Amz-Meta-Policetube-Status",
    "X-Amz-Mp-Parts-Count",
    "X-Amz-Replication-Status",
    "X-Amz-Request-Id",
    "X-Amz-Server-Side-Encryption",
    "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
    "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled",
    "X-Amz-Storage-Class",
    "X-Amz-Tagging-Count",
    "X-Amz-Version-Id",
    "X-Amz-Website-Redirect-Location",
    "X-Cache",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Goog-Generation",
    "X-Goog-Hash",
    "X-Goog-Metageneration",
    "X-Goog-Storage-Class",
    "X-Goog-Stored-Content-Encoding",
    "X-Goog-Stored-Content-Length",
    "X-Guploader-Uploadid",
    "X-Minio-Deployment-Id",
    "X-Ratelimit-Limit",
    "X-Ratelimit-Remaining",
    "X-Rgw-Object-Type",
    "X-Xss-Protection",
)
UNAVAILABLE = (
    '<!doctype html><html lang="id"><meta charset="utf-8"><meta name="robots" content="noindex">'
    "<title>Halaman belum dapat dibuka</title><h1>Halaman belum dapat dibuka</h1>"
    "<p>Silakan coba lagi sebentar lagi.</p>"
    '<p lang="en">This page cannot be opened just now. Please try again in a moment.</p></html>\n'
)
_ADDRESS = re.compile(r"s3://(?P<bucket>[A-Za-z0-9._-]+)(?:/(?P<prefix>.*))?")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class VarnishSettings:
    """What differs between installations.

    `origin`: the target, `s3://bucket[/prefix]`. `endpoint_url`: where its store answers over plain
    HTTP. `media_origin`: as of `EdgeSettings`. `purge_from`: addresses or networks from which PURGE
    is obeyed.
    """

    origin: str
    endpoint_url: str
    media_origin: str
    purge_from: tuple[str, ...] = PURGE_FROM


def vcl(settings: VarnishSettings) -> str:
    """The whole configuration, for `varnishd -f`; raise `bad-target`."""
    template = Template(Path(__file__).with_name("varnish.vcl.tmpl").read_text(encoding="utf-8"))
    host, port, host_header = _store(settings.endpoint_url)
    folder = _folder(settings.origin)
    return template.substitute(
        host=host,
        port=port,
        host_header=host_header,
        folder=folder,
        purgers="\n\t".join(map(_acl_entry, settings.purge_from)),
        too_long=LONGEST_KEY - len(folder) - len(INDEX),
        revalidation=_chain("req.url", "", _revalidation, "\t\t"),
        policies=_chain("bereq.url", folder, _kept, "\t\t"),
        cache_control=_chain("req.url", "", _cache_control, "\t\t"),
        types=_types(),
        error_cache=ERROR_CACHE_CONTROL,
        error_ttl=_seconds(ERROR_CACHE_CONTROL, "max-age"),
        outlive=_seconds(CACHE_CONTROL["page"], "stale-if-error"),
        text=TEXT,
        foreign="\n\t".join(f"unset beresp.http.{name};" for name in FOREIGN),
        unavailable=UNAVAILABLE,
        security="\n\t".join(
            f'set resp.http.{name} = "{value}";'
            for name, value in security_headers(settings.media_origin).items()
        ),
        csp_embed=content_security_policy(settings.media_origin, frame_ancestors="*"),
        hsts=HSTS,
    )


def _chain(
    variable: str, folder: str, action: Callable[[CachePolicy], Iterable[str]], indent: str
) -> str:
    """The table of policies as one `if … else` over the start of `variable`."""
    lines: list[str] = []
    for prefix, policy in CACHE_BY_PREFIX:
        start = f'if ({variable} ~ "^{re.escape(folder + prefix)}") {{'
        lines += [f"}} else {start}" if lines else start]
        lines += (f"\t{line}" for line in action(policy))
    lines += ["} else {", *(f"\t{line}" for line in action("listing")), "}"]
    return f"\n{indent}".join(lines)


def _revalidation(policy: CachePolicy) -> Iterable[str]:
    yield f"set req.grace = {_seconds(CACHE_CONTROL[policy], 'stale-while-revalidate')}s;"


def _kept(policy: CachePolicy) -> Iterable[str]:
    value = CACHE_CONTROL[policy]
    yield f'set beresp.http.Cache-Control = "{value}";'
    yield f"set beresp.ttl = {_seconds(value, 'max-age')}s;"
    yield f"set beresp.grace = {_seconds(value, 'stale-if-error')}s;"


def _cache_control(policy: CachePolicy) -> Iterable[str]:
    yield f'set resp.http.Cache-Control = "{CACHE_CONTROL[policy]}";'


def _types() -> str:
    """The table of types as one `if … else`: the most telling ending first."""
    lines: list[str] = []
    for ending, media_type in TYPES_BY_ENDING:
        start = f'if (bereq.url ~ "{re.escape(ending)}$") {{'
        lines += [f"}} else {start}" if lines else start]
        lines.append(f'\tset beresp.http.Content-Type = "{media_type}";')
    return "\n\t\t".join([*lines, "}"])


def _seconds(cache_control: str, directive: str) -> int:
    """Seconds that a Cache-Control gives to a directive; 0 if it has none."""
    found = re.search(rf"(?:^|[ ,]){directive}=(\d+)", cache_control)
    return int(found.group(1)) if found else 0


def _store(endpoint_url: str) -> tuple[str, str, str]:
    """Host, port and `Host` header of the store."""
    parts = urlsplit(endpoint_url)
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme == "https":
        raise ExportError(
            "bad-target",
            f"{endpoint_url}: Varnish asks over plain HTTP. Give the store's own address in the "
            "network you trust, or that of a TLS tunnel (stunnel, HAProxy) to it.",
        )
    if (
        parts.scheme != "http"
        or not port
        or not _HOST.fullmatch(parts.hostname or "")
        or "@" in parts.netloc
        or parts.path.strip("/")
        or parts.query
    ):
        raise ExportError(
            "bad-target", f"S3 endpoint {endpoint_url!r}: give http://host[:port], no more."
        )
    return str(parts.hostname), str(port), parts.netloc


def _folder(origin: str) -> str:
    """Path of the site's root at the store: `/bucket/prefix`."""
    found = _ADDRESS.fullmatch(origin.rstrip("/"))
    if not found:
        raise ExportError(
            "bad-target", f"--origin {origin!r}: give the target, s3://bucket[/prefix]."
        )
    prefix = check_path(found["prefix"]) if found["prefix"] else ""
    return "/" + quote("/".join(filter(None, (found["bucket"], prefix))), safe="/-._~")


def _acl_entry(address: str) -> str:
    try:
        network = ip_network(address, strict=False)
    except ValueError as error:
        raise ExportError(
            "bad-target",
            f"--purge-from {address!r}: give an IP address or a network as 10.0.0.0/8.",
        ) from error
    return f'"{network.network_address}"/{network.prefixlen};'
