"""From an original in storage to a verified ladder in storage, and one row update."""

from __future__ import annotations

import errno
import logging
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction

from cms.media import chunks, films, judge, keys, photos, sounds, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.job import Job, Maker, beat, counted
from cms.media.lease import Lease, Observer, claim, claim_most_urgent, fail, release
from cms.media.probe import Probe, Unreadable, probe
from cms.media.products import Made
from cms.media.record import record_ladder
from cms.media.space import promising, require_space
from cms.media.storage import Bucket
from cms.media.stored import verify_stored
from content_models.models import Asset, AssetKind, AssetState, Ladder

logger = logging.getLogger(__name__)

# Nobody's fault: these end an attempt and count no failure.
GIVEN_BACK = (ErrorCode.STOPPED, ErrorCode.YIELDED)
MAKERS: Mapping[AssetKind, Maker] = {
    AssetKind.VIDEO: films.make,
    AssetKind.AUDIO: sounds.make,
    AssetKind.PHOTO: photos.make,
}


def process(asset_pk: int, observer: Observer | None = None) -> bool:
    """Work on an asset if it waits for work; True if this attempt settled it.

    Whatever happens ends in the row: ready, refused, failed, or waiting for the next attempt.
    """
    lease = claim(asset_pk, observer)
    return lease is not None and _work_on(lease) is None


def process_most_urgent() -> bool:
    """Work on what is most urgent until something is settled or fails; True if it was settled.

    What is given back for shorter work is taken up again by the call that was made for that.
    """
    while (lease := claim_most_urgent()) is not None:
        ended_by = _work_on(lease)
        if ended_by != ErrorCode.YIELDED:
            return ended_by is None
    return False


def _work_on(lease: Lease) -> ErrorCode | None:
    """One attempt; what ended it before its asset was settled."""
    sys.audit("policetube.step", "encode.claimed")
    asset = Asset.objects.get(pk=lease.asset_pk)
    prefix = keys.ladder_prefix(asset.uuid, asset.sha256, lease.attempt)
    try:
        with _workspace(asset, lease) as folder:
            _attempt(asset, lease, prefix, folder)
    except MediaError as error:
        _give_up(lease, prefix, error)
        return error.code
    except OSError as error:
        full = error.errno == errno.ENOSPC
        code = ErrorCode.DISK_FULL if full else ErrorCode.INTERNAL
        _give_up(lease, prefix, MediaError(code, str(error)))
        return code
    except Exception as error:
        _give_up(lease, prefix, MediaError(ErrorCode.INTERNAL, f"{type(error).__name__}: {error}"))
        raise
    return None


def _attempt(asset: Asset, lease: Lease, prefix: str, folder: Path) -> None:
    source = folder / "original"
    _download(asset, lease, source)
    sys.audit("policetube.step", "encode.downloaded")
    beat(lease, "probe", 0)
    found = _look(source, lambda: beat(lease, "probe", 0))
    verdict = judge.judge(found)
    if verdict.refusal is not None:
        _refuse(lease, found, verdict.refusal)
        return
    _note_found(lease, found, verdict)
    target = folder / "ladder"
    target.mkdir()
    job = Job(asset=asset, lease=lease, source=source, target=target, found=found)
    made = MAKERS[verdict.kind](job)
    _upload(made, lease, prefix)
    sys.audit("policetube.step", "encode.uploaded")
    beat(lease, "confirm", 0)
    verify_stored(prefix, made, tick=lambda: beat(lease, "confirm", 0.5))
    sys.audit("policetube.step", "encode.confirmed")
    record_ladder(asset, lease, prefix, made)
    sys.audit("policetube.step", "encode.recorded")
    logger.info("asset %s: ready, %d files under %s", asset.pk, len(made.files), prefix)
    transaction.on_commit(lambda: _tidy(asset, lease.attempt))


def _download(asset: Asset, lease: Lease, source: Path) -> None:
    require_space(source.parent, asset.size)
    tick = counted(lease, "download", asset.size)
    digest = storage.download(Bucket.ORIGINALS, asset.original_key, source, tick=tick)
    if digest != asset.sha256:
        raise MediaError(
            ErrorCode.CHECKSUM,
            f"The original {asset.original_key} came back with another SHA-256 ({digest}) than "
            f"at upload ({asset.sha256}). It is read again.",
        )


