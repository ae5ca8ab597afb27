"""An upload in parts ends in one asset, whoever dies on the way, and leaves no parts behind."""

from __future__ import annotations

import pytest

from tests.kills import arrivals
from tests.kills.points import Dwelling, Story, in_turns, killed_at, walk

STORIES = (
    Story(
        name="sending",
        steps=("upload.opened", "upload.begun", "upload.claimed", "upload.queued"),
        arrange=arrivals.chosen,
        act=arrivals.send,
        then=arrivals.send,
        recover=arrivals.recover,
        expect=arrivals.has_arrived,
    ),
    Story(
        name="finishing",
        steps=("upload.joined", "upload.hashed", "intake.committed", "upload.recorded"),
        arrange=arrivals.handed_over,
        act=arrivals.work,
        recover=arrivals.recover,
        expect=arrivals.has_arrived,
    ),
    Story(
        name="recognising",
        steps=("upload.recorded", "storage.deleted"),
        arrange=arrivals.handed_over_twice,
        act=arrivals.work,
        recover=arrivals.recover,
        expect=arrivals.has_arrived,
    ),
    Story(
        name="finding-damage",
        steps=("upload.refused",),
        arrange=arrivals.handed_over_damaged,
        act=arrivals.work,
        recover=arrivals.recover,
        expect=arrivals.is_refused,
    ),
    Story(
        name="finishing-again",
        steps=("upload.requeued",),
        arrange=arrivals.handed_over_and_forgotten,
        act=arrivals.reconcile_and_work,
        recover=arrivals.recover,
        expect=arrivals.has_arrived,
    ),
    Story(
        name="giving-an-upload-up",
        steps=("upload.abandoned", "upload.ended"),
        arrange=arrivals.begun,
        act=arrivals.give_up,
        recover=arrivals.recover,
        expect=arrivals.is_given_up,
    ),
)
KILLED_AT = killed_at(STORIES)


@pytest.mark.storage
@pytest.mark.parametrize(
    ("story", "step", "builder"), in_turns(STORIES), indirect=["builder"], scope="session"
)
def test_a_kill_loses_no_part_and_makes_no_second_asset(
    dwelling: Dwelling, story: Story, step: str
) -> None:
    walk(dwelling, story, step)
