"""Through the real admin, on both databases, with a kill between save and signal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.kills import calls
from tests.kills.changes import play
from tests.kills.changes.scenario import Facts, How, Scenario, filled
from tests.kills.houses import Builder, House

# A sweep compares the whole house: this keeps it small.
VISITS = 12
BEFORE_THE_COMMIT = ("outbox.touched", "outbox.written")


class Street:
    """One house for many changes, each in worlds of its own; a new one before it gets crowded."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._open = ExitStack()
        self._visits = 0
        self._house: House | None = None

    def house(self) -> House:
        if self._house is None or self._visits % VISITS == 0:
            self._open.close()
            self._house = self._open.enter_context(self._builder.house())
        self._visits += 1
        return self._house

    def close(self) -> None:
        self._open.close()


@pytest.fixture(scope="module")
def houses(builder: Builder) -> Iterator[Street]:
    made = Street(builder)
    yield made
    made.close()


@pytest.fixture
def street(houses: Street) -> House:
    return houses.house()


def expected(scenario: Scenario, facts: Facts, seen: dict[str, Any]) -> list[str]:
    return sorted(filled(scenario.told, facts | {"new": seen["new"]}))


def names(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["what"] for row in rows)


@pytest.mark.parametrize("name", sorted(play.SCENARIOS))
def test_a_change_is_told_with_it_or_not_made(name: str, street: House) -> None:
    scenario = play.SCENARIOS[name]
    if scenario.how is How.WHOLE:
        _whole(scenario, street)
    else:
        _by_hand(scenario, street)


def _whole(scenario: Scenario, street: House) -> None:
    everywhere = thorough(scenario)
    worlds = 2 if everywhere and not scenario.alone else 1
    first, *others = street.run(play.arrange, scenario.name, worlds)
    steps = BEFORE_THE_COMMIT if everywhere else BEFORE_THE_COMMIT[:1]
    for step in steps if scenario.told else ():
        ended = street.start(play.act, scenario.name, first, kill=(step, 1)).wait()
        assert ended.killed, f"{step} was not reached:\n{ended.log}"
        assert street.run(play.look_for_nothing, first) == [], f"killed at {step}"
    street.start(play.act, scenario.name, first).result()
    _told_at_once(scenario, first, street)
    for second in others if scenario.told else ():
        street.start(play.act, scenario.name, second, kill=("outbox.committed", 1)).wait()
        _told_at_once(scenario, second, street)


def thorough(scenario: Scenario) -> bool:
    """Between save and signal every change is killed; at the later steps, every third is enough."""
    return bool(os.environ.get("SOAK")) or sorted(play.SCENARIOS).index(scenario.name) % 3 == 0


def _told_at_once(scenario: Scenario, facts: Facts, street: House) -> None:
    seen = street.run(play.look, facts)
    assert seen["wrong"] == []
    assert names(seen["told"]) == expected(scenario, facts, seen)
    assert seen["swept"] == []
    _check_keys(scenario, facts, seen["told"])


def _by_hand(scenario: Scenario, street: House) -> None:
    """Without an outer transaction a node may be told in steps; what counts is where they end."""
    whole, *others = street.run(play.arrange, scenario.name, 1 if scenario.alone else 2)
    for killed in others if scenario.how is How.SIGNALLED else ():
        ended = street.start(play.act, scenario.name, killed, kill=("outbox.touched", 1)).wait()
        assert ended.killed or not scenario.told, ended.log
        assert street.run(play.look, killed)["wrong"] == []
    street.start(play.act, scenario.name, whole).result()
    seen = street.run(play.look, whole)
    assert seen["wrong"] == []
    now, later = last_of_each(seen["told"]), last_of_each(seen["swept"])
    rows = later if scenario.how is How.SILENT else now
    assert names([*now, *later]) == names(rows) == expected(scenario, whole, seen)
    _check_keys(scenario, whole, rows)


def last_of_each(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last row of each node, from where its first one started."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        node_id = row["what"].split(" ", 1)[1]
        found[node_id] = row | {"before": found.get(node_id, row)["before"]}
    return list(found.values())


def _check_keys(scenario: Scenario, facts: Facts, rows: list[dict[str, Any]]) -> None:
    found = {row["what"].split(" ", 1)[1]: row for row in rows}
    for node_id, (before, after) in filled(scenario.keys, facts).items():
        for keys, wanted in (
            (found[node_id]["before"], before),
            (found[node_id]["after"], after),
        ):
            assert wanted is None or {name: keys[name] for name in wanted} == wanted


@pytest.mark.parametrize("step", ["outbox.touched", "outbox.written", "outbox.committed"])
def test_a_platform_recovers_by_itself_from_a_withdrawal_cut_off(step: str, house: House) -> None:
    facts = house.run(play.open_house)
    assert house.run(calls.recover)["failures"] == []
    assert house.start(play.withdraw, facts, kill=(step, 1)).wait().killed
    assert house.run(calls.recover)["failures"] == []
    assert house.run(calls.faults) == []
    withdrawn = step == "outbox.committed"
    shown = any(path.startswith("video/") for path in house.run(calls.site_files))
    assert shown is not withdrawn
