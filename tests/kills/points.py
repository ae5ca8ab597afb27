"""Stories with the steps at which they are killed, and the walk through one of them.

A table of stories makes its tests, so what it declares is what is killed: a walk fails unless the
process died at that step. `test_points` compares the tables with the code.
"""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests import sampling
from tests.kills import calls, reach
from tests.kills.edge import remembering
from tests.kills.houses import Builder, House

DATABASE_QUEUE = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "media", "arrivals"],
    }
}
SOAK = os.environ.get("SOAK") == "1"
KINDS = ("sqlite", "postgresql")
# Where a step has nothing to do with the database, one kind of it is enough outside a soak.
ONE_KIND = KINDS if SOAK else KINDS[:1]

Facts = dict[str, Any]


def nothing(facts: Facts) -> list[str]:
    """Nothing to do, nothing to complain of."""
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Something a platform does, killed at each of `steps`; every part is a process of its own.

    `arrange` answers with facts for the rest; their `videos` are looked at closely. `then` is what
    people do before anybody recovers. `held` and `expect` answer with complaints: right after the
    kill, and when all is at rest.
    """

    name: str
    steps: tuple[str, ...]
    arrange: Callable[[], Facts]
    act: Callable[[Facts], object]
    then: Callable[[Facts], object] = nothing
    held: Callable[[Facts], list[str]] = nothing
    recover: Callable[[], dict[str, Any]] = calls.recover
    expect: Callable[[Facts], list[str]] = nothing


def pairs(stories: Iterable[Story], *, whole: bool = SOAK) -> list[tuple[Story, str]]:
    """Stories and steps to kill them at: in a soak each of each, else every step and every story.

    A step that several stories come by is killed at in the first of them; a story of which nothing
    is left then is killed at one of its steps all the same.
    """
    found: list[tuple[Story, str]] = []
    killed: set[str] = set()
    for story in stories:
        new = [step for step in story.steps if whole or step not in killed]
        new = new or [story.steps[sum(story.name.encode()) % len(story.steps)]]
        found += [(story, step) for step in new]
        killed.update(new)
    return found


def sampled(found: list[tuple[Story, str]], *, one_in: int = 2) -> list[tuple[Story, str]]:
    """About one in so many of the pairs, and of each story at least one."""
    taken = [pair for pair in found if not sampling.drawn(f"{pair[0].name} {pair[1]}", one_in)]
    for story in {pair[0].name: pair[0] for pair in found}.values():
        if not any(one.name == story.name for one, _ in taken):
            own = [pair for pair in found if pair[0].name == story.name]
            taken.append(own[sampling.drawn(story.name, len(own))])
    return [pair for pair in found if pair in taken]


def chosen(stories: Iterable[Story]) -> list[tuple[Story, str]]:
    """Pairs that this run kills: in a soak all, else a sample."""
    return pairs(stories) if SOAK else sampled(pairs(stories))


def cases(stories: Iterable[Story]) -> list[Any]:
    """`story` and `step` of one test for each of `chosen`."""
    return [pytest.param(story, step, id=f"{story.name}-{step}") for story, step in chosen(stories)]


def in_turns(stories: Iterable[Story]) -> list[Any]:
    """The same with a `builder`: one kind of database or the other, in a soak both for each.

    For steps between two calls of the store, to which both databases have committed the same.
    """
    return [
        pytest.param(story, step, kind, id=f"{story.name}-{step}-{kind}")
        for story, step in chosen(stories)
        for kind in (KINDS if SOAK else [KINDS[sampling.drawn(f"on {story.name} {step}", 2)]])
    ]


def killed_at(stories: Iterable[Story]) -> tuple[str, ...]:
    """The steps that tests made from these stories kill at."""
    return tuple(step for story in stories for step in story.steps)


class Dwelling:
    """A house with a past behind a caching edge, shared by tests while it stays sound."""

    def __init__(self, builder: Builder, furnish: Callable[[], object]) -> None:
        self.builder = builder
        self._furnish = furnish
        self._stack = ExitStack()
        self._house: House | None = None
        # Story → how often a run that nobody killed came by each step.
        self.counted: dict[str, dict[str, int]] = {}

    @contextmanager
    def lent(self) -> Iterator[House]:
        """The house, at rest; if the block fails, nobody else gets it."""
        if self._house is None:
            self._house = self._stack.enter_context(self.builder.house())
            edge = self._stack.enter_context(remembering(self._house.folder / "edge"))
            self._house.place["settings"] |= {
                "SITE_EDGE_URL": edge,
                "SITE_PURGE_URL": edge,
                "TASKS": DATABASE_QUEUE,
            }
            self._house.run(self._furnish)
            rest(self._house)
        try:
            yield self._house
        except BaseException:
            self._house = None
            self._stack.close()
            raise

    def close(self) -> None:
        """Compare what all the accidents have left with a site built at once."""
        with self._stack:
            if self._house is not None:
                whole(self._house)


def rest(house: House) -> None:
    """Let the house come to rest by itself, and find no fault in it."""
    found = house.run(aftermath, {}, [_name(calls.recover)])
    assert not found, found


def whole(house: House) -> None:
    """The site that grew is the site that would be built anew."""
    grown = house.run(calls.site_files)
    assert grown == house.zygote.start(house.copy_of(), calls.build_anew).result()


def walk(dwelling: Dwelling, story: Story, step: str) -> None:
    """Kill the story at one passing of the step, in a soak at each, and let it mend itself."""
    with dwelling.lent() as house:
        for passing in _passings(_count(dwelling, house, story)[step], f"{story.name} {step}"):
            while passing := _kill(house, story, step, passing):
                pass
            if SOAK:
                whole(house)


def _kill(house: House, story: Story, step: str, passing: int) -> int:
    """Kill there and see to what follows; 0, or where to kill instead: the last passing.

    What has to go differs from release to release: a run may come by less often than the one that
    was counted.
    """
    facts = house.run(story.arrange)
    ended = house.start(story.act, facts, kill=(step, passing)).wait()
    came_by = 0 if ended.killed else ended.steps.get(step, 0)
    assert ended.killed or 0 < came_by < passing, (
        f"nothing died at {step} ({passing}): {ended.steps}\n{ended.log}"
    )
    found = house.run(aftermath, facts, _afterwards(story))
    assert not found, found
    return came_by


def aftermath(facts: Facts, parts: list[str]) -> dict[str, list[str]]:
    """Go through what follows a kill, in one process of its own; complaints of each part.

    `parts` are `module:function`; between any two of them nothing may be exposed.
    """
    found: dict[str, list[str]] = {}
    closely = facts.get("videos", [])
    for number, part in enumerate(["", *parts]):
        if part:
            module, _, name = part.partition(":")
            call = getattr(importlib.import_module(module), name)
            answer = call(*[facts][: len(inspect.signature(call).parameters)])
            found[f"{number} {name}"] = answer["failures"] if isinstance(answer, dict) else answer
        found[f"{number} exposed"] = reach.exposed(closely)
    found["faults"] = calls.faults()
    return {part: complaints for part, complaints in found.items() if complaints}


def _afterwards(story: Story) -> list[str]:
    return [_name(part) for part in (story.held, story.then, story.recover, story.expect)]


def _name(call: Callable[..., Any]) -> str:
    return f"{call.__module__}:{call.__name__}"


def _count(dwelling: Dwelling, house: House, story: Story) -> dict[str, int]:
    """How often an undisturbed run comes by each step; the story must be told well, too."""
    if story.name not in dwelling.counted:
        facts = house.run(story.arrange)
        ended = house.start(story.act, facts).wait()
        assert ended.code == 0, ended.log
        found = house.run(aftermath, facts, _afterwards(story))
        assert not found, found
        missed = set(story.steps) - ended.steps.keys()
        assert not missed, f"the story never comes by {sorted(missed)}"
        dwelling.counted[story.name] = ended.steps
    return dwelling.counted[story.name]


def _passings(count: int, name: str) -> list[int]:
    if SOAK:
        return list(range(1, count + 1))
    chosen = sorted({1, (count + 1) // 2, count})
    # Which one is the same in every run, and another for each step.
    return [chosen[sum(name.encode()) % len(chosen)]]
