"""What the queue wakes a worker for, and the sweep that makes the queue's weakness harmless."""

from __future__ import annotations

import logging
import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from cms.media import lease, pipeline
from cms.media.errors import ErrorCode, MediaError
from cms.queues.waiting import is_database, waiting
from content_models.models import Asset, AssetState

logger = logging.getLogger(__name__)

QUEUE = "media"
CAN_RETRY = (AssetState.FAILED, AssetState.CANCELLED)
# Without a look into the queue, a row waits this long before it is called again.
UNSEEN_QUEUE = timedelta(minutes=10)
# A task row that says "running" this long after its asset was let go is a dead worker's.
LEFT_OVER = timedelta(hours=1)
# And this long after it began, whatever its worker may be at by now.
LONGEST_CALL = timedelta(days=2)


@task(queue_name=QUEUE)
def process_asset(asset_pk: int) -> bool:
    """Work on whatever is most urgent: a call wakes a worker, the rows say what for.

    There is a call for each asset, so none is left; one too many is harmless.
    """
    return pipeline.process_most_urgent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What one pass found to do."""

    enqueued: tuple[int, ...]
    folders_removed: int
    tasks_removed: int


def enqueue(asset: Asset) -> None:
    """Wake a worker for an asset once the transaction is through; safe to repeat."""
    transaction.on_commit(lambda: process_asset.enqueue(asset.pk))


def retry(asset: Asset) -> None:
    """The editor's "try again", after a failure or a cancellation; else raises `OVERTAKEN`."""
    given = Asset.objects.filter(pk=asset.pk, state__in=CAN_RETRY).update(
        state=AssetState.UPLOADED,
        failures=0,
        lease_until=None,
        message_code="",
        message_params={},
        error_detail="",
        queued_at=timezone.now(),
        state_changed_at=timezone.now(),
    )
    if not given:
        raise MediaError(
            ErrorCode.OVERTAKEN,
            f"Asset {asset.pk} neither failed nor was cancelled; there is nothing to retry.",
        )
    enqueue(asset)


def cancel(asset: Asset) -> None:
    """The editor's "cancel": nothing more is made of it; raises `OVERTAKEN` if it is settled.

    A worker who is at it hears of it at its next beat, ends its tools and deletes what it stored.
    """
    if not lease.revoke(asset.pk):
        raise MediaError(
            ErrorCode.OVERTAKEN, f"Asset {asset.pk} is settled; there is nothing to cancel."
        )
    sys.audit("policetube.step", "cancel.recorded")
    logger.info("asset %s: cancelled", asset.pk)


def reconcile() -> Reconciled:
    """Re-queue what a dead worker left or no worker ever heard of; tidy after the dead."""
    seen = waiting(process_asset)
    found = Asset.objects.filter(lease.claimable())
    if seen is None:
        found = found.filter(
            Q(state=AssetState.PROCESSING)
            | Q(lease_until__isnull=False)
            | Q(state_changed_at__lte=timezone.now() - UNSEEN_QUEUE)
        )
    called = {arguments[0] for arguments in seen or ()}
    forgotten = [pk for pk in found.values_list("pk", flat=True) if pk not in called]
    for pk in forgotten:
        process_asset.enqueue(pk)
        sys.audit("policetube.step", "reconcile.queued")
        logger.info("asset %s: queued again", pk)
    return Reconciled(
        enqueued=tuple(forgotten),
        folders_removed=remove_dead_folders(),
        tasks_removed=_remove_dead_tasks() if is_database(process_asset.backend) else 0,
    )


def _remove_dead_tasks() -> int:
    """Delete rows of tasks whose worker was killed: nothing else ever ends them.

    A call that is under way holds an asset that it took after it began.
    """
    now = timezone.now()
    held = Asset.objects.filter(state=AssetState.PROCESSING, lease_until__gt=now)
    newest = held.aggregate(taken=Max("state_changed_at"))["taken"]
    rows = DBTaskResult.objects.filter(
        status=TaskResultStatus.RUNNING,
        task_path=process_asset.module_path,
        started_at__lte=now - LEFT_OVER,
    )
    if newest is not None:
        rows = rows.filter(Q(started_at__gt=newest) | Q(started_at__lte=now - LONGEST_CALL))
    return rows.delete()[0]


def remove_dead_folders() -> int:
    """Delete working folders on this machine whose attempt is not under way; returns how many."""
    root = pipeline.work_directory()
    # Seen before the leases are: what a worker begins meanwhile is not among them.
    folders = [one for one in root.iterdir() if one.is_dir()] if root.is_dir() else []
    live = {
        f"{pk}-{attempt}"
        for pk, attempt in Asset.objects.filter(
            state=AssetState.PROCESSING, lease_until__gt=timezone.now()
        ).values_list("pk", "attempt")
    }
    dead = [folder for folder in folders if folder.name not in live]
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)
    return len(dead)
