"""Addresses for units' scripts, with a token."""

from __future__ import annotations

from cms.editorial.views import uploads

urlpatterns = uploads.patterns(token=True, prefix="script_uploads")
