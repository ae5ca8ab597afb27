"""However many edit the same things at once, the public sees one truth, each part of it once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from tests.kills import calls, withdrawals
from tests.kills.houses import House
from tests.kills.processes import A_TRY
from tests.kills.soak import crowd, publishers, races

WHOLE = os.environ.get("SOAK") == "1"
EDITORS = 4
ROUNDS, EACH = (40, 25) if WHOLE else (2, 6)


def rest(house: House) -> None:
    """Let everything come to its end, and find nothing amiss."""
    assert house.run(calls.recover)["failures"] == []
    assert house.run(calls.faults) == []


def whole(house: House) -> None:
    """The site that grew is the site that would be built anew."""
    grown = house.run(calls.site_files)
    assert grown == house.zygote.start(house.copy_of(), calls.build_anew).result()


@pytest.mark.timeout(3600 if WHOLE else 300)
def test_four_editors_of_the_same_pages_end_in_one_truth(house: House) -> None:
    seed = os.environ.get("SOAK_SEED") or (secrets.token_hex(4) if WHOLE else "crowd")
    house.run(crowd.furnish, seed)
    for turn in range(ROUNDS):
        first = 1 + turn * EDITORS * EACH
        started = [
            house.start(crowd.work, f"{seed}-{editor}", first + editor * EACH, EACH)
            for editor in range(EDITORS)
        ]
        publisher = house.start(publishers.publish, f"{seed}-{turn}", 3)
        lane = house.start(withdrawals.run_lane, f"{seed}-{turn}", 10)
        for child in (*started, publisher, lane):
            ended = child.wait(600)
            assert not ended.code, f"SOAK_SEED={seed}, round {turn}\n{ended.log}"
        rest(house)
    whole(house)


def meet(
    house: House, held: Callable[..., None], at: tuple[str, int], other: Callable[..., None]
) -> dict[str, Any]:
    """Hold one half-way, let the other try, let the first go on; what is there when both ended."""
    keys = house.run(races.make_a_story)
    first = house.start(held, keys, hold=at)
    first.wait_until_held()
    second = house.start(other, keys)
    second.has_ended(within=A_TRY)
    first.go_on()
    for child in (first, second):
        child.result()
    return house.run(races.look, keys)


def test_a_page_that_is_moved_while_another_edits_it_arrives(house: House) -> None:
    seen = meet(house, races.read_then_save, ("outbox.touched", 1), races.move_away)
    assert (seen["title"], seen["unit"]) == ("Patroli malam", "polda-jabar")
    assert seen["told"]["title"] == "Patroli malam"
    assert seen["differing"] == []
    rest(house)


def test_a_withdrawal_is_not_taken_back_by_an_edit_that_began_before_it(house: House) -> None:
    seen = meet(house, races.read_then_save, ("outbox.touched", 1), races.unpublish)
    assert not seen["live"]
    assert seen["told"] is None
    rest(house)


def test_two_comparisons_at_once_do_not_forget_each_others_edit(house: House) -> None:
    seen = meet(house, races.rename_category, ("outbox.written", 1), races.measure_anew)
    assert seen["told"]["categories"] == ["lalin"]
    assert seen["told"]["media"]["duration"] == 99.0
    assert seen["differing"] == []
    rest(house)


def test_captions_may_be_edited_while_their_video_is_withdrawn(house: House) -> None:
    meet(house, races.change_captions, ("outbox.touched", 1), races.withdraw)
    rest(house)


@pytest.mark.parametrize("builder", ["postgresql"], indirect=True)
def test_drafts_of_two_pages_do_not_wait_for_each_other(house: House) -> None:
    keys = house.run(races.make_a_story)
    house.run(races.open_door)
    first = house.start(races.draft_page, keys, hold=("outbox.touched", 1))
    first.wait_until_held()
    house.start(races.draft_other, keys).result()
    publisher = house.start(races.publish_other, keys)
    assert not publisher.has_ended(within=A_TRY)
    first.go_on()
    first.result()
    publisher.result()
    rest(house)
