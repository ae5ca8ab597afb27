"""All parts have arrived: one worker joins them, reads the file back and makes the asset.

The row is the job (DESIGN D4): state FINISHING, and a lease that ends with whoever held it. The
moment of the lease is its own proof, so that of two finishers only one can write.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from cms import turns
from cms.media import intake, parts, storage, transfers
from cms.media.duplicates import same_bytes
from cms.media.errors import ErrorCode, MediaError
from cms.media.lease import stopping
from cms.media.storage import Bucket
from cms.queues.waiting import is_database, waiting
from content_models.models import Asset, AssetState, Upload, UploadState

logger = logging.getLogger(__name__)

# Not the queue of encodes: an editor waits for this, and an encode may take hours.
QUEUE = "arrivals"
# Without a look into the queue, a row waits this long before it is called again.
UNSEEN_QUEUE = timedelta(minutes=2)
BACK_OFF = timedelta(seconds=20)
READINGS = 2
# A store that answers and yet cannot join or give back a file for so long will not do it any more.
LONGEST_FAILING = timedelta(hours=6)
FEWEST_FAILURES = 10
# No file takes this long to be read.
LEFT_OVER = timedelta(days=1)


@task(queue_name=QUEUE)
def finish_upload(upload_pk: int) -> bool:
    """Finish one upload; the row decides whether there is work, so a repeated call is harmless."""
    return finish(upload_pk)


def hand_over(upload: Upload, checksum: str) -> None:
    """Let an open upload be finished by a worker; does nothing to any other."""
    claimed = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN).update(
        state=UploadState.FINISHING,
        checksum=checksum,
        lease_until=None,
        touched_at=timezone.now(),
    )
    if claimed:
        sys.audit("policetube.step", "upload.claimed")
        finish_upload.enqueue(upload.pk)
        sys.audit("policetube.step", "upload.queued")


def reconcile_uploads() -> tuple[int, ...]:
    """Queue again what a dead finisher left or no worker ever heard of; returns the rows."""
    seen = waiting(finish_upload)
    found = Upload.objects.filter(_claimable())
    if seen is None:
        found = found.filter(
            Q(lease_until__isnull=False) | Q(touched_at__lte=timezone.now() - UNSEEN_QUEUE)
        )
    called = {arguments[0] for arguments in seen or ()}
    forgotten = tuple(pk for pk in found.values_list("pk", flat=True) if pk not in called)
    for pk in forgotten:
        finish_upload.enqueue(pk)
        sys.audit("policetube.step", "upload.requeued")
        logger.info("upload %s: queued again", pk)
    if is_database(finish_upload.backend):
        _remove_dead_tasks()
    return forgotten


def _remove_dead_tasks() -> None:
    """Rows of tasks whose worker was killed: nothing else ever ends them."""
    DBTaskResult.objects.filter(
        status=TaskResultStatus.RUNNING,
        task_path=finish_upload.module_path,
        started_at__lte=timezone.now() - LEFT_OVER,
    ).delete()


class _Lease:
    """The right to finish one upload, for as long as nobody else has it."""

    def __init__(self, upload: Upload, until: datetime) -> None:
        self.upload = upload
        self.until = until
        self._last = time.monotonic()

    @property
    def rows(self) -> Any:
        return Upload.objects.filter(
            pk=self.upload.pk, state=UploadState.FINISHING, lease_until=self.until
        )

    def beat(self, _bytes: int) -> None:
        if stopping.is_set():
            raise MediaError(ErrorCode.STOPPED, "The worker was asked to end.")
        if time.monotonic() - self._last < min(2.0, settings.MEDIA_LEASE_SECONDS / 4):
            return
        self._last = time.monotonic()
        until = _lease_end()
        try:
            self.write(lease_until=until)
        except OperationalError:
            # A busy database: the lease outlives a few missed writes.
            logger.warning("upload %s: no sign of life", self.upload.pk, exc_info=True)
        else:
            self.until = until

    def write(self, **values: Any) -> None:
        """Set fields of the row; raises `LEASE_LOST` if it is no longer ours."""
        if not self.rows.update(**values, touched_at=timezone.now()):
            raise MediaError(
                ErrorCode.LEASE_LOST, f"Another worker finishes upload {self.upload.pk}."
            )

    def give_back(self, wait: timedelta) -> None:
        self.rows.update(lease_until=timezone.now() + wait)


def finish(upload_pk: int) -> bool:
    """Make an asset of a handed-over upload; False if there is nothing to do or not now."""
    lease = _claim(upload_pk)
    if lease is None:
        return False
    try:
        _finish(lease)
    except MediaError as error:
        if error.code is ErrorCode.LEASE_LOST:
            return False
        logger.warning("upload %s is not finished yet: %s", upload_pk, error)
        if error.code is ErrorCode.STOPPED:
            lease.give_back(timedelta(0))
        else:
            _put_off(lease, away=storage.is_away(error))
        return False
    return True


def _put_off(lease: _Lease, *, away: bool) -> None:
    """Try again in a moment, unless this has failed for hours: then the sender begins anew.

    The object is left to the daily tidying: such a store need not be asked to delete it now.
    """
    now = timezone.now()
    # While the whole store is away, nothing is known of this file: its hours begin again after it.
    before = {} if away else lease.upload.message_params
    since = datetime.fromisoformat(before.get("since", now.isoformat()))
    failures = before.get("failures", 0) + 1
    if failures >= FEWEST_FAILURES and now - since >= LONGEST_FAILING:
        logger.error("upload %s has failed since %s", lease.upload.pk, since)
        # Another worker that has the lease by now sees for itself.
        with suppress(MediaError):
            _end(lease, ErrorCode.LOST)
        return
    counted = {} if away else {"since": since.isoformat(), "failures": failures}
    lease.rows.update(lease_until=now + BACK_OFF, message_params=counted)


def _finish(lease: _Lease) -> None:
    upload = lease.upload
    if not _joined(upload):
        _refuse(lease, ErrorCode.LOST)
        return
    sys.audit("policetube.step", "upload.joined")
    digest = _read_back(lease)
    if digest.size != upload.size or not digest.agrees(upload.checksum):
        _refuse(lease, ErrorCode.DAMAGED)
        return
    sys.audit("policetube.step", "upload.hashed")
    asset = _record(lease, digest.sha256)
    sys.audit("policetube.step", "upload.recorded")
    if asset.uuid != upload.uuid:
        logger.info("upload %s: its bytes are asset %s already", upload.pk, asset.pk)
        storage.delete(Bucket.ORIGINALS, [upload.key])


def _joined(upload: Upload) -> bool:
    """Whether the object is there, joined now or by somebody who died after it."""
    if storage.head(Bucket.ORIGINALS, upload.key) is not None:
        return True
    found = transfers.list_parts(upload.key, upload.store_id)
    if found and transfers.join(upload.key, upload.store_id, sorted(found, key=_number)):
        return True
    return storage.head(Bucket.ORIGINALS, upload.key) is not None


def _number(part: parts.Part) -> int:
    return part.number


def _read_back(lease: _Lease) -> parts.Digest:
    """Hash what storage gives back; read once more before bytes are called damaged."""
    upload = lease.upload
    for _ in range(READINGS):
        digest = parts.Digest(upload.part_size)
        for chunk in storage.read(Bucket.ORIGINALS, upload.key):
            digest.update(chunk)
            lease.beat(len(chunk))
        if digest.size == upload.size and digest.agrees(upload.checksum):
            break
    return digest


def _is_whole(lease: _Lease, asset: Asset) -> bool:
    """Whether storage still has an older file's bytes: only then may the new ones go."""
    if storage.head(Bucket.ORIGINALS, asset.original_key) is None:
        return False
    key, size = asset.original_key, asset.size
    try:
        storage.verify(Bucket.ORIGINALS, key, size=size, sha256=asset.sha256, tick=lease.beat)
    except MediaError as error:
        if error.code is ErrorCode.CHECKSUM:
            return False
        raise
    return True


