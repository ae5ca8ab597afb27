"""The manifest: how a build is told to the exporter (`docs/manifest.md`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from site_builder.keys import PUBLICATION_KINDS

VERSION = 1
ROOT = "manifest.json"
FOLDER = "manifest"
# As many artifacts as there are items: each ID begins one of several shards, so that a publication
# reads and writes a small part of them.
BY_ID = frozenset({*PUBLICATION_KINDS, "embed"})
SCATTERED = frozenset({"unit", "category", "tag"})
PREFIXES = frozenset({"archive", "ledger", "search", "sitemap", "assets"})
MOVED = 301


def shard_of(path: str) -> str:
    """Name of the shard that an output path (or URL path) belongs to."""
    first, _, rest = path.lstrip("/").partition("/")
    if first in BY_ID and rest:
        return f"{first}-{_safe(rest[:2])}"
    if first in SCATTERED and rest:
        return f"{first}-{_scattered(rest.partition('/')[0])}"
    return first if rest and first in PREFIXES else "root"


def _scattered(name: str) -> str:
    """One of 256: what is listed by month for ever grows, and many names begin alike."""
    return hashlib.sha256(name.encode()).hexdigest()[:2]


def _safe(text: str) -> str:
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter == "-") else "_"
        for letter in text.partition("/")[0]
    )


def shard_path(name: str) -> str:
    """Output path of a shard."""
    return f"{FOLDER}/{name}.json"


def shard(
    name: str,
    *,
    artifacts: Iterable[Mapping[str, Any]],
    redirects: Iterable[tuple[str, str]],
    gone: Iterable[str],
) -> bytes:
    """One shard; the lists must come ordered by path."""
    return _encoded(
        {
            "version": VERSION,
            "name": name,
            "artifacts": [dict(artifact) for artifact in artifacts],
            "redirects": [
                {"from": source, "to": target, "status": MOVED} for source, target in redirects
            ],
            "gone": list(gone),
        }
    )


def root(
    *, epoch: str, sequence: int, built_with: str, shards: Iterable[tuple[str, str, int]]
) -> bytes:
    """The root; shards as `(name, sha256, count)`, ordered by name."""
    return _encoded(
        {
            "version": VERSION,
            "epoch": epoch,
            "sequence": sequence,
            "built_with": built_with,
            "shards": [
                {"name": name, "path": shard_path(name), "sha256": sha256, "count": count}
                for name, sha256, count in shards
            ],
        }
    )


def _encoded(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
