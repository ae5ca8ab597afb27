"""The desk of the editorial tests."""

from __future__ import annotations

from tests.cms.editorial.conftest import desk

__all__ = ["desk"]
