"""The right to work on an asset: taken, kept and given back by conditional updates of its row."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from cms.media import priority, timeline
from cms.media.errors import ErrorCode, MediaError
from content_models.models import PENDING_STATES, Asset, AssetState

logger = logging.getLogger(__name__)

FIRST_BACK_OFF_SECONDS = 10
LONGEST_BACK_OFF_SECONDS = 600
# What passes by itself, and for how long after it was queued an asset waits for that.
OUTSIDE = (ErrorCode.STORAGE, ErrorCode.DISK_FULL)
PATIENCE = timedelta(days=2)
FIRST_STAGE = "download"

# Set when this process should end: work under way is given back at once.
stopping = threading.Event()

Observer = Callable[[str, int], None]


class Lease:
    """One attempt at one asset. Every write through it is void once another attempt began."""

    def __init__(
        self,
        asset_pk: int,
        attempt: int,
        worker: str,
        observer: Observer | None,
        entries: list[timeline.Entry] | None = None,
    ) -> None:
        self.asset_pk = asset_pk
        self.attempt = attempt
        self.worker = worker
        self.observer = observer
        self.may_rest = False
        self._entries = entries or []
        self._last_write = time.monotonic()
        self._last = (FIRST_STAGE, -1)

    @property
    def rows(self) -> QuerySet[Asset]:
        """The asset's row, for as long as this attempt is the current one."""
        return Asset.objects.filter(
            pk=self.asset_pk, attempt=self.attempt, state=AssetState.PROCESSING
        )

    def beat(self, stage: str, progress: int) -> None:
        """Say that work goes on. Writes now and then; raises `LEASE_LOST` or `STOPPED`."""
        self.check()
        if self.observer is not None and (stage, progress) != self._last:
            self.observer(stage, progress)
        new_stage, self._last = stage != self._last[0], (stage, progress)
        if new_stage:
            self._entries = timeline.began(
                self._entries, attempt=self.attempt, stage=stage, at=timezone.now()
            )
        now = time.monotonic()
        if new_stage or now - self._last_write >= min(2.0, settings.MEDIA_LEASE_SECONDS / 4):
            self._last_write = now
            self._extend(stage, progress)

    def check(self) -> None:
        """Raises `STOPPED` once this process should end."""
        if stopping.is_set():
            raise MediaError(ErrorCode.STOPPED, "The worker was asked to end.")

    def rest(self) -> None:
        """Raises `YIELDED` if much shorter work waits that is due before this."""
        if not self.may_rest:
            return
        own = next(iter(_works(self.rows)), None)
        if own is not None and priority.deserves_a_break(own, _works(_waiting())):
            raise MediaError(ErrorCode.YIELDED, "Shorter work goes first; this goes on after it.")

    def write(self, **values: Any) -> None:
        """Set fields of the row; raises `LEASE_LOST` if it is no longer ours."""
        if not self.rows.update(**values):
            raise MediaError(
                ErrorCode.LEASE_LOST,
                f"Asset {self.asset_pk} was cancelled or taken over from attempt {self.attempt}, "
                "which changes nothing any more.",
            )

    def settle(self, state: AssetState, *, outcome: str = timeline.DONE, **values: Any) -> None:
        """End the attempt in `state`; raises `LEASE_LOST`."""
        self.write(
            state=state,
            timeline=self.ended(outcome),
            lease_until=None,
            worker="",
            stage="",
            progress=100 if state == AssetState.READY else 0,
            state_changed_at=timezone.now(),
            **values,
        )

    def ended(self, outcome: str) -> list[timeline.Entry]:
        """The asset's timeline, were this attempt over now."""
        return timeline.ended(self._entries, outcome=outcome, at=timezone.now())

    def _extend(self, stage: str, progress: int) -> None:
        try:
            self.write(
                stage=stage, progress=progress, lease_until=_lease_end(), timeline=self._entries
            )
        except OperationalError:
            # A busy database: the lease outlives a few missed writes.
            logger.warning("asset %s: progress was not written", self.asset_pk, exc_info=True)


def claimable() -> Q:
    """Rows that wait, and rows whose worker has not been heard of."""
    now = timezone.now()
    waiting = Q(state=AssetState.UPLOADED) & (Q(lease_until=None) | Q(lease_until__lte=now))
    return waiting | Q(state=AssetState.PROCESSING, lease_until__lte=now)


def settled() -> Q:
    """Rows of which nothing more becomes by itself."""
    return ~Q(state__in=PENDING_STATES)


