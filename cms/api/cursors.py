"""Opaque cursors of keyset pagination."""

from __future__ import annotations

import base64
import binascii
import json

from graphql import GraphQLError


def encode(*values: str) -> str:
    """The place behind an item, as text no reader should take apart."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[str]:
    """The values of a cursor; raises `GraphQLError` (code `BAD_CURSOR`)."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if len(values) == parts and all(isinstance(value, str) for value in values):
            return values
    except (binascii.Error, ValueError, TypeError):
        pass
    raise GraphQLError(
        "This cursor is not one of ours: use `pageInfo.endCursor` of the page before.",
        extensions={"code": "BAD_CURSOR"},
    )


def page_size(first: int | None, most: int) -> int:
    """`first`, if it lies within 1 and `most`; raises `GraphQLError` (code `PAGE_SIZE`)."""
    if first is not None and 1 <= first <= most:
        return first
    raise GraphQLError(f"`first` must lie between 1 and {most}.", extensions={"code": "PAGE_SIZE"})
