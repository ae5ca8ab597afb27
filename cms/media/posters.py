"""The poster that an editor chose instead of the one chosen by itself.

It lies in staging and, while the video is public, under the same key in the public bucket, as the
row says (`promotion.publish_poster`). The row goes first: what killed processes leave in staging
without one is found by `leftovers`.
"""

from __future__ import annotations

import sys

from django.db import transaction

from cms.media import storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.pictures import Still
from cms.media.storage import Bucket
from content_models.models import Asset, FileRole, LadderFile, Poster

CONTENT_TYPE = "image/jpeg"


def candidates(asset: Asset) -> list[LadderFile]:
    """The poster chosen by itself, then the other stills that were kept."""
    if asset.ladder is None:
        return []
    files = asset.ladder.files.select_related("ladder")
    stills = files.filter(role__in=[FileRole.POSTER, FileRole.CANDIDATE])
    return sorted(stills, key=lambda file: (file.role != FileRole.POSTER, file.name))


def candidate(asset: Asset, name: str) -> Still:
    """One of the candidates, byte for byte; raises `NO_FRAME` if there is none of that name."""
    found = next((file for file in candidates(asset) if file.name == name), None)
    if found is None or not found.width or not found.height:
        raise MediaError(ErrorCode.NO_FRAME, f"{asset} has no still {name!r}.")
    return Still(data=read(found), width=found.width, height=found.height)


def read(shown: LadderFile | Poster) -> bytes:
    """The bytes of a still, from private storage."""
    return b"".join(storage.read(Bucket.STAGING, shown.key))


def store(asset: Asset, still: Still) -> None:
    """Write a chosen still to private storage, read back; before any transaction."""
    key = _key(asset, still)
    storage.put_bytes(Bucket.STAGING, key, still.data, content_type=CONTENT_TYPE)
    sys.audit("policetube.step", "poster.stored")


def keep(asset: Asset, still: Still) -> None:
    """Once it is recorded: until then it was anybody's leftover, and may have been swept away."""
    if storage.head(Bucket.STAGING, _key(asset, still)) is None:
        store(asset, still)


def record(asset: Asset, still: Still, origin: Poster.Origin) -> Poster:
    """Make a stored still the asset's poster; within the caller's transaction."""
    poster = Poster.objects.select_for_update().filter(asset=asset).first() or Poster(asset=asset)
    if poster.sha256 == still.sha256:
        return poster
    poster.sha256, poster.size, poster.origin = still.sha256, len(still.data), origin
    poster.width, poster.height, poster.is_public = still.width, still.height, False
    poster.save()
    transaction.on_commit(lambda: sys.audit("policetube.step", "poster.recorded"))
    return poster


def clear(asset: Asset) -> None:
    """Back to the poster chosen by itself; within the caller's transaction."""
    for poster in Poster.objects.select_for_update().filter(asset=asset):
        poster.delete()


def _key(asset: Asset, still: Still) -> str:
    return Poster(asset=asset, sha256=still.sha256).key
