"""Taking down what was withdrawn: page, files, caches; and looking until nothing is seen of it.

A lane of its own beside builds, pushes and copies. Each attempt does all that there is to do and
then looks, as a visitor and in storage. What can still be seen, or what nobody could look at, is
noted, told to the operator once, shown to the editor, and tried again: later and later, for ever.
"""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

import site_builder
import static_export
from cms.media.interface import media_url
from cms.publishing import files, relay, tallies
from cms.publishing.alone import taking_down
from cms.publishing.media import still_shown
from cms.publishing.models import Change, Takedown
from cms.publishing.purging import backend_settings, telling_caches
from static_export.paths import url_path

logger = logging.getLogger(__name__)

# Pages of one round, and how long it takes out files: what is withdrawn now waits no longer for
# what was withdrawn before.
AT_ONCE = 50
ROUND = 1.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds
# A request that was under way may put into a cache what was just purged from it.
LOOKED_AT_AGAIN_AFTER = timedelta(seconds=60)
MOST_NAMED = 3


@dataclass(slots=True)
class TakedownsReport:
    """What a run did: how many were tried, how many are verified, and what stands in the way."""

    tried: set[int] = field(default_factory=set)
    verified: int = 0
    failures: list[str] = field(default_factory=list)


def run(*, again: bool = False) -> TakedownsReport:
    """Try everything that is due, the newest first, all pages before the last of the files.

    `again`: also what is to be tried later. Does nothing if another process is at it.
    """
    report = TakedownsReport()
    pages: dict[int, Pages] = {}
    with taking_down() as mine:
        while mine:
            due = _due(again=again).exclude(pk__in=report.tried)
            if not (rows := list(due.exclude(pk__in=pages)[:AT_ONCE]) or list(due[:AT_ONCE])):
                break
            _round(rows, pages, report)
        try:
            if report.tried or _unnumbered():
                relay.relay()
                number()
        except static_export.ExportError as error:
            # A record that cannot be read stops every push, but no withdrawal.
            report.failures.append(str(error))
    return report


def number() -> None:
    """Tell the targets the numbers of changes that had none when they were taken down.

    From then on a build that has read them knows what is to be up and what down. The targets' own
    records are asked, too: a lane that read its row before it had a number may have written there
    after this was done, and died.
    """
    begun = Takedown.objects.filter(sequence__isnull=True, begun_at__isnull=False)
    marks = {_mark(node_id, at) for node_id, at in begun.values_list("node_id", "at")}
    found = {mark: _number_of(mark) for mark in sorted(marks | _unnumbered())}
    numbers = {mark: sequence for mark, sequence in found.items() if sequence is not None}
    if numbers:
        static_export.number(numbers, state=settings.STATE_DIR / "push")
    for mark, sequence in numbers.items():
        node_id, at = _named(mark)
        Takedown.objects.filter(node_id=node_id, at=at).update(sequence=sequence)


def _unnumbered() -> frozenset[str]:
    return static_export.unnumbered(state=settings.STATE_DIR / "push")


def _due(*, again: bool) -> QuerySet[Takedown]:
    rows = Takedown.objects.filter(due__isnull=False).order_by("-at", "-pk")
    return rows if again else rows.filter(due__lte=timezone.now())


def _round(rows: list[Takedown], pages: dict[int, Pages], report: TakedownsReport) -> None:
    """The pages of all, those that no round of this run has seen to; and files of the first."""
    begun = time.monotonic()
    fresh = [row for row in rows if row.pk not in pages]
    _begin(fresh)
    epoch = str(relay.head().epoch)
    with ThreadPoolExecutor(max_workers=1) as beside:
        taken = beside.submit(
            _take_down_pages,
            [_withdrawal(row, epoch) for row in fresh if not _was_taken_down(row)],
            [_withdrawal(row, epoch) for row in fresh if _was_taken_down(row)],
        )
        held = still_shown({files.folder_of(key) for row in rows for key in row.media})
        for row in rows:
            left = files.withdraw(row.media, held)
            sys.audit("policetube.step", "takedown.filed")
            pages.update(dict.fromkeys((one.pk for one in fresh), taken.result()))
            seen = {media_url(key): answer for key, answer in left.items()}
            report.tried.add(row.pk)
            _conclude(row, pages[row.pk], seen, report)
            if time.monotonic() - begun > ROUND:
                return


def _begin(rows: list[Takedown]) -> None:
    """Write down what is about to be taken down, while somebody still knows what that is."""
    addresses = {row.node_id: row.path for row in rows}
    owned = site_builder.artifacts_of(settings.STATE_DIR / "build", addresses)
    now = timezone.now()
    for row in rows:
        row.keys = sorted({*row.keys, *owned[row.node_id]})
        row.media = sorted({*row.media, *files.beside(row.media)})
        row.begun_at = row.begun_at or now
        row.save(update_fields=["keys", "media", "begun_at"])
        row.sequence = row.sequence or _number_of(_mark(row.node_id, row.at))
    if rows:
        sys.audit("policetube.step", "takedown.begun")


