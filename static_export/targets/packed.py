"""Packed copies beside files of a folder, made once, so that no edge packs the same bytes again.

Only of text that never changes under its name: any other file might have copies of its past.
"""

from __future__ import annotations

import gzip
import zlib

import brotli

from static_export.manifest import Artifact, Item

ENDINGS = (".br", ".gz")
FOLDER = "assets/"
TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
# What fits into one packet gains nothing.
SMALLEST = 512  # bytes


def is_packed(item: Item) -> bool:
    """Whether packed copies belong beside `item`."""
    return (
        isinstance(item, Artifact)
        and item.cache == "immutable"
        and item.path.startswith(FOLDER)
        and item.type.startswith(TYPES)
        and item.size >= SMALLEST
    )


def packed(body: bytes) -> dict[str, bytes]:
    """The copies by ending, as small as can be; equal bodies give equal copies."""
    return {
        ".br": brotli.compress(body, mode=brotli.MODE_TEXT),
        ".gz": gzip.compress(body, 9, mtime=0),
    }


def unpacked(ending: str, data: bytes) -> bytes | None:
    """What a copy holds; None for what is no copy."""
    try:
        return brotli.decompress(data) if ending == ".br" else gzip.decompress(data)
    except (brotli.error, OSError, EOFError, zlib.error):
        return None
