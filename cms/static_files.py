"""Static files of the CMS: named after their content, and packed."""

from __future__ import annotations

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PackedStaticFiles(CompressedManifestStaticFilesStorage):
    """With gzip alone: Brotli takes ten times as long, at every first start, for a few editors."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return Compressor(**kwargs, use_brotli=False)
