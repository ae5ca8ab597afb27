"""Numbering, building and pushing, killed at every step; and two publishers at once."""

from __future__ import annotations

import pytest

from tests.kills import newsroom
from tests.kills.points import ONE_KIND, Dwelling, Story, cases, killed_at, walk

EDITING = Story(
    name="editing",
    steps=("outbox.touched", "outbox.written", "outbox.committed"),
    arrange=newsroom.on_air,
    act=newsroom.unpublish,
    expect=newsroom.is_whole,
)
NUMBERING = Story(
    name="numbering",
    steps=(
        "relay.chained",
        "relay.numbered",
        "relay.committed",
        "publish.built",
        "publish.pushed",
        "publish.live",
    ),
    arrange=newsroom.published,
    act=newsroom.publish_cycles,
    expect=newsroom.is_public,
)
BUILDING = Story(
    name="building",
    steps=(
        "build.synced",
        "build.rendered",
        "build.journaled",
        "build.taken",
        "build.sharded",
        "build.switched",
        "build.committed",
    ),
    arrange=newsroom.visited,
    act=newsroom.publish_cycles,
    expect=newsroom.is_seen,
)
READING = Story(
    name="reading",
    steps=("build.pulled",),
    arrange=newsroom.visited_and_forgotten,
    act=newsroom.publish_cycles,
    expect=newsroom.is_seen,
)
PUSHING = Story(
    name="pushing",
    steps=(
        "push.locked",
        "push.doubted",
        "push.intended",
        "push.flushed",
        "push.replaced",
        "push.put",
        "push.purged",
        "push.sharded",
        "push.live",
        "push.dropped",
        "push.unseen",
    ),
    arrange=newsroom.visited,
    act=newsroom.publish_cycles,
    expect=newsroom.is_seen,
)
WITHDRAWING = Story(
    name="withdrawing",
    steps=("build.removed", "push.replaced", "push.deleted", "push.withdrawn", "push.purged"),
    arrange=newsroom.visited_and_unpublished,
    act=newsroom.publish_cycles,
    expect=newsroom.is_seen,
)
STORIES = (EDITING, NUMBERING, BUILDING, READING, PUSHING, WITHDRAWING)
KILLED_AT = killed_at(STORIES)


@pytest.mark.parametrize(("story", "step"), cases((EDITING, NUMBERING)))
def test_a_kill_loses_and_repeats_no_change(dwelling: Dwelling, story: Story, step: str) -> None:
    walk(dwelling, story, step)


@pytest.mark.parametrize("builder", ONE_KIND, indirect=True)
@pytest.mark.parametrize(("story", "step"), cases((BUILDING, READING, PUSHING, WITHDRAWING)))
def test_a_kill_leaves_no_page_stale(dwelling: Dwelling, story: Story, step: str) -> None:
    walk(dwelling, story, step)
