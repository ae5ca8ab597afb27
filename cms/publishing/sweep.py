"""What no signal told: shell edits, dates that passed, a crash at the wrong moment.

`glance` asks the database one question for each kind and moves nothing but the answer; it may run
every few seconds. `sweep` compares every public record field by field, all or a part of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction as database
from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Substr
from django.utils import timezone

from cms import turns
from cms.publishing import banner, fingerprints, outbox, reality, redirects, visibility
from cms.publishing.kinds import KINDS
from cms.publishing.models import PublicState
from cms.publishing.records import version
from content_models.models import Category, Publication, UnitPage

TAG, UNIT = "tag:", "unit:"
SLICE = 500


def sweep() -> int:
    """Compare everything with everything; number of differences written."""
    date_the_undated()
    return _write(differing())


def glance() -> int:
    """Compare, inside the database, what is public with what was told; differences written."""
    date_the_undated()
    return _write(_overlooked())


@dataclass(slots=True)
class Rounds:
    """The whole comparison in slices, so that no publication has to wait for it."""

    after: int = 0
    kind: int = 0
    # Seconds between two slices, and when the next is due on the monotonic clock.
    every: float = 30.0
    due: float = 0.0

    def turn(self) -> int:
        """A slice, if its time has come. Differences written."""
        if time.monotonic() < self.due:
            return 0
        self.due = time.monotonic() + self.every
        return self.slice()

    def slice(self) -> int:
        """The next of a kind; after the last of them all the rest. Differences written."""
        while self.kind < len(KINDS):
            released = visibility.released(KINDS[self.kind].model).filter(pk__gt=self.after)
            keys = list(released.order_by("pk").values_list("pk", flat=True)[:SLICE])
            if keys:
                self.after = keys[-1]
                return _write(_changed(reality.Touched(publications=set(keys))))
            self.after, self.kind = 0, self.kind + 1
        self.kind = 0
        everything = reality.everything()
        everything.publications.clear()
        return _write(_changed(everything) | _changed_tags() | _overlooked())


@visibility.one_look()
def differing() -> set[str]:
    """IDs of nodes whose public state is not what was last told, field by field."""
    return _changed(reality.everything()) | _changed_tags() | _overlooked()


def date_the_undated() -> int:
    """Give live pages that nobody published this moment as their date; how many there were."""
    undated = [visibility.undated(kind.model) for kind in KINDS]
    if not any(pages.exists() for pages in undated):
        return 0
    now = timezone.now()
    with turns.writing():
        return sum(pages.update(first_published_at=now, last_published_at=now) for pages in undated)


def _write(node_ids: set[str]) -> int:
    """Compare again, some at a time, each time in a short transaction; nobody waits for all."""
    ids, written = sorted(node_ids), 0
    for start in range(0, len(ids), reality.BATCH):
        touched = reality.touched_by_nodes(ids[start : start + reality.BATCH])
        with database.atomic():
            written += outbox.record_changes(touched, reason="sweep")
    return written


def _changed(touched: reality.Touched) -> set[str]:
    """Those whose record is another one now."""
    found: set[str] = set()
    batch: dict[str, str | None] = {}
    for node_id, record in reality.public_nodes(touched):
        batch[node_id] = version(record) if record else None
        if len(batch) == reality.BATCH:
            found |= _otherwise(batch)
            batch = {}
    return found | _otherwise(batch)


def _changed_tags() -> set[str]:
    told = PublicState.objects.filter(pk__startswith=TAG).values_list("pk", flat=True)
    slugs = {node_id.removeprefix(TAG) for node_id in told}
    used = reality.tags_in_use()
    return _otherwise(
        {
            node_id: version(record) if record else None
            for node_id, record in reality.tag_nodes(slugs | used)
        }
    )


def _changed_redirects() -> set[str]:
    told = PublicState.objects.filter(pk__startswith=redirects.REDIRECT)
    there = dict(redirects.nodes(redirects.all_paths()))
    node_ids = there.keys() | set(told.values_list("pk", flat=True))
    found = {node_id: there.get(node_id) for node_id in node_ids}
    return _otherwise(
        {node_id: version(record) if record else None for node_id, record in found.items()}
    )


def _changed_banner() -> set[str]:
    """Whether its time has come or is over, too."""
    record = banner.record()
    return _otherwise({banner.NODE: version(record) if record else None})


def _otherwise(found: dict[str, str | None]) -> set[str]:
    told = dict(PublicState.objects.filter(pk__in=found).values_list("pk", "version"))
    return {node_id for node_id, digest in found.items() if told.get(node_id) != digest}


def _overlooked() -> set[str]:
    """IDs of nodes that came, went or have other columns than when they were told."""
    units, found = visibility.public_units(), set[str]()
    for kind in KINDS:
        digest = fingerprints.DIGESTS[kind.model]()
        shown = visibility.shown(kind.model)
        found.update(_untold(visibility.in_public(shown), kind.prefix, "public_id", digest))
        found.update(_gone(kind.prefix, shown, "public_id"))
    return found | {
        *_untold(units, UNIT, "code", fingerprints.of_units()),
        *_gone(UNIT, units, "code"),
        *_gone("category:", Category.objects.all(), "slug"),
        *_changed_redirects(),
        *_changed_banner(),
        *_changed(
            reality.Touched(
                site=True, categories=set(Category.objects.values_list("pk", flat=True))
            )
        ),
    }


def _untold(
    pages: QuerySet[Publication] | QuerySet[UnitPage], prefix: str, name: str, digest: object
) -> Iterable[str]:
    told = PublicState.objects.filter(
        pk=Concat(Value(prefix), OuterRef(name), output_field=CharField())
    )
    rows = pages.annotate(now=digest, told=Subquery(told.values("source")[:1]))
    other = rows.exclude(told=F("now")) | rows.filter(told__isnull=True)
    return (prefix + value for value in other.order_by().values_list(name, flat=True))


def _gone(prefix: str, rows: QuerySet, name: str) -> Iterable[str]:
    there = rows.filter(**{name: OuterRef("name")})
    told = PublicState.objects.filter(pk__startswith=prefix).annotate(
        name=Substr("node_id", len(prefix) + 1)
    )
    return told.exclude(Exists(there)).values_list("pk", flat=True)
