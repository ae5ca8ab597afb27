"""Digests in pieces equal those in one go."""

from __future__ import annotations

import hashlib

import pytest

from static_export import digests
from static_export.digests import PIECE, SMALL


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 10_000, SMALL, SMALL + 1])
def test_a_body_of_any_size_has_the_digest_of_the_whole(size: int) -> None:
    body = bytes(number % 251 for number in range(size))
    assert digests.sha256(body) == hashlib.sha256(body).hexdigest()
    assert digests.md5(body) == hashlib.md5(body, usedforsecurity=False).hexdigest()
