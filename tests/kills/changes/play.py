"""What runs in processes of its own: make worlds, act in one of them, look at what came of it."""

from __future__ import annotations

from typing import Any

from django.db import transaction as database
from django.db.models import Q, QuerySet
from taggit.models import Tag
from wagtail.contrib.redirects.models import Redirect

from cms.publishing import outbox
from cms.publishing.models import Change, OutboxRow, PublicState
from cms.publishing.outbox import record_changes
from cms.publishing.reality import Touched
from cms.publishing.relay import relay
from cms.publishing.sweep import sweep
from content_models.models import Category, UnitPage, VideoPage
from tests.kills import scenes
from tests.kills.changes import catalogue, world
from tests.kills.changes.scenario import Facts

SCENARIOS = catalogue.SCENARIOS


def arrange(name: str, worlds: int = 2) -> list[Facts]:
    """Worlds that are alike, at rest; the log is numbered and nothing differs."""
    made = []
    for _ in range(worlds):
        # One comparison at its end, not one for each row.
        with outbox.transaction():
            facts = world.make()
        prepare = SCENARIOS[name].arrange
        if prepare is not None:
            prepare(facts)
        made.append(facts)
    if sweep():
        raise AssertionError("The signals missed something while the worlds were made.")
    relay()
    for facts in made:
        facts["videos"] = list(VideoPage.objects.values_list("pk", flat=True))
    return made


def act(name: str, facts: Facts) -> None:
    SCENARIOS[name].act(facts)


def open_house() -> Facts:
    """A house with one video, its real files in storage."""
    return {"video_pk": VideoPage.objects.get(public_id=scenes.publish_a_video()).pk}


def withdraw(facts: Facts) -> None:
    world.post("wagtailadmin_pages:unpublish", facts["video_pk"], data=world.REASON)


def look(facts: Facts) -> dict[str, Any]:
    """What was told, what a sweep had to add, whether their keys are right; then number it."""
    told = list(OutboxRow.objects.order_by("pk"))
    sweep()
    rows = list(OutboxRow.objects.order_by("pk"))
    made = _made(facts)
    seen = {
        "told": [_as_data(row) for row in told],
        "swept": [_as_data(row) for row in rows[len(told) :]],
        "wrong": _faults(rows),
        "new": [page.public_id for page in made],
    }
    relay()
    return seen


def look_for_nothing(facts: Facts) -> list[str]:
    """What a change that was cut off has left behind, told or not, in its own world."""
    found = [f"told: {row}" for row in OutboxRow.objects.all()]
    units = UnitPage.objects.filter(pk__in=[facts["upper_pk"], facts["other_pk"]])
    touched = Touched(
        subtrees=set(units.values_list("path", flat=True)),
        categories=set(Category.objects.values_list("pk", flat=True)),
        tags=set(Tag.objects.values_list("pk", flat=True)),
        redirects=set(Redirect.objects.values_list("old_path", flat=True)),
        site=True,
    )
    with database.atomic():
        if record_changes(touched, reason="look"):
            found += [f"changed: {row}" for row in OutboxRow.objects.all()]
            database.set_rollback(True)
    return found + [f"made: {page}" for page in _made(facts)]


def _made(facts: Facts) -> QuerySet[VideoPage]:
    """Videos that have come into this world since it was arranged."""
    units = UnitPage.objects.filter(pk__in=[facts["upper_pk"], facts["other_pk"]])
    here = Q(pk__in=[])
    for path in units.values_list("path", flat=True):
        here |= Q(path__startswith=path)
    return VideoPage.objects.filter(here).exclude(pk__in=facts["videos"]).order_by("path")


def _as_data(row: OutboxRow) -> dict[str, Any]:
    return {"what": f"{row.operation} {row.node_id}", "before": row.before, "after": row.after}


def _faults(rows: list[OutboxRow]) -> list[str]:
    """Each row starts where the one before it left its node; the last ends where the node is."""
    found = []
    ends: dict[str, Any] = {}
    for row in rows:
        if row.node_id not in ends:
            last = Change.objects.filter(node_id=row.node_id).order_by("sequence").last()
            ends[row.node_id] = last.after if last else None
        if row.before != ends[row.node_id]:
            found.append(f"{row.node_id} starts at {row.before}, was left at {ends[row.node_id]}")
        ends[row.node_id] = row.after
    told = dict(PublicState.objects.filter(pk__in=ends).values_list("pk", "keys"))
    return found + [
        f"{node_id} ends at {end}, but is at {told.get(node_id)}"
        for node_id, end in ends.items()
        if told.get(node_id) != end
    ]