def _record(lease: _Lease, sha256: str) -> Asset:
    """The asset and the upload's end in one transaction, so that there is one of each."""
    upload = lease.upload
    known_as = {"sha256": sha256, "size": upload.size, "collection": upload.collection}
    spoilt: list[int] = []
    while (older := same_bytes(upload.user, **known_as, but_not=spoilt)) is not None:
        if _is_whole(lease, older):
            break
        logger.error("asset %s: its original is spoilt or lost; the same came again", older.pk)
        spoilt.append(older.pk)
    with turns.writing():
        asset = same_bytes(upload.user, **known_as, but_not=spoilt)
        known = asset is not None
        lease.write(
            state=UploadState.DONE,
            lease_until=None,
            sha256=sha256,
            message_code="known" if known else "",
        )
        asset = asset or intake.insert(
            upload.uuid,
            title=upload.title,
            original_name=upload.name,
            original_key=upload.key,
            size=upload.size,
            sha256=sha256,
            uploaded_by=upload.user,
            collection=upload.collection,
            state=AssetState.UPLOADED,
        )
        Upload.objects.filter(pk=upload.pk).update(asset=asset)
    logger.info("upload %s: asset %s, SHA-256 %s", upload.pk, asset.pk, sha256)
    return asset


def _refuse(lease: _Lease, code: ErrorCode) -> None:
    _end(lease, code)
    storage.delete(Bucket.ORIGINALS, [lease.upload.key])


def _end(lease: _Lease, code: ErrorCode) -> None:
    """Nothing was acknowledged: the sender still has the file and is told to send it again."""
    lease.write(state=UploadState.REFUSED, lease_until=None, message_code=code)
    sys.audit("policetube.step", "upload.refused")
    logger.error("upload %s is refused: %s", lease.upload.pk, code)


def _claimable() -> Q:
    now = timezone.now()
    return Q(state=UploadState.FINISHING) & (Q(lease_until=None) | Q(lease_until__lte=now))


def _claim(upload_pk: int) -> _Lease | None:
    upload = Upload.objects.filter(_claimable(), pk=upload_pk).first()
    if upload is None:
        return None
    until = _lease_end()
    taken = Upload.objects.filter(
        _claimable(), pk=upload_pk, lease_until=upload.lease_until
    ).update(lease_until=until)
    return _Lease(upload, until) if taken else None


def _lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.MEDIA_LEASE_SECONDS)
