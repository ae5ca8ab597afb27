from __future__ import annotations

from tests.cms.publishing.conftest import newsroom

__all__ = ["newsroom"]
