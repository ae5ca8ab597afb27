"""Where a stretch of the index may begin: at items whose ID's digest ends in many zero bits."""

from __future__ import annotations

import hashlib

PART = 7  # a part holds 128 items on average
VOLUME = 11  # a volume 2048
MOST = 4096  # one that would hold more is divided at its own lesser cuts


def cut_of(node_id: str) -> int:
    """Zero bits at the end of an ID's digest."""
    value = int.from_bytes(hashlib.sha256(node_id.encode()).digest()[:4], "big")
    return (value & -value).bit_length() - 1 if value else 32
