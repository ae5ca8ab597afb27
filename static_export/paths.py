"""Paths and URLs of a site: what is allowed, and which object answers which URL."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from static_export.errors import ExportError

INDEX = "index.html"
# Longest object key of S3, in bytes.
LONGEST_KEY = 1024
# Most paths by far; anything else is looked at closely.
_ORDINARY = re.compile(
    r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){0,7}"
)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\"<>|?*#{}`^]')
# RFC 3986 reserved and unreserved characters that may stand in a Location as they are.
_LOCATION_SAFE = "/:?#[]@!$&'()*+,;=%-._~"
_LOCATION = re.compile(
    r"(?:/(?![/\\])|https?://[A-Za-z0-9.\[\]:-]+(?:/|$))[^\x00-\x20\x7f\\\"<>`{}^|]*"
)


def check_path(path: str) -> str:
    """Return `path` if it is a safe relative object path, else raise `bad-path`."""
    if _ORDINARY.fullmatch(path):
        return path
    segments = path.split("/")
    problem = None
    if not path or path.startswith("/"):
        problem = "is empty or absolute"
    elif any(segment in {"", ".", ".."} for segment in segments):
        problem = "has an empty, `.` or `..` part"
    elif any(segment.startswith(".") for segment in segments) and segments[0] != ".well-known":
        problem = "has a hidden part"
    elif _FORBIDDEN.search(path):
        problem = "has a character that is not safe in a URL and a file name"
    elif len(path.encode("utf-8", "surrogatepass")) > LONGEST_KEY:
        problem = f"is longer than {LONGEST_KEY} bytes"
    if problem:
        raise ExportError("bad-path", f"Path {path!r} {problem}: correct the build that names it.")
    return path


def object_key(url_path: str) -> str:
    """The object that answers a URL path: `/video/x/y/` is `video/x/y/index.html`."""
    if not url_path.startswith("/") or url_path.startswith("//"):
        raise ExportError("bad-path", f"URL path {url_path!r} must start with one slash.")
    decoded = unquote(url_path[1:], errors="strict")
    if not decoded or decoded.endswith("/"):
        decoded += INDEX
    return check_path(decoded)


def url_path(key: str) -> str:
    """The URL path under which the edge answers an object, percent-encoded."""
    if key == INDEX:
        return "/"
    if key.endswith("/" + INDEX):
        key = key[: -len(INDEX)]
    return "/" + quote(key, safe="/-._~!$&'()*+,;=:@")


def check_location(location: str) -> str:
    """Return a redirect's goal fit for an HTTP header (RFC 9110 §10.2.2), else raise `bad-path`."""
    if not _LOCATION.fullmatch(location):
        raise ExportError(
            "bad-path",
            f"Redirect to {location!r}: it must be a URL path or an http(s) URL without spaces, "
            "quotes or braces.",
        )
    return quote(location, safe=_LOCATION_SAFE)
