"""Uploads in parts, from whoever has the file straight to storage.

A row says whose upload it is; which parts are there, storage alone knows. Every step may be
repeated: to begin with the same file again is to go on, to finish twice is to ask how it stands.
"""

from __future__ import annotations

import base64
import binascii
import mimetypes
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from wagtail.models import Collection

from cms import turns
from cms.media import finishing, keys, parts, storage, transfers
from cms.media.duplicates import held_already
from cms.media.errors import ErrorCode, MediaError
from cms.media.parts import Part
from content_models.models import Asset, Upload, UploadState

UNDER_WAY = (UploadState.OPEN, UploadState.FINISHING)
# How many parts may be signed for at once; who sends them needs no more at a time.
MOST_SIGNED = 32
# A sign of life is written no more often than this.
TOUCH = timedelta(minutes=10)
# Rows of what has long ended say nothing to anybody.
REMEMBERED = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPart:
    """Where to PUT a part, and the headers that must come with it."""

    number: int
    url: str
    headers: dict[str, str]


def begin(
    *,
    user: Any,
    name: str,
    size: int,
    fingerprint: str,
    title: str = "",
    collection: Collection | None = None,
    again: bool = False,
) -> Upload | Asset:
    """Open an upload, or find the one that this user began with the same file.

    A file that seems to be here already is answered with its asset; with `again`, it is sent
    nevertheless. Raises `EMPTY`,
    `TOO_LARGE`, `TOO_MANY`, `STORAGE`.
    """
    if size <= 0:
        raise MediaError(ErrorCode.EMPTY, f"{name} is empty. Choose a file that has content.")
    if size > settings.MEDIA_MAX_UPLOAD_BYTES:
        raise MediaError(
            ErrorCode.TOO_LARGE,
            f"{name} has {size} bytes, more than MEDIA_MAX_UPLOAD_BYTES "
            f"({settings.MEDIA_MAX_UPLOAD_BYTES}). Cut it or export it smaller.",
        )
    own = Upload.objects.filter(user=user, state__in=UNDER_WAY)
    same = own.filter(fingerprint=fingerprint, size=size)
    if user is None:
        # The operator's: the same film for another unit is another file.
        same = same.filter(collection=collection or Collection.get_first_root_node())
    if (begun := same.first()) is not None:
        return begun
    if not again and (asset := held_already(user, fingerprint=fingerprint, size=size)):
        return asset
    most = settings.MEDIA_MAX_OPEN_UPLOADS
    if user is not None and own.count() >= most:
        raise MediaError(
            ErrorCode.TOO_MANY,
            f"{most} uploads are unfinished (MEDIA_MAX_OPEN_UPLOADS). Finish or give up one.",
        )
    return _open(user, parts.clean_name(name), size, fingerprint, title, collection)


def _open(
    user: Any, name: str, size: int, fingerprint: str, title: str, collection: Collection | None
) -> Upload:
    identity = uuid.uuid4()
    key = keys.original(identity)
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    store_id = transfers.open_transfer(key, content_type)
    with turns.writing():
        upload = Upload.objects.create(
            uuid=identity,
            user=user,
            title=(title.strip() or PurePath(name).stem)[:255],
            name=name,
            size=size,
            fingerprint=fingerprint,
            key=key,
            store_id=store_id,
            part_size=parts.part_size(size),
            collection=collection or Collection.get_first_root_node(),
        )
    sys.audit("policetube.step", "upload.begun")
    return upload


def stored_parts(upload: Upload) -> list[Part]:
    """What storage has of an open upload; raises `GONE` if it has ended."""
    _insist_open(upload)
    found = transfers.list_parts(upload.key, upload.store_id)
    if found is None:
        # Else who picks the file again would be sent here for ever.
        abandon(upload)
        upload.refresh_from_db()
        raise _gone(upload)
    _touch(upload)
    return found


