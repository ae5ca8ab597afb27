"""Media follow pages: public when a released page uses them, private again when none does."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from cms.media.interface import MediaError, delete_public, demote, promote
from cms.publishing import banner, outbox, relay, visibility
from cms.publishing.alone import moving, moving_any
from cms.publishing.leaving import Leaving
from cms.publishing.models import (
    Change,
    Operation,
    OutboxRow,
    PublicState,
    RetiredKey,
    ShownKey,
    Takedown,
)
from cms.publishing.reality import showing
from cms.publishing.receipts import MEDIA_PUBLIC
from cms.publishing.records import BESIDE_KEY, LADDER_KEYS, LADDERS_KEY
from content_models.models import Ladder

logger = logging.getLogger(__name__)

# Retired files that one cycle deletes, and ladders that one question is about.
AT_ONCE = 100


class Patience:
    """When to try a ladder again that failed: later and later, at most every ten minutes."""

    LONGEST = 600.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[int, tuple[int, float]] = {}

    def allows(self, key: int) -> bool:
        return key not in self._failed or self._clock() >= self._failed[key][1]

    def failed(self, key: int) -> None:
        times = self._failed.get(key, (0, 0.0))[0] + 1
        self._failed[key] = (times, self._clock() + min(2.0**times, self.LONGEST))

    def succeeded(self, key: int) -> None:
        self._failed.pop(key, None)


@dataclass(slots=True)
class MediaReport:
    """What was moved, and what failed: one bad file never holds up the others."""

    patience: Patience
    promoted: list[str] = field(default_factory=list)
    withdrawn: int = 0
    failures: list[str] = field(default_factory=list)

    def attempt(
        self,
        ladder: Ladder,
        act: Callable[[Ladder], object],
        among: Callable[[], QuerySet[Ladder]],
    ) -> bool:
        """Do it, if its time has come; note the failure of storage instead of raising it.

        Not if somebody else moves files of that asset, and only if it is still among those that
        it is to be done to: meanwhile somebody else may have done it, and an editor undone it.
        """
        if not self.patience.allows(ladder.pk):
            return False
        try:
            with moving(str(ladder.asset.uuid)) as mine:
                if not mine or not among().filter(pk=ladder.pk).exists():
                    return False
                act(ladder)
        except MediaError as error:
            logger.exception("could not move %s", ladder.prefix)
            self.patience.failed(ladder.pk)
            self.failures.append(str(error))
            return False
        except Ladder.DoesNotExist:
            # Its keys were retired with it, and the next cycle deletes what was copied of them.
            logger.info("%s was deleted while it was being moved", ladder.prefix)
            return False
        self.patience.succeeded(ladder.pk)
        return True


def withdraw_media(report: MediaReport, leaving: Leaving | None = None) -> None:
    """Take out of the public bucket what no released page uses, and retired captions and posters.

    Of ladders, those that `leaving` names; all of them without it. What a released page showed
    until its editor chose another file, poster or captions stays until the page with the new one
    is live.
    """
    leaving = leaving or Leaving()
    named, ladders = leaving.named(), list[Ladder]()
    if named is None or named:
        ladders += visibility.ladders_to_withdraw(named).select_related("asset")
    held = still_shown([ladder.prefix for ladder in ladders])
    left = set(held)
    for ladder in ladders:
        if ladder.prefix in held:
            continue
        logger.info("withdrawing %s: no released page uses it", ladder.prefix)
        if report.attempt(ladder, demote, visibility.ladders_to_withdraw):
            report.withdrawn += 1
        else:
            left.add(ladder.prefix)
    leaving.looked(left)
    if retired := _retired():
        try:
            _delete_retired(retired)
        except MediaError as error:
            logger.exception("deleting retired files failed")
            report.failures.append(str(error))


def asset_of(key: str) -> str:
    """What the keys of all files of an asset begin with."""
    return key.partition("/")[0]


def _delete_retired(keys: list[str]) -> None:
    """Delete single files, those among them that are still to be deleted."""
    with moving_any({asset_of(key) for key in keys}) as mine:
        ours = [key for key in keys if asset_of(key) in mine]
        still = list(RetiredKey.objects.filter(key__in=ours).values_list("key", flat=True))
        delete_public(still)
        sys.audit("policetube.step", "retired.deleted")
        RetiredKey.objects.filter(key__in=still).delete()


def promote_media(report: MediaReport, *, most: int) -> None:
    """Copy to the public bucket what a released page waits for, `most` ladders at a time."""
    ladders = visibility.ladders_to_promote().select_related("asset").order_by("pk")
    for ladder in ladders:
        if len(report.promoted) >= most:
            return
        logger.info("promoting %s: a released page uses it", ladder.prefix)
        try:
            promoted = report.attempt(ladder, _promote, visibility.ladders_to_promote)
        except _UrgentFirstError:
            logger.info("promoting %s waits: something is withdrawn or announced", ladder.prefix)
            return
        if promoted:
            report.promoted.append(ladder.prefix)
            sys.audit("policetube.step", "promote.untold")
            outbox.touch(publications=showing([ladder.asset_id]), reason=MEDIA_PUBLIC)


class _UrgentFirstError(Exception):
    """Gigabytes are being copied, and somebody withdraws or announces: that waits for nothing."""


def _promote(ladder: Ladder) -> None:
    promote(ladder, between=partial(_look_for_urgent, str(ladder.asset.uuid)))


def _look_for_urgent(asset: str) -> None:
    """A withdrawal that nobody has begun with comes first, and any that wants the files at hand."""
    waiting = Takedown.objects.filter(due__isnull=False, verified_at__isnull=True)
    for begun_at, media in waiting.values_list("begun_at", "media"):
        if begun_at is None or any(key.startswith(asset) for key in media):
            raise _UrgentFirstError
    if OutboxRow.objects.filter(node_id=banner.NODE).exists():
        raise _UrgentFirstError


def _retired() -> list[str]:
    """Retired captions and posters that no page which is live shows, some of them."""
    found: list[str] = []
    retired = list(RetiredKey.objects.values_list("key", flat=True))
    for start in range(0, len(retired), AT_ONCE):
        some = retired[start : start + AT_ONCE]
        shown = _shown_beside(some)
        found += [key for key in some if key not in shown]
        if len(found) >= AT_ONCE:
            break
    return found[:AT_ONCE]


def _shown_beside(keys: list[str]) -> set[str]:
    """Those of the posters and captions that released pages show, now or until the next push."""
    assets = {asset_of(key) for key in keys}
    found = _waiting(BESIDE_KEY, *(("ladder__startswith", f"{asset}/") for asset in assets))
    return _shown_now(keys).union(*(beside or () for beside in found))


def still_shown(prefixes: Iterable[str]) -> set[str]:
    """Those of the ladders that released pages show, now or until the next push."""
    prefixes = list(prefixes)
    if not prefixes:
        return set()
    found = _shown_now(prefixes)
    for name in LADDER_KEYS:
        found.update(_waiting(name, (f"{name}__in", prefixes)))
    # SQLite refuses an expression of a thousand terms.
    for start in range(0, len(prefixes), AT_ONCE):
        some = prefixes[start : start + AT_ONCE]
        lists = _waiting(LADDERS_KEY, *((f"{LADDERS_KEY}__icontains", prefix) for prefix in some))
        found.update(*lists)
    return found


def _shown_now(keys: Iterable[str]) -> set[str]:
    """Those of the keys and prefixes that pages show by what was told of them last."""
    return set(ShownKey.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def _waiting(name: str, *wanted: tuple[str, Any]) -> Iterator[Any]:
    """What was told before under the name of pages that show something else from the next push on.

    Of those to which any of the lookups in their keys applies. Of what is withdrawn nothing, not
    even what changed before: its files go at once.
    """

    def among(column: str) -> Q:
        return reduce(or_, (Q((f"{column}__{lookup}", value)) for lookup, value in wanted))

    told = PublicState.objects.filter(pk=OuterRef("node_id"))
    upsert = Q(Exists(told), operation=Operation.UPSERT)
    live = relay.head().live_sequence
    waiting = OutboxRow.objects.filter(among("before"), upsert)
    yield from waiting.values_list(f"before__{name}", flat=True)
    numbered = Change.objects.filter(among("before"), upsert, sequence__gt=live)
    yield from numbered.values_list(f"before__{name}", flat=True)
