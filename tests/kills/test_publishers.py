"""Two publishers at once, started by mistake: each thing is done once, and nothing goes wrong."""

from __future__ import annotations

import pytest

from tests.kills import newsroom
from tests.kills.points import SOAK, Dwelling, aftermath, whole
from tests.kills.processes import A_TRY

ROUNDS = 8 if SOAK else 1
MOMENTS = ("promote.copied", "demote.deleted", "relay.numbered", "push.intended", "publish.live")
PARTS = ["tests.kills.calls:recover", "tests.kills.newsroom:is_whole"]


def test_two_publishers_at_once_do_everything_once(dwelling: Dwelling) -> None:
    with dwelling.lent() as house:
        for _ in range(ROUNDS):
            facts = [house.run(newsroom.unpublished), house.run(newsroom.published)]
            both = [house.start(newsroom.publish_cycles, {}) for _ in range(2)]
            for ended in [child.wait() for child in both]:
                assert ended.code == 0, ended.log
            for video in facts:
                found = house.run(aftermath, video, PARTS)
                assert not found, found
            whole(house)


def test_a_change_has_one_number_however_many_give_numbers_at_once(dwelling: Dwelling) -> None:
    with dwelling.lent() as house:
        facts = house.run(newsroom.unpublished)
        first = house.start(newsroom.number, {}, hold=("relay.chained", 1))
        first.wait_until_held()
        second = house.start(newsroom.number, {})
        second.has_ended(within=A_TRY)
        first.go_on()
        assert first.result() > 0
        assert second.result() == 0
        found = house.run(aftermath, facts, PARTS)
        assert not found, found


@pytest.mark.parametrize("moment", MOMENTS if SOAK else MOMENTS[:2])
def test_one_of_two_publishers_dies_and_the_other_finishes(dwelling: Dwelling, moment: str) -> None:
    with dwelling.lent() as house:
        facts = [house.run(newsroom.unpublished), house.run(newsroom.published)]
        both = [house.start(newsroom.publish_cycles, {}, kill=(moment, 1)), None]
        both[1] = house.start(newsroom.publish_cycles, {})
        dead, alive = (child.wait() for child in both if child)
        assert alive.code == 0, alive.log
        assert dead.killed or dead.code == 0, dead.log
        for video in facts:
            found = house.run(aftermath, video, PARTS)
            assert not found, found


def test_an_editor_changes_her_mind_while_a_publisher_is_at_work(dwelling: Dwelling) -> None:
    with dwelling.lent() as house:
        facts = house.run(newsroom.unpublished)
        publisher = house.start(newsroom.publish_cycles, {})
        for act in (newsroom.publish_again, newsroom.unpublish, newsroom.publish_again):
            house.run(act, facts)
        assert publisher.wait().code == 0
        found = house.run(aftermath, facts, ["tests.kills.calls:recover"])
        assert not found, found
        found = house.run(aftermath, facts, ["tests.kills.newsroom:is_public"])
        assert not found, found
