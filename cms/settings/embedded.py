"""One machine, no services to install: SQLite, SeaweedFS, database queue, Caddy."""

from __future__ import annotations

from cms.settings.base import *  # noqa: F403
