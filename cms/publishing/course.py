"""How far a publication has come, written down while it goes on: who looks sees it advance."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Subquery
from django.utils import timezone

from cms import turns
from cms.publishing import tallies
from cms.publishing.models import Change, LogHead, Push
from cms.publishing.speed import timed
from static_export import PushReport, Step
from static_export.purge import Purger

logger = logging.getLogger(__name__)


class Course:
    """One publication on its way to every target; its row is finished when it is live.

    A stage is noted only if the database takes it at once, for nobody's purge waits behind somebody
    else's long transaction; what was missed is written at the end.
    """

    def __init__(self, *, epoch: UUID, sequence: int, started_at: datetime, rendered: int) -> None:
        self._row = Push(
            epoch=epoch,
            sequence=sequence,
            started_at=started_at,
            built_at=timezone.now(),
            rendered=rendered,
            uploaded=0,
            deleted=0,
        )
        self._note()

    def progress(self, step: Step) -> None:
        """For `static_export.push`: the last action done, all is uploaded."""
        if step.done == step.total:
            self._row.uploaded_at = timezone.now()
            self._note()

    def watched(self, caches: Purger | None) -> Purger | None:
        """The same caches, under which it is noted when they have been told of everything."""
        return _Watched(caches, self._told) if caches else None

    def _told(self) -> None:
        # Withdrawals are told first, before anything else is uploaded.
        if self._row.uploaded_at:
            self._row.purged_at = timezone.now()
            self._note()

    def pushed(self, report: PushReport, begun_at: datetime) -> None:
        """One more target holds it; the moments are the push's own, of the last target."""
        row = self._row
        row.uploaded_at = begun_at + timedelta(seconds=report.uploaded_after)
        if report.purged_after is not None:
            row.purged_at = begun_at + timedelta(seconds=report.purged_after)
        row.uploaded += len(report.uploaded)
        row.deleted += len(report.deleted)

    def finish(self) -> Push:
        """Every target holds it, and every edge was seen to show it: this sequence is live."""
        row = self._row
        row.live_at = timezone.now()
        row.uploaded_at = row.uploaded_at or row.live_at
        row.seen_at = row.live_at if settings.SITE_EDGE_URL else None
        with transaction.atomic():
            amounts = self._amounts()
            LogHead.objects.filter(pk=1).update(
                live_sequence=row.sequence, live_at=row.live_at, last_error=""
            )
            self._write()
            tallies.count(amounts)
        return row

    def _amounts(self) -> dict[str, float]:
        """What this publication adds to the counters."""
        row = self._row
        amounts: dict[str, float] = {
            "publications": 1,
            "rendered": row.rendered,
            "uploaded": row.uploaded,
            "deleted": row.deleted,
        }
        # The first change that it carries waited longest; a full build carries none.
        live = LogHead.objects.values_list("live_sequence", flat=True).filter(pk=1)
        clicked = Change.objects.filter(sequence=Subquery(live) + 1, sequence__lte=row.sequence)
        clicked_at = clicked.values_list("at", flat=True).first()
        for stage, seconds in timed(row, clicked_at).stages:
            amounts[f"stage:{stage}"] = seconds
        if clicked_at and row.live_at:
            waited = (row.live_at - clicked_at).total_seconds()
            amounts |= tallies.lasted("publication", waited)
        return amounts

    def _note(self) -> None:
        try:
            with turns.briefly(), transaction.atomic():
                self._write()
        except OperationalError as error:
            logger.info("a stage was not noted, somebody else is writing: %s", error)

    def _write(self) -> None:
        if self._row.pk is None:
            # One that failed or was killed on its way is replaced by this one.
            Push.objects.filter(live_at=None).delete()
        self._row.save()


class _Watched:
    """A purger that says when it is done."""

    def __init__(self, caches: Purger, tell: Callable[[], None]) -> None:
        self._caches, self._tell = caches, tell

    def purge(self, url_paths: Iterable[str]) -> tuple[str, ...]:
        purged = self._caches.purge(url_paths)
        self._tell()
        return purged

    def close(self) -> None:
        self._caches.close()
