"""One cycle of publishing: take down, media in, number, build, push, look at the edge."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

import site_builder
import static_export
from cms.api.interface import execute
from cms.publishing import relay, takedowns
from cms.publishing import sweep as sweeping
from cms.publishing.alone import alone
from cms.publishing.course import Course
from cms.publishing.leaving import Leaving
from cms.publishing.media import MediaReport, Patience, promote_media, withdraw_media
from cms.publishing.mirrors import Behind, bring_up
from cms.publishing.models import LogHead
from cms.publishing.purging import telling_caches
from cms.publishing.urgent import Urgent

logger = logging.getLogger(__name__)

PROMOTIONS_AT_ONCE = 1
# Files of a build that may all be urgent.
MANY = 5000


class PublishingError(Exception):
    """A cycle could not end well; the message says what failed and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleReport:
    """What one cycle did; all zero when there was nothing to do."""

    taken_down: int = 0
    promoted: int = 0
    withdrawn: int = 0
    swept: int = 0
    numbered: int = 0
    sequence: int = 0
    rendered: int = 0
    uploaded: int = 0
    deleted: int = 0
    # A push of many files made way for something more urgent.
    made_way: bool = False
    # Files were left for the next cycle, which nothing keeps from them any more.
    files_wait: bool = False
    failures: tuple[str, ...] = ()

    @property
    def did_something(self) -> bool:
        """Whether another cycle right away may find more to do."""
        moved = self.taken_down or self.promoted or self.withdrawn or self.numbered
        moved = moved or self.files_wait or self.made_way
        return bool(moved or self.rendered or self.uploaded or self.deleted)


def cycle(
    *,
    sweep: bool = False,
    full: bool = False,
    patience: Patience | None = None,
    leaving: Leaving | None = None,
) -> CycleReport:
    """Bring the public site to the present. Withdrawals go first and wait for nothing.

    Builds and pushes alone; takedowns have a lane of their own (`takedowns.py`). A file that
    storage will not move is noted in `failures` and holds up nothing else; `patience` says when it
    is tried again, `leaving` which public files have to be looked at (all, without it). A mirror
    that is down is noted there, too. Raises `PublishingError`,
    `site_builder.BuilderError` or `static_export.ExportError`; whatever was not done is done by the
    next cycle.
    """
    media, leaving = MediaReport(patience=patience or Patience()), leaving or Leaving()
    swept = sweeping.sweep() if sweep else 0
    taken_down = takedowns.run(again=sweep)
    withdraw_media(media, leaving)
    numbered = relay.relay()
    files_first = full or not _waits(relay.head())
    if files_first:
        # What is numbered goes out before anybody waits for gigabytes to be copied.
        promote_media(media, most=PROMOTIONS_AT_ONCE)
        # Withdrawn meanwhile: no need to wait for another cycle.
        leaving.name(*media.promoted)
        withdraw_media(media, leaving)
        numbered += relay.relay()
    head = relay.head()
    report = CycleReport(
        taken_down=taken_down.verified,
        promoted=len(media.promoted),
        withdrawn=media.withdrawn,
        swept=swept,
        numbered=numbered,
        sequence=head.sequence,
        failures=(*taken_down.failures, *media.failures),
    )
    behind = Behind(_push_state())
    behind.reopen(str(head.epoch), head.live_sequence)
    if full or _waits(head) or behind.due():
        with alone():
            # Another publisher may have done it meanwhile.
            head = relay.head()
            if full or _waits(head):
                report = _publish(head, report, full=full)
            elif behind.due():
                failures = bring_up(_push_state(), head.live_sequence)
                report = replace(report, failures=(*report.failures, *failures))
    if files_first:
        return report
    return replace(report, files_wait=not _waits(relay.head()))


def _waits(head: LogHead) -> bool:
    """Whether anything numbered, or put right since it was taken down, is not live yet."""
    if head.live_at is None or head.live_sequence < head.sequence:
        return True
    return static_export.unsettled(
        # Mirrors follow; one that is down keeps nobody from anything.
        targets=settings.SITE_TARGETS[:1],
        epoch=str(head.epoch),
        sequence=head.live_sequence,
        state=_push_state(),
    )


def _push_state() -> Path:
    """Where pushes and takedowns keep what they know of the targets."""
    return settings.STATE_DIR / "push"


def _publish(head: LogHead, report: CycleReport, *, full: bool) -> CycleReport:
    started_at = timezone.now()
    built = _build(full=full)
    if built.failed:
        raise PublishingError("Pages failed to render: " + "; ".join(map(str, built.failed)))
    course = Course(
        epoch=head.epoch,
        sequence=built.sequence,
        started_at=started_at,
        rendered=len(built.rendered),
    )
    sys.audit("policetube.step", "publish.built")
    # What was taken down before it had a number, and has one in this build.
    takedowns.number()
    begun_at = timezone.now()
    try:
        with telling_caches() as caches:
            pushed = static_export.push(
                dist=settings.SITE_BUILD_DIR,
                target=settings.SITE_TARGETS[0],
                edge=settings.SITE_EDGE_URL or None,
                purger=course.watched(caches),
                progress=course.progress,
                state=_push_state(),
                accept_epoch=True,
                # The builder is trusted to remove what was withdrawn, however much that is.
                allow_mass_delete=True,
                first=built.written if len(built.written) < MANY else (),
                interrupt=Urgent(built.sequence),
            )
    except static_export.ExportError as error:
        if error.code != "interrupted":
            raise
        logger.info("%s", error)
        return replace(report, made_way=True, rendered=len(built.rendered))
    sys.audit("policetube.step", "publish.pushed")
    course.pushed(pushed, begun_at)
    if pushed.unverified:
        shown = ", ".join(f"{url} ({seen})" for url, seen in pushed.unverified[:3])
        raise PublishingError(f"The edge does not show what was pushed: {shown}")
    Behind(_push_state()).expect()
    done = course.finish()
    sys.audit("policetube.step", "publish.live")
    logger.info(
        "live: sequence %s, %s rendered, %s uploaded, %s deleted",
        done.sequence,
        done.rendered,
        done.uploaded,
        done.deleted,
    )
    return replace(
        report,
        failures=(*report.failures, *bring_up(_push_state(), done.sequence)),
        sequence=done.sequence,
        rendered=done.rendered,
        uploaded=done.uploaded,
        deleted=done.deleted,
    )


def _build(*, full: bool) -> site_builder.BuildReport:
    try:
        return _build_once(full=full)
    except site_builder.BuilderError as error:
        if error.code not in {
            site_builder.ErrorCode.EPOCH_CHANGED,
            site_builder.ErrorCode.CURSOR_AHEAD,
        }:
            raise
        # The database was restored or replaced: only a full build tells its truth.
        logger.warning("%s: building in full", error)
        return _build_once(full=True)


def _build_once(*, full: bool) -> site_builder.BuildReport:
    media = urlsplit(settings.MEDIA_BASE_URL)
    return site_builder.build(
        transport=execute,
        out=settings.SITE_BUILD_DIR,
        state=settings.STATE_DIR / "build",
        site_url=settings.SITE_BASE_URL,
        media_origin=f"{media.scheme}://{media.netloc}",
        language=settings.SITE_LANGUAGE,
        theme=settings.SITE_THEME,
        full=full,
    )
