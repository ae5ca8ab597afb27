"""The same edge for Netlify: `_headers` and `_redirects`, written from the same table.

Netlify joins the headers of all rules that match, so no name stands in two rules that match one
address. What is the same everywhere is of the one rule that matches errors, too.
"""

from __future__ import annotations

from collections.abc import Iterable

from static_export.edge import HSTS, TYPES_BY_ENDING, cache_policy, security_headers
from static_export.manifest import CACHE_CONTROL, Artifact, Item, Redirect
from static_export.paths import INDEX, url_path
from static_export.rules import GONE_PAGE

FEED = "feed.xml"
HEADERS_FILE, REDIRECTS_FILE = "_headers", "_redirects"


def headers_file(items: Iterable[Item], media_origin: str) -> bytes:
    """One rule for all addresses, and one for each first part of the site's."""
    keys = [item.key for item in items]
    embedded = security_headers(media_origin, embedded=True)
    ours = security_headers(media_origin)
    shared = {name: value for name, value in ours.items() if embedded[name] == value}
    rules = {"/*": shared | {"Strict-Transport-Security": HSTS}}
    if any(key.endswith(FEED) for key in keys):
        # Netlify would take it for any XML.
        rules[f"/*{FEED}"] = {"Content-Type": dict(TYPES_BY_ENDING)[FEED]}
    for pattern in sorted(_patterns(keys)):
        headers = embedded if pattern.startswith("/embed/") else ours
        rules[pattern] = {name: headers[name] for name in headers if name not in shared}
        rules[pattern]["Cache-Control"] = CACHE_CONTROL[cache_policy(pattern)]
    lines: list[str] = []
    for pattern, values in rules.items():
        lines.append(pattern)
        lines += (f"  {name}: {value}" for name, value in values.items())
    return ("\n".join(lines) + "\n").encode()


def _patterns(keys: list[str]) -> set[str]:
    """What matches each address once.

    To Netlify `/sitemap/*` is `/sitemap.xml`, too: beside such a file a folder's parts are counted.
    """
    files = {key for key in keys if "/" not in key}
    found = {"/", *(f"/{file}" for file in files)}
    for key in keys:
        first, slash, rest = key.partition("/")
        if not slash:
            continue
        if any(file.startswith(first) for file in files):
            parts = rest.removesuffix(INDEX).rstrip("/").split("/")
            found.add(f"/{first}" + "".join(f"/:p{n}" for n, part in enumerate(parts) if part))
        else:
            found.add(f"/{first}/*")
    return found


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
