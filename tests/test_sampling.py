"""A sample takes one part of each test, another at another commit, and nothing is never taken."""

from __future__ import annotations

from typing import Any

import pytest

from tests import sampling


class Item:
    """As much of a test as the sample looks at."""

    def __init__(self, nodeid: str, **params: str) -> None:
        self.nodeid = nodeid
        if params:
            self.callspec = type("CallSpec", (), {"params": params})


TESTS: list[Any] = [
    Item("tests/kills/test_a.py::one[sqlite]", builder="sqlite"),
    Item("tests/kills/test_a.py::one[postgresql]", builder="postgresql"),
    Item("tests/kills/test_a.py::two[sqlite-x]", builder="sqlite", step="x"),
    Item("tests/kills/test_a.py::two[postgresql-x]", builder="postgresql", step="x"),
    Item("tests/kills/test_a.py::two[sqlite-y]", builder="sqlite", step="y"),
    Item("tests/kills/test_a.py::three"),
    Item("tests/cms/test_b.py::four[sqlite]", builder="sqlite"),
    Item("tests/cms/test_b.py::four[postgresql]", builder="postgresql"),
]


def names(items: list[Any]) -> set[str]:
    return {item.nodeid.rpartition("::")[2] for item in items}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOAK", raising=False)


def test_of_each_test_one_part_runs_and_all_of_what_has_no_parts() -> None:
    run, left_out = sampling.one_of_each(TESTS)
    assert names(run) | names(left_out) == names(TESTS)
    assert len(names(run) & {"one[sqlite]", "one[postgresql]"}) == 1
    assert len(names(run) & {"two[sqlite-x]", "two[postgresql-x]"}) == 1
    assert names(run) >= {"two[sqlite-y]", "three", "four[sqlite]", "four[postgresql]"}


def test_what_is_asked_for_alone_runs() -> None:
    for item in TESTS:
        assert sampling.one_of_each([item]) == ([item], [])


def test_commits_together_run_everything_and_a_soak_does_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: set[str] = set()
    for seed in range(12):
        monkeypatch.setattr(sampling, "seed", lambda seed=seed: str(seed))
        run, _ = sampling.one_of_each(TESTS)
        assert sampling.one_of_each(TESTS)[0] == run
        found |= names(run)
    assert found == names(TESTS)
    monkeypatch.setenv("SOAK", "1")
    assert sampling.one_of_each(TESTS) == (TESTS, [])
