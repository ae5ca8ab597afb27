"""A file becomes an asset: streamed to private storage, hashed on the way, read back, recorded."""

from __future__ import annotations

import hashlib
import logging
import mimetypes
import sys
import time
import uuid
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from wagtail.models import Collection

from cms import turns
from cms.media import judge, keys, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.parts import clean_name
from cms.media.storage import Bucket
from cms.media.tasks import process_asset
from content_models.models import Asset, AssetState

logger = logging.getLogger(__name__)

# Seconds between the tries to record an upload.
PAUSES = (0.5, 1.0, 2.0, 4.0)


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

    An empty file is recorded too, refused. Raises `MediaError` (`STORAGE`, `CHECKSUM`, `TOO_LARGE`,
    `INTERNAL` for a database that stays busy) and then leaves neither row nor object. Do not call
    it inside a long transaction: the transfer takes as long as the file is large.
    """
    identity = uuid.uuid4()
    key = keys.original(identity)
    reader = _Hashed(file_object, settings.MEDIA_MAX_UPLOAD_BYTES)
    file_name = clean_name(name)
    try:
        _store(key, reader, mimetypes.guess_type(file_name)[0] or "application/octet-stream")
    except BaseException:
        _forget(key)
        raise
    sys.audit("policetube.step", "intake.stored")
    refusal = judge.judge_size(reader.size).refusal
    asset = _record(
        identity,
        title=(title or PurePath(file_name).stem)[:255],
        original_name=file_name,
        original_key=key,
        size=reader.size,
        sha256=reader.digest.hexdigest(),
        uploaded_by=user,
        collection=collection,
        state=AssetState.REFUSED if refusal else AssetState.UPLOADED,
        message_code=refusal.reason if refusal else "",
    )
    sys.audit("policetube.step", "intake.recorded")
    logger.info("asset %s: %s, %d bytes, SHA-256 %s", asset.pk, key, asset.size, asset.sha256)
    return asset


def _store(key: str, reader: _Hashed, content_type: str) -> None:
    storage.put_stream(Bucket.ORIGINALS, key, reader, content_type=content_type)  # type: ignore[arg-type]
    storage.verify(Bucket.ORIGINALS, key, size=reader.size, sha256=reader.digest.hexdigest())


def _record(identity: uuid.UUID, *, original_key: str, **fields: Any) -> Asset:
    """Make the row and wake a worker, or leave no original behind."""
    try:
        return _insist(identity, original_key=original_key, **fields)
    except OperationalError as error:
        _forget(original_key)
        raise MediaError(
            ErrorCode.INTERNAL,
            f"The database took no record of {fields['original_name']}: {error}. "
            "Nothing was kept; wait a minute and upload it again.",
        ) from error
    except Exception:
        _forget(original_key)
        raise


def _insist(identity: uuid.UUID, **fields: Any) -> Asset:
    """A busy database is asked again: the editor has waited long for the transfer."""
    for pause in PAUSES:
        try:
            return insert(identity, **fields)
        except OperationalError as error:
            logger.warning("upload %s is not recorded yet: %s", identity, error)
        time.sleep(pause)
        # A connection that broke is opened anew; within a transaction it is the transaction.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
    return insert(identity, **fields)


def insert(identity: uuid.UUID, *, collection: Collection | None, **fields: Any) -> Asset:
    """The row of this upload, also where an earlier try made it and lost only the answer."""
    with turns.writing():
        fields["collection"] = collection or Collection.get_first_root_node()
        asset, _created = Asset.objects.get_or_create(uuid=identity, defaults=fields)
        if asset.state == AssetState.UPLOADED:
            # A committed upload must not seem to fail; the sweep queues what this could not.
            transaction.on_commit(lambda: _wake_a_worker(asset.pk), robust=True)
    return asset


def _wake_a_worker(asset_pk: int) -> None:
    sys.audit("policetube.step", "intake.committed")
    process_asset.enqueue(asset_pk)


def _forget(key: str) -> None:
    """Nobody was told of it, so it may go."""
    try:
        storage.delete(Bucket.ORIGINALS, [key])
    except MediaError:
        logger.warning("%s was not recorded and could not be deleted", key)
