"""Takedowns killed at every step, and beside publishers that stand still at any of theirs."""

from __future__ import annotations

import pytest

from tests import sampling
from tests.kills import newsroom, withdrawals
from tests.kills.points import (
    ONE_KIND,
    SOAK,
    Dwelling,
    Story,
    aftermath,
    cases,
    in_turns,
    killed_at,
    walk,
    whole,
)

TAKING_DOWN = Story(
    name="taking-down",
    steps=(
        "takedown.begun",
        "takedown.recorded",
        "push.replaced",
        "takedown.put",
        "takedown.taken",
        "takedown.purged",
        "demote.recorded",
        "storage.deleted",
        "demote.switched",
        "takedown.filed",
        "takedown.concluded",
        "takedown.numbered",
    ),
    arrange=newsroom.visited_and_unpublished,
    act=withdrawals.take_down,
    expect=withdrawals.is_verified,
)
RETURNING = Story(
    name="publishing-again-while-it-is-taken-down",
    steps=(
        "takedown.begun",
        "takedown.recorded",
        "takedown.put",
        "takedown.taken",
        "takedown.filed",
        "takedown.concluded",
        "takedown.numbered",
    ),
    arrange=newsroom.visited_and_unpublished,
    act=withdrawals.take_down,
    then=newsroom.publish_again,
    expect=withdrawals.is_back,
)
OVERTAKING = Story(
    name="withdrawing-what-is-being-pushed",
    steps=("takedown.concluded", "push.tombstoned", "push.live", "publish.live"),
    arrange=withdrawals.edited,
    act=withdrawals.withdraw_while_pushing,
    expect=withdrawals.is_verified,
)
STORIES = (TAKING_DOWN,)
TWISTS = (RETURNING, OVERTAKING)
KILLED_AT = killed_at((*STORIES, *TWISTS))
# Where a publisher may stand still for as long as it likes.
MOMENTS = (
    "build.synced",
    "build.rendered",
    "build.journaled",
    "build.taken",
    "build.switched",
    "build.committed",
    "publish.built",
    "push.locked",
    "push.intended",
    "push.flushed",
    "push.replaced",
    "push.put",
    "push.purged",
    "push.sharded",
    "push.live",
    "push.unseen",
    "publish.pushed",
)
PARTS = ["tests.kills.withdrawals:is_verified"]


@pytest.mark.parametrize(
    ("story", "step", "builder"), in_turns(STORIES), indirect=["builder"], scope="session"
)
def test_a_killed_takedown_is_finished_by_the_next(
    dwelling: Dwelling, story: Story, step: str
) -> None:
    walk(dwelling, story, step)


@pytest.mark.parametrize("builder", ONE_KIND, indirect=True)
@pytest.mark.parametrize(("story", "step"), cases(TWISTS))
def test_a_kill_neither_brings_back_nor_holds_down(
    dwelling: Dwelling, story: Story, step: str
) -> None:
    walk(dwelling, story, step)


@pytest.mark.parametrize("builder", ONE_KIND, indirect=True)
@pytest.mark.parametrize(
    "moment",
    [moment for moment in MOMENTS if SOAK or not sampling.drawn(f"standing at {moment}", 3)]
    or MOMENTS[:1],
)
def test_a_publisher_that_stands_still_holds_no_withdrawal_up(
    dwelling: Dwelling, moment: str
) -> None:
    with dwelling.lent() as house:
        facts = house.run(withdrawals.edited)
        publisher = house.start(newsroom.publish_cycles, {}, hold=(moment, 1))
        publisher.wait_until_held()
        house.run(newsroom.unpublish, facts)
        assert house.run(withdrawals.take_down, facts) == []
        found = house.run(aftermath, facts, PARTS)
        assert withdrawals_only(found) == {}, found
        publisher.go_on()
        assert publisher.wait().code == 0
        found = house.run(aftermath, facts, [*PARTS, "tests.kills.calls:recover", *PARTS])
        assert not found, found
        house.run(newsroom.publish_again, facts)
        back = ["tests.kills.calls:recover", "tests.kills.withdrawals:is_back"]
        found = house.run(aftermath, facts, back)
        assert not found, found
        whole(house)


@pytest.mark.parametrize("builder", ONE_KIND, indirect=True)
@pytest.mark.parametrize("killed", [False, True], ids=["lives on", "killed"])
def test_a_lane_that_stood_still_holds_nothing_down_that_is_public_again(
    dwelling: Dwelling, *, killed: bool
) -> None:
    """It knows of no number yet; meanwhile others number, build, and publish the page again."""
    with dwelling.lent() as house:
        facts = house.run(withdrawals.withdrawn_beside_another)
        lane = house.start(
            withdrawals.take_down,
            facts,
            hold=("takedown.begun", 1),
            kill=("takedown.taken", 1) if killed else None,
        )
        lane.wait_until_held()
        house.run(newsroom.publish_cycles, facts)
        house.run(newsroom.publish_again, facts)
        house.run(newsroom.publish_cycles, facts)
        assert house.run(withdrawals.is_cancelled, facts)
        lane.go_on()
        assert lane.wait().killed == killed
        back = ["tests.kills.calls:recover", "tests.kills.withdrawals:is_back"]
        found = house.run(aftermath, facts, back)
        assert not found, found
        whole(house)


def withdrawals_only(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without what is no fault while a publisher is at work: the house is not at rest."""
    return {part: complaints for part, complaints in found.items() if part != "faults"}
