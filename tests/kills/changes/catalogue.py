"""All scenarios; importing it registers them."""

from __future__ import annotations

from tests.kills.changes import commands, listings, media, pages, redirects, shell, tree
from tests.kills.changes.scenario import SCENARIOS

__all__ = ["SCENARIOS", "commands", "listings", "media", "pages", "redirects", "shell", "tree"]