def sign(upload: Upload, wanted: Iterable[tuple[int, str]]) -> list[SignedPart]:
    """Addresses for parts by number and Base64 MD5; raises `GONE` or `INVALID`.

    To sign again is to ask again: an address that ran out costs nothing.
    """
    _insist_open(upload)
    asked = list(wanted)
    count = parts.part_count(upload.size, upload.part_size)
    if not 0 < len(asked) <= MOST_SIGNED:
        raise MediaError(ErrorCode.INVALID, f"Ask for 1 to {MOST_SIGNED} parts at a time.")
    for number, md5 in asked:
        if not 1 <= number <= count or not _is_md5(md5):
            raise MediaError(
                ErrorCode.INVALID,
                f"There is no part {number} with the MD5 “{md5}”: this upload has the parts 1 to "
                f"{count}, and an MD5 is 16 bytes in Base64.",
            )
    _touch(upload)
    return [_signed(upload, number, md5) for number, md5 in asked]


def finish(upload: Upload, checksum: str = "") -> Upload:
    """Say that all parts are there; the answer shows how it stands, however often it is asked.

    `checksum` is what the sender computed, of either form that `parts.is_checksum` knows. Raises
    `INCOMPLETE` (the message names the parts), `INVALID`, `GONE`, `STORAGE`.
    """
    if checksum and not parts.is_checksum(checksum):
        raise MediaError(
            ErrorCode.INVALID,
            "The checksum is neither a SHA-256 in lower-case hexadecimal digits nor the MD5 of "
            "the parts' MD5s with their number.",
        )
    if upload.state == UploadState.OPEN:
        _insist_complete(upload)
        finishing.hand_over(upload, checksum)
    upload.refresh_from_db()
    if upload.state == UploadState.ABANDONED:
        raise _gone(upload)
    return upload


def abandon(upload: Upload) -> None:
    """Give up an open upload; one that has ended stays as it is."""
    given_up = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN).update(
        state=UploadState.ABANDONED, touched_at=timezone.now()
    )
    if given_up:
        sys.audit("policetube.step", "upload.abandoned")
        # Should this fail: the daily tidying ends what belongs to no open upload.
        transfers.end_transfer(upload.key, upload.store_id)


def abandon_expired() -> int:
    """Give up what nobody has touched for `MEDIA_UPLOAD_KEEP_DAYS`; returns how many."""
    now = timezone.now()
    old = Upload.objects.filter(
        state=UploadState.OPEN,
        touched_at__lte=now - timedelta(days=settings.MEDIA_UPLOAD_KEEP_DAYS),
    )
    found = list(old)
    for upload in found:
        abandon(upload)
    Upload.objects.exclude(state__in=UNDER_WAY).filter(touched_at__lte=now - REMEMBERED).exclude(
        # What is here is recognised by these.
        Q(state=UploadState.DONE, asset__isnull=False)
    ).delete()
    return len(found)


def expires_at(upload: Upload) -> datetime:
    """When an open upload is given up unless somebody touches it."""
    return upload.touched_at + timedelta(days=settings.MEDIA_UPLOAD_KEEP_DAYS)


def _insist_open(upload: Upload) -> None:
    if upload.state != UploadState.OPEN:
        raise _gone(upload)


def _insist_complete(upload: Upload) -> None:
    found = transfers.list_parts(upload.key, upload.store_id)
    if found is None:
        # Joined already, or ended by somebody else: the finisher sees which.
        if storage.head(storage.Bucket.ORIGINALS, upload.key) is None:
            abandon(upload)
            raise _gone(upload)
        return
    lacking = parts.missing(found, upload.size, upload.part_size)
    if lacking:
        some = ", ".join(map(str, lacking[:20])) + ("…" if len(lacking) > 20 else "")
        raise MediaError(
            ErrorCode.INCOMPLETE, f"{len(lacking)} parts are missing: {some}. Send them first."
        )


def _gone(upload: Upload) -> MediaError:
    return MediaError(
        ErrorCode.GONE, f"Upload {upload.uuid} takes no parts ({upload.state}). Begin it again."
    )


def _signed(upload: Upload, number: int, md5: str) -> SignedPart:
    size = parts.length(number, upload.size, upload.part_size)
    url = transfers.signed_part(upload.key, upload.store_id, number, size=size, md5=md5)
    return SignedPart(number=number, url=url, headers={"Content-MD5": md5})


def _touch(upload: Upload) -> None:
    now = timezone.now()
    Upload.objects.filter(pk=upload.pk, touched_at__lte=now - TOUCH).update(touched_at=now)


def _is_md5(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