def _look(source: Path, tick: Callable[[], None]) -> judge.Found:
    """What it is by its content: ffprobe is asked of nothing that a browser shows as a picture."""
    return photos.look(source, tick=tick) or probe(source, tick=tick)


def _refuse(lease: Lease, found: judge.Found, refusal: judge.Note) -> None:
    lease.settle(
        AssetState.REFUSED,
        outcome="refused",
        probe=found.as_json() if isinstance(found, Probe | judge.Photograph) else {},
        message_code=refusal.reason,
        message_params=refusal.params,
        error_detail=found.errors if isinstance(found, Unreadable) else "",
    )
    sys.audit("policetube.step", "encode.refused")
    logger.info("asset %s: refused, %s %s", lease.asset_pk, refusal.reason, refusal.params)


def _note_found(lease: Lease, found: judge.Found, verdict: judge.Verdict) -> None:
    notes = {"notes": [note.as_json() for note in verdict.notes]}
    if isinstance(found, judge.Photograph):
        lease.write(
            kind=verdict.kind,
            probe=found.as_json() | notes,
            duration=None,
            width=found.width,
            height=found.height,
            frame_rate=None,
            has_audio=False,
        )
    elif isinstance(found, Probe):
        seen = found.video if verdict.kind is AssetKind.VIDEO else None
        width, height = seen.display_size if seen else (None, None)
        lease.write(
            kind=verdict.kind,
            probe=found.as_json() | notes,
            duration=found.duration if seen else found.readable_duration,
            width=width,
            height=height,
            frame_rate=float(seen.average_rate) if seen else None,
            has_audio=found.audio is not None,
        )


def _upload(made: Made, lease: Lease, prefix: str) -> None:
    # Each byte goes up once and is read back once.
    tick = counted(lease, "upload", 2 * made.bytes)
    for file in made.files:
        storage.put_file(
            Bucket.STAGING,
            prefix + file.name,
            file.path,
            sha256=file.sha256,
            content_type=file.content_type,
            tick=tick,
        )
        sys.audit("policetube.step", "encode.stored")


def _give_up(lease: Lease, prefix: str, error: MediaError) -> None:
    """Leave nothing of this attempt behind, and say in the row what became of it."""
    if error.code in GIVEN_BACK:
        release(lease, error.code)
        logger.info("asset %s: given back. %s", lease.asset_pk, error)
    else:
        # Void if the lease is lost: then the row speaks of the attempt that took over.
        fail(lease, error)
        logger.warning("asset %s: %s: %s", lease.asset_pk, error.code, error)
    sys.audit("policetube.step", "encode.given-up")
    if Asset.objects.filter(pk=lease.asset_pk, state=AssetState.CANCELLED).exists():
        _forget_parts(lease.asset_pk)
    if Ladder.objects.filter(prefix=prefix).exists():
        return
    try:
        storage.delete_prefix(Bucket.STAGING, prefix)
    except MediaError:
        logger.warning("what was stored under %s stays until the next success", prefix)


def _forget_parts(asset_pk: int) -> None:
    try:
        chunks.forget(Asset.objects.get(pk=asset_pk))
    except MediaError:
        logger.warning("asset %s: its parts stay in staging until tonight", asset_pk)


def _tidy(asset: Asset, attempt: int) -> None:
    """The asset is ready; what cannot be tidied now does it no harm."""
    try:
        discard_older_attempts(asset, attempt)
        chunks.forget(asset)
    except MediaError:
        logger.warning("asset %s: older attempts stay in staging", asset.pk, exc_info=True)


def discard_older_attempts(asset: Asset, attempt: int) -> int:
    """Delete from staging what dead attempts left; returns how many objects."""
    recorded = set(asset.ladders.values_list("prefix", flat=True))
    stale = []
    for key in storage.list_keys(Bucket.STAGING, keys.asset_prefix(asset.uuid)):
        belongs = keys.attempt_of(key)
        if belongs and belongs[0] not in recorded and belongs[1] < attempt:
            stale.append(key)
    storage.delete(Bucket.STAGING, stale)
    return len(stale)


def work_directory() -> Path:
    """Where attempts of this machine keep their files."""
    return settings.STATE_DIR / "work"


@contextmanager
def _workspace(asset: Asset, lease: Lease) -> Iterator[Path]:
    folder = work_directory() / f"{asset.pk}-{lease.attempt}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with promising(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
