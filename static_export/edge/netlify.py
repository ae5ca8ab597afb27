"""The same edge for Netlify: `_headers` and `_redirects`, written from the same table.

Netlify joins the headers of all rules that match, so every address is matched by one rule only.
"""

from __future__ import annotations

from collections.abc import Iterable

from static_export.edge import cache_policy, security_headers
from static_export.manifest import CACHE_CONTROL, Artifact, Item, Redirect
from static_export.paths import url_path
from static_export.rules import GONE_PAGE

HEADERS_FILE, REDIRECTS_FILE = "_headers", "_redirects"


def headers_file(items: Iterable[Item], media_origin: str) -> bytes:
    """One rule for each first part of the site's addresses."""
    patterns = {"/"}
    for item in items:
        first, slash, _ = item.key.partition("/")
        patterns.add(f"/{first}/*" if slash else f"/{first}")
    lines: list[str] = []
    for pattern in sorted(patterns):
        headers = security_headers(media_origin, embedded=pattern == "/embed/*")
        headers["Cache-Control"] = CACHE_CONTROL[cache_policy(pattern)]
        lines.append(pattern)
        lines += (f"  {name}: {value}" for name, value in headers.items())
    return ("\n".join(lines) + "\n").encode()


def redirects_file(items: Iterable[Item]) -> bytes:
    """One line for each redirect and each tombstone, in the order of their addresses."""
    lines = [line for item in items if (line := redirect_line(item))]
    return "".join(f"{line}\n" for line in sorted(lines)).encode()


def redirect_line(item: Item) -> str | None:
    """The rule for one item; None for a file, which needs none.

    A colon would begin a placeholder, so it goes encoded.
    """
    if isinstance(item, Artifact):
        return None
    source = url_path(item.key).replace(":", "%3A")
    if isinstance(item, Redirect):
        return f"{source} {item.to} {item.status}"
    return f"{source} /{GONE_PAGE} 410"
