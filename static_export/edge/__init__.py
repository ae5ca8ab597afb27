"""The edge of a self-hosted site: a static Caddy configuration over a `file:` target.

Nothing in it changes when content does. Cache policies follow from the path alone, redirects and
tombstones from the files that `static_export.targets.directory` writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from static_export.errors import ExportError
from static_export.manifest import CACHE_CONTROL, CachePolicy
from static_export.targets.directory import RULES
from static_export.targets.packed import ENDINGS, FOLDER

# First match wins; what matches none is a listing.
CACHE_BY_PREFIX: tuple[tuple[str, CachePolicy], ...] = (
    ("/assets/", "immutable"),
    ("/video/", "page"),
    ("/story/", "page"),
    ("/embed/", "page"),
    ("/about/", "page"),
    ("/accessibility/", "page"),
    ("/offline/", "page"),
    ("/404.html", "page"),
    ("/410.html", "page"),
    ("/banner.", "urgent"),
)
# Fixed here, so that the answer does not depend on the mime.types of a machine.
TYPES_BY_ENDING: tuple[tuple[str, str], ...] = (
    ("feed.xml", "application/atom+xml; charset=utf-8"),
    (".xml", "application/xml; charset=utf-8"),
    (".html", "text/html; charset=utf-8"),
    (".css", "text/css; charset=utf-8"),
    (".js", "text/javascript; charset=utf-8"),
    (".mjs", "text/javascript; charset=utf-8"),
    (".json", "application/json; charset=utf-8"),
    (".webmanifest", "application/manifest+json; charset=utf-8"),
    (".txt", "text/plain; charset=utf-8"),
    (".vtt", "text/vtt; charset=utf-8"),
    (".svg", "image/svg+xml; charset=utf-8"),
    (".woff2", "font/woff2"),
    (".webp", "image/webp"),
    (".avif", "image/avif"),
    (".png", "image/png"),
    (".jpg", "image/jpeg"),
    (".ico", "image/x-icon"),
    (".wasm", "application/wasm"),
)
ERROR_CACHE_CONTROL = "public, max-age=30"
PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), "
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
# Answers a second of which each is in the access log, and one in how many of the others.
LOGGED, LOGGED_THEN = 500, 100
HSTS = "max-age=31536000; includeSubDomains"
_PLAIN_VALUE = re.compile(r'[^\x00-\x1f\x7f"`{}$\\]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """What differs between installations.

    `listen`: `host:port` for plain HTTP, or `https://host`, for which Caddy gets a certificate.
    `media_origin`: base URL or origin of the media, for the Content-Security-Policy.
    """

    root: Path
    listen: str
    media_origin: str
    access_log: Path | None = None


def content_security_policy(media_origin: str, *, frame_ancestors: str = "'self'") -> str:
    """The policy of a page (CSP Level 3): own scripts and styles, media from the store alone."""
    media = _origin(media_origin)
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' {media} data:",
            f"media-src {media} blob:",
            f"connect-src 'self' {media}",
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {frame_ancestors}",
        )
    )


def security_headers(media_origin: str, *, embedded: bool = False) -> dict[str, str]:
    """Headers of every answer; `embedded` for the player that other sites may frame."""
    ancestors = "*" if embedded else "'self'"
    return {
        "Content-Security-Policy": content_security_policy(media_origin, frame_ancestors=ancestors),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "cross-origin" if embedded else "same-origin",
        "Permissions-Policy": PERMISSIONS,
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }


def cache_policy(url_path: str) -> CachePolicy:
    """The cache policy the edge gives to a URL path; the builder's manifest says the same."""
    for prefix, policy in CACHE_BY_PREFIX:
        if url_path.startswith(prefix):
            return policy
    return "listing"


def caddyfile(settings: EdgeSettings) -> str:
    """The whole configuration, for `caddy run --adapter caddyfile`; raise `bad-target`."""
    template = Template(Path(__file__).with_name("Caddyfile.tmpl").read_text(encoding="utf-8"))
    root = settings.root.resolve()
    log = settings.access_log or root.with_name(root.name + ".access.log")
    address, bind, auto_https = _listen(settings.listen)
    prefixes = [
        f'"~^(?:{"|".join(re.escape(prefix) for prefix, _ in alike)})" "{CACHE_CONTROL[policy]}"'
        for policy, alike in groupby(CACHE_BY_PREFIX, key=itemgetter(1))
    ]
    # An address without an ending is that of a page, or leads to one.
    endings = [f'"" "{dict(TYPES_BY_ENDING)[".html"]}"']
    endings += [f'{end} "{kind}"' for end, kind in TYPES_BY_ENDING if end.startswith(".")]
    names = [f'{name} "{kind}"' for name, kind in TYPES_BY_ENDING if not name.startswith(".")]
    return template.substitute(
        address=address,
        auto_https=auto_https,
        bind=bind,
        root=_plain(str(root)),
        access_log=_plain(str(log.resolve())),
        rules=RULES,
        packed=" ".join(f"/{FOLDER}*{ending}" for ending in ENDINGS),
        security="\n\t\t\t".join(
            f'{name} "{value}"' for name, value in security_headers(settings.media_origin).items()
        ),
        csp_embed=content_security_policy(settings.media_origin, frame_ancestors="*"),
        hsts=HSTS,
        listing=CACHE_CONTROL["listing"],
        prefixes="\n\t\t\t".join(prefixes),
        endings="\n\t\t\t".join(endings),
        names="\n\t\t\t".join(names),
        lasting=f"/{FOLDER}*",
        logged=LOGGED,
        logged_then=LOGGED_THEN,
        error_cache=ERROR_CACHE_CONTROL,
    )


def _listen(listen: str) -> tuple[str, str, str]:
    """Site address, `bind` line and global `auto_https` line for Caddy."""
    if listen.startswith("https://"):
        return _plain(listen.rstrip("/")), "", ""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdigit() or not 0 < int(port) < 65536:
        raise ExportError(
            "bad-target", f"--listen {listen!r}: give host:port, :port, or https://host."
        )
    bind = f"bind {_plain(host.strip('[]'))}" if host else ""
    return f"http://:{port}", bind, "auto_https off"


def _origin(url: str) -> str:
    """Scheme, host and port of a URL: what a CSP source may say."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or "@" in parts.netloc:
        raise ExportError(
            "bad-target", f"Media origin {url!r}: give http(s)://host[:port], as MEDIA_BASE_URL."
        )
    if not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc):
        raise ExportError("bad-target", f"Media origin {url!r} has an unusual host name.")
    return f"{parts.scheme}://{parts.netloc}"


def _plain(value: str) -> str:
    """A value that means only itself in a Caddyfile, quoted."""
    if not _PLAIN_VALUE.fullmatch(value):
        raise ExportError(
            "bad-target", f"{value!r} cannot stand in a Caddyfile: avoid quotes and braces."
        )
    return f'"{value}"'
