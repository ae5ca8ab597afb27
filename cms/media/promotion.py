"""Make a ladder public, and private again: recorded before the first byte, verified after the last.

Each step may be repeated; a process killed between any two leaves a row that says what to do, and
calling the same function again finishes it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from uuid import UUID

from cms import turns
from cms.media import keys, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.storage import Bucket, Tick
from content_models.models import Asset, Captions, FileRole, Ladder, LadderFile, Placement, Poster

logger = logging.getLogger(__name__)

PAUSE = 0.5  # seconds
IN_PUBLIC = (Placement.PROMOTING, Placement.PUBLIC)


def promote(ladder: Ladder, *, between: Callable[[], object] = bool) -> Ladder:
    """Copy what viewers need to the public bucket, captions and poster too; the ladder, public.

    `between` is called after each file, and now and then while a long one is read back; what it
    raises leaves the rest for the next call.
    Raises `MediaError`: `STORAGE` or `CHECKSUM` (call again), `OVERTAKEN` if it was demoted
    meanwhile; then nothing of it is left in public.
    """
    ladder = _record(ladder, Placement.PROMOTING, unless=Placement.PUBLIC)
    sys.audit("policetube.step", "promote.recorded")
    tick = _now_and_then(between)
    if ladder.placement != Placement.PUBLIC:
        # Candidates are the editor's to choose from, nobody's to look at.
        for file in ladder.files.exclude(role=FileRole.CANDIDATE).select_related("ladder"):
            _publish_file(file, tick)
            sys.audit("policetube.step", "promote.copied")
            between()
    publish_captions(ladder.asset)
    publish_poster(ladder.asset)
    with turns.writing():
        ladder = Ladder.objects.select_for_update().get(pk=ladder.pk)
        if ladder.placement == Placement.PROMOTING:
            ladder.placement = Placement.PUBLIC
            ladder.save(update_fields=["placement"])
            sys.audit("policetube.step", "promote.switched")
    if ladder.placement != Placement.PUBLIC:
        demote(ladder)
        raise MediaError(
            ErrorCode.OVERTAKEN, f"{ladder.prefix} was withdrawn while it was being made public."
        )
    return ladder


def publish_captions(asset: Asset) -> int:
    """Write what is not yet public of an asset's captions; returns how many."""
    written = 0
    for captions in asset.captions.filter(is_public=False):
        storage.put_bytes(
            Bucket.MEDIA,
            captions.key,
            captions.text.encode(),
            content_type="text/vtt; charset=utf-8",
        )
        sys.audit("policetube.step", "promote.captions")
        # Only if they are still those that were written, under the same key.
        with turns.writing():
            current = Captions.objects.select_for_update().filter(pk=captions.pk).first()
            if current is not None and current.key == captions.key:
                current.is_public = True
                current.save(update_fields=["is_public"])
                written += 1
        sys.audit("policetube.step", "promote.captioned")
    return written


def publish_poster(asset: Asset) -> bool:
    """Copy the chosen poster, if it is not public yet; whether it was done."""
    poster = Poster.objects.filter(asset=asset, is_public=False).select_related("asset").first()
    if poster is None:
        return False
    _publish(poster.key, poster.size, poster.sha256, "image/jpeg")
    sys.audit("policetube.step", "promote.poster")
    # Only if it is still the one that was copied.
    with turns.writing():
        current = Poster.objects.select_for_update().filter(pk=poster.pk).first()
        switched = current is not None and current.key == poster.key
        if current is not None and switched:
            current.is_public = True
            current.save(update_fields=["is_public"])
    sys.audit("policetube.step", "promote.postered")
    return switched


def demote(ladder: Ladder) -> Ladder:
    """Delete a ladder's public copies, captions and poster with the last; returns it, private.

    Returns only when storage answers that each is gone. Raises `STORAGE`: call again.
    """
    ladder, last = _record_demotion(ladder)
    sys.audit("policetube.step", "demote.recorded")
    gone = [file.key for file in ladder.files.select_related("ladder")]
    gone += storage.list_keys(Bucket.MEDIA, ladder.prefix)
    if last:
        gone += storage.list_keys(Bucket.MEDIA, keys.captions_prefix(ladder.asset.uuid))
        gone += storage.list_keys(Bucket.MEDIA, keys.poster_prefix(ladder.asset.uuid))
    gone = sorted(set(gone))
    storage.delete(Bucket.MEDIA, gone)
    sys.audit("policetube.step", "demote.deleted")
    for key in gone:
        _require_gone(key)
    sys.audit("policetube.step", "demote.confirmed")
    with turns.writing():
        ladder = Ladder.objects.select_for_update().get(pk=ladder.pk)
        if ladder.placement == Placement.DEMOTING:
            ladder.placement = Placement.PRIVATE
            ladder.save(update_fields=["placement"])
            sys.audit("policetube.step", "demote.switched")
    sys.audit("policetube.step", "demote.private")
    return ladder


