"""Digests of small bodies, many at once.

`hashlib` gives up Python's lock for every piece of more than 2,047 bytes. That pays for megabytes;
where dozens of threads hash pages of some kilobytes, each then queues for the lock again, which
takes longer than the hash.
"""

from __future__ import annotations

import hashlib
from typing import Any

PIECE = 2_047  # bytes that are hashed without giving up the lock
SMALL = 64 * 1024  # bytes from which on giving it up pays


def sha256(body: bytes) -> str:
    """SHA-256 in hexadecimal digits (FIPS 180-4)."""
    return _digest(hashlib.sha256(), body)


def md5(body: bytes) -> str:
    """MD5 in hexadecimal digits (RFC 1321), which is what S3's ETag is."""
    return _digest(hashlib.md5(usedforsecurity=False), body)


def _digest(sum_: Any, body: bytes) -> str:
    if len(body) > SMALL:
        sum_.update(body)
    else:
        view = memoryview(body)
        for start in range(0, len(view), PIECE):
            sum_.update(view[start : start + PIECE])
    found: str = sum_.hexdigest()
    return found