def _was_taken_down(row: Takedown) -> bool:
    return bool(row.page_gone_at and (row.purged_at or not backend_settings()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What became of the pages of a round: when, and by object key what can still be seen."""

    gone_at: datetime
    purged_at: datetime | None
    sightings: tuple[static_export.Sighting, ...]


def _take_down_pages(
    new: list[static_export.Withdrawal], done: list[static_export.Withdrawal]
) -> Pages:
    """Take pages down; at those that were taken down before only look, as long as they are down.

    For a build may have come since that puts nothing there, not even a tombstone.
    """
    begun_at = timezone.now()
    targets, edge = settings.SITE_TARGETS, settings.SITE_EDGE_URL or None
    if keys := {key for one in done for key in one.keys}:
        up = {one.key for one in static_export.still_up(targets=targets, keys=keys, edge=edge)}
        new = [*new, *(one for one in done if one.keys & up)]
    if not new:
        return Pages(gone_at=begun_at, purged_at=None, sightings=())
    with telling_caches() as caches:
        report = static_export.takedown(
            targets=targets,
            withdrawals=new,
            state=settings.STATE_DIR / "push",
            edge=edge,
            purger=caches,
        )
    return Pages(
        gone_at=begun_at + timedelta(seconds=report.taken_after),
        purged_at=timezone.now() if report.purged else None,
        sightings=report.visible,
    )


def _conclude(
    row: Takedown, pages: Pages, files_seen: dict[str, str], report: TakedownsReport
) -> None:
    """Note what an attempt came to, unless the page has come back meanwhile."""
    now = timezone.now()
    mine = [sighting for sighting in pages.sightings if sighting.key in row.keys]
    seen = {_address(sighting): sighting.seen for sighting in mine} | files_seen
    attempts, problem, visible = row.attempts + 1, _problem(seen), sorted(seen)
    values = {
        "sequence": row.sequence,
        "attempts": attempts,
        "problem": problem,
        "visible": visible,
        "purged_at": pages.purged_at or row.purged_at,
    }
    if not any(sighting.place in settings.SITE_TARGETS for sighting in mine):
        values["page_gone_at"] = row.page_gone_at or pages.gone_at
    if not files_seen:
        values["media_gone_at"] = row.media_gone_at or now
    if seen:
        pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
        values |= {"verified_at": None, "due": now + timedelta(seconds=pause)}
    elif row.verified_at:
        values["due"] = None
    else:
        values |= {"verified_at": now, "due": now + LOOKED_AT_AGAIN_AFTER}
    if not Takedown.objects.filter(pk=row.pk, due__isnull=False).update(**values):
        return
    sys.audit("policetube.step", "takedown.concluded")
    _tell(row, problem, visible)
    if seen:
        report.failures.append(f"{row.node_id} can still be seen: {problem}")
    elif not row.verified_at:
        report.verified += 1
        tallies.count(tallies.lasted("withdrawal", (now - row.at).total_seconds()))


def _tell(row: Takedown, problem: str, visible: list[str]) -> None:
    """The operator hears of each change once, not of each attempt."""
    if problem and visible != row.visible:
        logger.error(
            "%s was withdrawn at %s and can still be seen; it is tried again: %s",
            *(row.node_id, row.at.isoformat(timespec="seconds"), problem),
        )
    elif not problem and row.problem:
        logger.warning("%s is gone at last, after %s attempts", row.node_id, row.attempts + 1)
    elif not problem and not row.verified_at:
        seconds = (timezone.now() - row.at).total_seconds()
        logger.info("%s is verified gone, %.1f s after its withdrawal", row.node_id, seconds)


def _problem(seen: dict[str, str]) -> str:
    named = [f"{address}: {answer}" for address, answer in sorted(seen.items())]
    more = len(named) - MOST_NAMED
    return "; ".join([*named[:MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])


def _address(sighting: static_export.Sighting) -> str:
    """What an editor can open to see it; of a target, what the operator finds it by."""
    if sighting.place in settings.SITE_TARGETS:
        return f"{sighting.place}/{sighting.key}"
    return f"{settings.SITE_BASE_URL}{url_path(sighting.key)}"


def _mark(node_id: str, at: datetime) -> str:
    """What a change is called at the targets."""
    return f"{node_id}@{at.isoformat()}"


def _named(mark: str) -> tuple[str, datetime]:
    """The node and the moment that a mark is made of."""
    node_id, _at, at = mark.rpartition("@")
    return node_id, datetime.fromisoformat(at)


def _number_of(mark: str) -> int | None:
    node_id, at = _named(mark)
    numbered = Change.objects.filter(node_id=node_id, at=at)
    return numbered.values_list("sequence", flat=True).first()


def _withdrawal(row: Takedown, epoch: str) -> static_export.Withdrawal:
    return static_export.Withdrawal(
        mark=_mark(row.node_id, row.at),
        keys=frozenset(row.keys),
        epoch=epoch,
        sequence=row.sequence,
    )
