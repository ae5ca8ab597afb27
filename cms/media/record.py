"""The one transaction that makes an asset ready."""

from __future__ import annotations

import sys

from cms import turns
from cms.media import keys
from cms.media.lease import Lease
from cms.media.products import Made, MadeRendition
from content_models.models import Asset, AssetState, Ladder, LadderFile, Rendition


def record_ladder(asset: Asset, lease: Lease, prefix: str, made: Made) -> Ladder:
    """Store the rows and switch the asset to them; raises `LEASE_LOST` and then stores nothing."""
    with turns.writing():
        lease.settle(
            AssetState.READY, failures=0, message_code="", message_params={}, error_detail=""
        )
        ladder = Ladder.objects.create(
            asset=asset,
            prefix=prefix,
            profile=keys.profile(),
            source_sha256=asset.sha256,
            attempt=lease.attempt,
            storyboard=made.storyboard.as_json() if made.storyboard else {},
        )
        files = {
            file.name: LadderFile.objects.create(
                ladder=ladder,
                name=file.name,
                role=file.role,
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                width=file.width,
                height=file.height,
            )
            for file in made.files
        }
        for rendition in made.renditions:
            _record_rendition(ladder, files, rendition)
        asset.refresh_from_db()
        asset.ladder = ladder
        asset.frame_rate = float(made.frame_rate) if made.frame_rate else None
        # Saved, not updated: publishing listens for it.
        asset.save(update_fields=["ladder", "frame_rate"])
        sys.audit("policetube.step", "encode.switched")
    return ladder


def _record_rendition(ladder: Ladder, files: dict[str, LadderFile], made: MadeRendition) -> None:
    variant = made.variant
    Rendition.objects.create(
        ladder=ladder,
        name=made.name,
        kind=made.kind,
        file=files[keys.rendition(made.name)],
        playlist=files[keys.playlist(made.name)],
        width=variant.width,
        height=variant.height,
        frame_rate=float(variant.frame_rate) if variant.frame_rate else None,
        codecs=variant.codecs,
        bandwidth=variant.bandwidth,
        average_bandwidth=variant.average_bandwidth,
    )