def _record_demotion(ladder: Ladder) -> tuple[Ladder, bool]:
    """Write the intention; the fresh row, and whether no other public ladder needs the rest.

    Captions and poster stop counting as public before the first of them is deleted: if this dies
    half-way and the page is published again, they are written anew.
    """
    with turns.writing():
        # Every row before the first save: that one is told to publishing, where editors may be
        # waiting who hold the captions.
        beside: list[Captions | Poster] = [
            *Captions.objects.select_for_update().filter(asset=ladder.asset_id),
            *Poster.objects.select_for_update().filter(asset=ladder.asset_id),
        ]
        ladder = _record(ladder, Placement.DEMOTING)
        others = Ladder.objects.filter(asset=ladder.asset_id, placement__in=IN_PUBLIC)
        last = not others.exclude(pk=ladder.pk).exists()
        if last:
            for row in (row for row in beside if row.is_public):
                row.is_public = False
                row.save(update_fields=["is_public"])
    return ladder, last


def delete_public(public_keys: list[str]) -> None:
    """Delete single objects from the public bucket; returns only when each is gone."""
    storage.delete(Bucket.MEDIA, public_keys)
    for key in public_keys:
        _require_gone(key)


def delete_asset_files(asset_uuid: UUID) -> int:
    """Delete everything of an asset from every bucket, the public one first; how many objects."""
    prefix = keys.asset_prefix(asset_uuid)
    return sum(
        storage.delete_prefix(bucket, prefix)
        for bucket in (Bucket.MEDIA, Bucket.STAGING, Bucket.ORIGINALS)
    )


def _record(ladder: Ladder, placement: Placement, *, unless: Placement | None = None) -> Ladder:
    """Write the intention before the first act; a fresh row comes back."""
    with turns.writing():
        # Of the ladder alone: a worker who holds the asset may be waiting to tell of it.
        rows = Ladder.objects.select_for_update(of=("self",)).select_related("asset")
        current = rows.get(pk=ladder.pk)
        if current.placement not in (placement, unless):
            current.placement = placement
            current.save(update_fields=["placement"])
    return current


def _now_and_then(look: Callable[[], object]) -> Tick:
    """To be called with every piece of a file, and looks twice a second."""
    looked_at = time.monotonic()

    def tick(_bytes: int) -> None:
        nonlocal looked_at
        if time.monotonic() - looked_at >= PAUSE:
            looked_at = time.monotonic()
            look()

    return tick


def _publish_file(file: LadderFile, tick: Tick) -> None:
    """Copy one file and remember which copy was read back, so that nobody reads it twice."""
    there = storage.head(Bucket.MEDIA, file.key)
    if there is not None and file.public_etag and file.public_etag == there["ETag"]:
        return
    # From here on nothing is known of the copy until it was read back.
    LadderFile.objects.filter(pk=file.pk).update(public_etag="")
    _publish(file.key, file.size, file.sha256, file.content_type, tick)
    copy = storage.head(Bucket.MEDIA, file.key)
    etag = copy["ETag"] if copy else ""
    # Past all signals: nobody is told of it.
    LadderFile.objects.filter(pk=file.pk).update(public_etag=etag)
    sys.audit("policetube.step", "promote.noted")


def _publish(
    key: str, size: int, sha256: str, content_type: str, tick: Tick = storage.no_tick
) -> None:
    """Copy one file, unless a killed promotion had already brought it over whole."""
    there = storage.head(Bucket.MEDIA, key)
    if there is not None and there["ContentLength"] == size:
        try:
            storage.verify(Bucket.MEDIA, key, size=size, sha256=sha256, tick=tick)
        except MediaError as error:
            if error.code != ErrorCode.CHECKSUM:
                raise
        else:
            return
    storage.publish(key, size=size, sha256=sha256, content_type=content_type, tick=tick)


def _require_gone(key: str) -> None:
    if storage.head(Bucket.MEDIA, key) is not None:
        raise MediaError(
            ErrorCode.STORAGE, f"Object storage still has {key} after its deletion; try again."
        )
