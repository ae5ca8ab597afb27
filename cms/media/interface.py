"""What the rest of the CMS may use of media."""

from __future__ import annotations

from cms.media import pictures, posters, samples, uploads
from cms.media.access import cms_policy, for_seaweedfs, setup_policy
from cms.media.audit import Audit, audit
from cms.media.errors import ErrorCode, MediaError
from cms.media.finishing import reconcile_uploads
from cms.media.frames import frame
from cms.media.gone import still_public
from cms.media.intake import ingest
from cms.media.keys import media_key, media_url
from cms.media.leftovers import Collected, collect_leftovers
from cms.media.messages import sentence, stage_label
from cms.media.promotion import (
    delete_asset_files,
    delete_public,
    demote,
    promote,
    publish_captions,
    publish_poster,
)
from cms.media.sending import send_file
from cms.media.status import AssetStatus, describe
from cms.media.storage import (
    PROBE,
    Bucket,
    insist_on_reading,
    presigned_url,
    read,
    setup_storage,
)
from cms.media.tasks import Reconciled, cancel, enqueue, reconcile, retry
from content_models.models import Asset

__all__ = [
    "PROBE",
    "AssetStatus",
    "Audit",
    "Bucket",
    "Collected",
    "ErrorCode",
    "MediaError",
    "Reconciled",
    "audit",
    "cancel",
    "cms_policy",
    "collect_leftovers",
    "delete_asset_files",
    "delete_public",
    "demote",
    "describe",
    "enqueue",
    "for_seaweedfs",
    "frame",
    "ingest",
    "insist_on_reading",
    "media_key",
    "media_url",
    "original_url",
    "pictures",
    "posters",
    "presigned_url",
    "promote",
    "publish_captions",
    "publish_poster",
    "reconcile",
    "reconcile_uploads",
    "retry",
    "samples",
    "send_file",
    "sentence",
    "setup_policy",
    "setup_storage",
    "stage_label",
    "staged_text",
    "still_public",
    "uploads",
]


def original_url(asset: Asset, *, expires: int = 900) -> str:
    """An address that downloads the original under its own name for `expires` seconds."""
    return presigned_url(
        asset.original_key,
        bucket=Bucket.ORIGINALS,
        expires=expires,
        download_as=asset.original_name,
    )


def staged_text(key: str) -> str:
    """A playlist or an index from the staging bucket, whole: they are small."""
    return b"".join(read(Bucket.STAGING, key)).decode()