def claim(asset_pk: int, observer: Observer | None = None) -> Lease | None:
    """Begin an attempt; None if there is nothing to do or another worker is at it."""
    row = Asset.objects.filter(claimable(), pk=asset_pk).first()
    if row is None:
        return None
    died = row.state == AssetState.PROCESSING
    now = timezone.now()
    past = timeline.ended(row.timeline, outcome=timeline.DIED, at=now)
    current = Asset.objects.filter(claimable(), pk=asset_pk, attempt=row.attempt)
    if died and row.failures + 1 >= settings.MEDIA_MAX_FAILURES:
        current.update(
            state=AssetState.FAILED,
            failures=F("failures") + 1,
            lease_until=None,
            message_code=ErrorCode.WORKER_DIED,
            message_params={},
            timeline=past,
            error_detail=f"{row.worker} ended without a word while at “{row.stage}”.",
            state_changed_at=timezone.now(),
        )
        return None
    worker = f"{socket.gethostname()[:60]}:{os.getpid()}"
    entries = timeline.began(past, attempt=row.attempt + 1, stage=FIRST_STAGE, at=now)
    taken = current.update(
        state=AssetState.PROCESSING,
        attempt=row.attempt + 1,
        failures=F("failures") + int(died),
        lease_until=_lease_end(),
        worker=worker,
        stage=FIRST_STAGE,
        timeline=entries,
        progress=0,
        message_code="",
        message_params={},
        state_changed_at=timezone.now(),
    )
    return Lease(asset_pk, row.attempt + 1, worker, observer, entries) if taken else None


def claim_most_urgent(observer: Observer | None = None) -> Lease | None:
    """Begin an attempt at what is most urgent of all that waits; None if nothing does."""
    for work in priority.in_order(_works(_waiting())):
        if (lease := claim(work.pk, observer)) is not None:
            lease.may_rest = True
            return lease
    return None


def revoke(asset_pk: int) -> bool:
    """Cancel what waits or is under way: every write of a lease on it is void; False if settled."""
    while True:
        row = Asset.objects.filter(pk=asset_pk).exclude(settled()).first()
        if row is None:
            return False
        # Of this very attempt: the timeline is told as it was read.
        current = Asset.objects.exclude(settled()).filter(pk=asset_pk, attempt=row.attempt)
        if current.update(
            state=AssetState.CANCELLED,
            lease_until=None,
            worker="",
            stage="",
            progress=0,
            timeline=timeline.ended(row.timeline, outcome=timeline.CANCELLED, at=timezone.now()),
            failures=0,
            message_code="",
            message_params={},
            error_detail="",
            state_changed_at=timezone.now(),
        ):
            return True


def release(lease: Lease, outcome: str = ErrorCode.STOPPED) -> None:
    """Give the work back unharmed, for whoever comes next."""
    lease.rows.update(
        state=AssetState.UPLOADED,
        lease_until=None,
        worker="",
        stage="",
        progress=0,
        timeline=lease.ended(outcome),
        state_changed_at=timezone.now(),
    )


def fail(lease: Lease, error: MediaError) -> None:
    """Count a failure: try again later, or give up visibly when it was the last.

    A store that is down and a disk that is full are no fault of the file: for days they only make
    it wait, so that nobody has to try every file again afterwards.
    """
    row = lease.rows.only("failures", "queued_at").first()
    if row is None:
        return
    entries = lease.ended(error.code)
    patient = error.code in OUTSIDE and timezone.now() - row.queued_at < PATIENCE
    failures = row.failures + (not patient)
    last = not patient and failures >= settings.MEDIA_MAX_FAILURES
    tries = timeline.in_a_row(entries, OUTSIDE) if patient else failures
    wait = min(LONGEST_BACK_OFF_SECONDS, FIRST_BACK_OFF_SECONDS * 4 ** (min(tries, 9) - 1))
    lease.rows.update(
        state=AssetState.FAILED if last else AssetState.UPLOADED,
        failures=failures,
        lease_until=None if last else timezone.now() + timedelta(seconds=wait),
        worker="",
        stage="",
        progress=0,
        timeline=entries,
        message_code=error.code,
        message_params={},
        error_detail=f"{error}\n{error.detail}".strip(),
        state_changed_at=timezone.now(),
    )


def _waiting() -> QuerySet[Asset]:
    return Asset.objects.filter(claimable())


def _works(rows: QuerySet[Asset]) -> list[priority.Work]:
    """The rows as work, without all that a row may hold."""
    return [
        priority.Work(pk=pk, since=since, size=size, duration=duration, width=width, height=height)
        for pk, since, size, duration, width, height in rows.values_list(
            "pk", "queued_at", "size", "duration", "width", "height"
        )
    ]


def _lease_end() -> Any:
    return timezone.now() + timedelta(seconds=settings.MEDIA_LEASE_SECONDS)
