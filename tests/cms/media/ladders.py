"""A small ladder in storage and in the database, made without an encoder."""

from __future__ import annotations

import hashlib
import io

from cms.media import keys, storage
from cms.media.interface import ingest
from cms.media.storage import Bucket
from content_models.models import Asset, Captions, FileRole, Ladder, LadderFile

FILES = {"144p.mp4": b"film" * 5000, "master.m3u8": b"#EXTM3U\n"}
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nSelamat siang.\n"


def ready_asset(attempt: int = 1) -> Asset:
    """An asset whose ladder lies in staging, with captions."""
    asset = ingest(io.BytesIO(b"original"), name="kejadian.mp4")
    asset.ladder = add_ladder(asset, attempt)
    asset.state = "ready"
    asset.attempt = attempt
    asset.save(update_fields=["ladder", "state", "attempt"])
    Captions.objects.create(asset=asset, language="id", text=CAPTIONS)
    return asset


def add_ladder(asset: Asset, attempt: int) -> Ladder:
    """Another ladder of the asset, in staging."""
    ladder = Ladder.objects.create(
        asset=asset,
        prefix=keys.ladder_prefix(asset.uuid, asset.sha256, attempt),
        profile=keys.PROFILE,
        source_sha256=asset.sha256,
        attempt=attempt,
    )
    for name, data in FILES.items():
        content_type = "video/mp4" if name.endswith("mp4") else "application/vnd.apple.mpegurl"
        storage.put_bytes(
            Bucket.STAGING, ladder.prefix + name, data, content_type="binary/octet-stream"
        )
        LadderFile.objects.create(
            ladder=ladder,
            name=name,
            role=FileRole.RENDITION if name.endswith("mp4") else FileRole.MASTER,
            content_type=content_type,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
    return ladder
