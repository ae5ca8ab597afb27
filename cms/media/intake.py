"""A file becomes an asset: streamed to private storage, hashed on the way, read back, recorded."""

from __future__ import annotations

import hashlib
import logging
import mimetypes
import uuid
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from wagtail.models import Collection

from cms.media import judge, keys, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.storage import Bucket
from cms.media.tasks import process_asset
from content_models.models import Asset, AssetState

logger = logging.getLogger(__name__)


class _Hashed:
    """A reader that only goes forward, counts and hashes; the store's client sees no more of it."""

    def __init__(self, source: IO[bytes], most: int) -> None:
        self.source = source
        self.most = most
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.size += len(data)
        if self.size > self.most:
            raise MediaError(
                ErrorCode.TOO_LARGE,
                f"The file is larger than {self.most / 1024**3:.0f} GB "
                "(MEDIA_MAX_UPLOAD_BYTES); cut it or raise the limit.",
            )
        self.digest.update(data)
        return data


def ingest(
    file_object: IO[bytes],
    *,
    name: str,
    title: str = "",
    user: Any = None,
    collection: Collection | None = None,
) -> Asset:
    """Store an original and record it; returns only when storage has given the same bytes back.

    An empty file is recorded too, refused. Raises `MediaError` (`STORAGE`, `CHECKSUM`, `TOO_LARGE`)
    and then leaves neither row nor object. Do not call it inside a long transaction: the transfer
    takes as long as the file is large.
    """
    identity = uuid.uuid4()
    key = keys.original(identity)
    reader = _Hashed(file_object, settings.MEDIA_MAX_UPLOAD_BYTES)
    file_name = PurePath(name.replace("\\", "/")).name[-255:] or "original"
    try:
        _store(key, reader, mimetypes.guess_type(file_name)[0] or "application/octet-stream")
    except BaseException:
        _forget(key)
        raise
    refusal = judge.judge_size(reader.size).refusal
    with transaction.atomic():
        asset = Asset.objects.create(
            uuid=identity,
            title=(title or PurePath(file_name).stem)[:255],
            original_name=file_name,
            original_key=key,
            size=reader.size,
            sha256=reader.digest.hexdigest(),
            uploaded_by=user,
            collection=collection or Collection.get_first_root_node(),
            state=AssetState.REFUSED if refusal else AssetState.UPLOADED,
            message_code=refusal.reason if refusal else "",
        )
        if refusal is None:
            transaction.on_commit(lambda: process_asset.enqueue(asset.pk))
    logger.info("asset %s: %s, %d bytes, SHA-256 %s", asset.pk, key, asset.size, asset.sha256)
    return asset


def _store(key: str, reader: _Hashed, content_type: str) -> None:
    storage.put_stream(Bucket.ORIGINALS, key, reader, content_type=content_type)  # type: ignore[arg-type]
    storage.verify(Bucket.ORIGINALS, key, size=reader.size, sha256=reader.digest.hexdigest())


def _forget(key: str) -> None:
    """Nobody was told of it, so it may go."""
    try:
        storage.delete(Bucket.ORIGINALS, [key])
    except MediaError:
        logger.warning("%s was not recorded and could not be deleted", key)
