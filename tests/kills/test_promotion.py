"""Media move with their pages, and a kill between any two steps leaves nothing half public."""

from __future__ import annotations

import pytest

from tests.kills import newsroom
from tests.kills.points import ONE_KIND, Dwelling, Story, cases, in_turns, killed_at, walk

PROMOTION = (
    "promote.recorded",
    "storage.copied",
    "promote.noted",
    "promote.copied",
    "storage.put",
    "promote.captions",
    "promote.captioned",
    "promote.poster",
    "promote.postered",
    "promote.switched",
    "promote.untold",
)
WITHDRAWAL = (
    "demote.recorded",
    "storage.deleted",
    "demote.deleted",
    "demote.confirmed",
    "demote.switched",
    "demote.private",
)
REPLACEMENT = (
    "promote.copied",
    "promote.switched",
    "promote.untold",
    "publish.live",
    "demote.deleted",
    "demote.private",
)
CORRECTION = (
    "storage.put",
    "promote.captions",
    "promote.captioned",
    "promote.untold",
    "storage.deleted",
    "retired.deleted",
)
CHOICE = (
    "storage.put",
    "poster.stored",
    "poster.recorded",
    "retired.deleted",
    "storage.copied",
    "promote.poster",
    "promote.postered",
    "promote.untold",
)
OVERTAKEN_PROMOTION = (
    "promote.recorded",
    "promote.copied",
    "promote.captions",
    "promote.poster",
    "promote.switched",
    "promote.untold",
)
OVERTAKEN_WITHDRAWAL = (
    "demote.recorded",
    "storage.deleted",
    "demote.confirmed",
    "demote.private",
)
STORIES = (
    Story(
        name="publishing",
        steps=PROMOTION,
        arrange=newsroom.published,
        act=newsroom.publish_cycles,
        expect=newsroom.is_public,
    ),
    Story(
        name="unpublishing",
        steps=WITHDRAWAL,
        arrange=newsroom.unpublished,
        act=newsroom.publish_cycles,
        expect=newsroom.is_gone,
    ),
    Story(
        name="correcting-captions",
        steps=CORRECTION,
        arrange=newsroom.corrected,
        act=newsroom.publish_cycles,
        expect=newsroom.is_corrected,
    ),
    Story(
        name="choosing-a-poster",
        steps=CHOICE,
        arrange=newsroom.on_air,
        act=newsroom.choose_poster,
        expect=newsroom.has_its_poster,
    ),
)
# The same steps in other company.
TWISTS = (
    Story(
        name="replacing",
        steps=REPLACEMENT,
        arrange=newsroom.replaced,
        act=newsroom.publish_cycles,
        expect=newsroom.is_replaced,
    ),
    Story(
        name="unpublishing-while-it-becomes-public",
        steps=OVERTAKEN_PROMOTION,
        arrange=newsroom.published,
        act=newsroom.publish_cycles,
        then=newsroom.unpublish,
        expect=newsroom.is_gone,
    ),
    Story(
        name="publishing-again-while-it-goes",
        steps=OVERTAKEN_WITHDRAWAL,
        arrange=newsroom.unpublished,
        act=newsroom.publish_cycles,
        then=newsroom.publish_again,
        expect=newsroom.is_public,
    ),
)
KILLED_AT = killed_at((*STORIES, *TWISTS))


@pytest.mark.parametrize(
    ("story", "step", "builder"), in_turns(STORIES), indirect=["builder"], scope="session"
)
def test_a_kill_leaves_nothing_half_public(dwelling: Dwelling, story: Story, step: str) -> None:
    walk(dwelling, story, step)


@pytest.mark.parametrize("builder", ONE_KIND, indirect=True)
@pytest.mark.parametrize(("story", "step"), cases(TWISTS))
def test_a_kill_and_a_change_of_mind_leave_nothing_half_public(
    dwelling: Dwelling, story: Story, step: str
) -> None:
    walk(dwelling, story, step)
