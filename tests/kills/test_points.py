"""Every step that the code names is one that some test has killed a process at."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import sampling
from tests.kills.points import Story, nothing, pairs, sampled

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cms", "content_models", "site_builder", "static_export")
STEP = "policetube.step"
# Tables of what is killed; each makes the tests that kill.
TABLES = (
    "test_arrivals",
    "test_audits",
    "test_promotion",
    "test_publishing",
    "test_releases",
    "test_takedowns",
    "test_uploads",
)


def steps_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Name and line of every step that a module names; raises on a name that is no literal."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.audit"):
            continue
        event, *rest = node.args
        if not (isinstance(event, ast.Constant) and event.value == STEP):
            continue
        name = rest[0] if len(rest) == 1 else event
        if not (isinstance(name, ast.Constant) and isinstance(name.value, str)) or name is event:
            raise ValueError(f"line {node.lineno}: a step is named by one literal")
        yield name.value, node.lineno


def named_steps() -> dict[str, list[str]]:
    """Step → the places that name it."""
    found: dict[str, list[str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for name, line in steps_in(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault(name, []).append(f"{path.relative_to(ROOT)}:{line}")
    return found


def killed_steps() -> Counter[str]:
    """Step → how many tests kill there."""
    found: Counter[str] = Counter()
    for table in TABLES:
        module = importlib.import_module(f"tests.kills.{table}")
        found.update(module.KILLED_AT)
    return found


def test_every_step_is_killed_at_by_some_test() -> None:
    untested = sorted(named_steps().keys() - killed_steps().keys())
    assert not untested, f"give each of these a story in tests/kills: {untested}"


def test_no_test_waits_for_a_step_that_the_code_does_not_name() -> None:
    assert not sorted(killed_steps().keys() - named_steps().keys())


def test_every_step_is_named_at_one_place() -> None:
    twice = {name: places for name, places in named_steps().items() if len(places) > 1}
    assert not twice


def test_a_step_whose_name_is_not_a_literal_is_found() -> None:
    with pytest.raises(ValueError, match="literal"):
        list(steps_in(ast.parse(f"sys.audit('{STEP}', name)")))
    assert list(steps_in(ast.parse(f"sys.audit('{STEP}', 'relay.numbered')"))) == [
        ("relay.numbered", 1)
    ]


def test_a_sample_has_every_step_and_every_story() -> None:
    stories = [
        Story(name=name, steps=steps, arrange=dict, act=nothing)
        for name, steps in [("a", ("1", "2")), ("b", ("2", "3")), ("c", ("2", "1"))]
    ]
    whole, sample = pairs(stories, whole=True), pairs(stories, whole=False)
    assert len(whole) == 6
    assert set(sample) < set(whole)
    assert {step for _story, step in sample} == {"1", "2", "3"}
    assert [story.name for story, _step in sample] == ["a", "a", "b", "c"]


def test_samples_of_all_commits_together_are_everything_and_none_lacks_a_story(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = tuple("123456")
    stories = [Story(name=name, steps=steps, arrange=dict, act=nothing) for name in "abc"]
    everything = pairs(stories, whole=True)
    found = set()
    for seed in range(12):
        monkeypatch.setattr(sampling, "seed", lambda seed=seed: str(seed))
        sample = sampled(everything)
        assert sample == sampled(everything)
        assert {story.name for story, _step in sample} == {"a", "b", "c"}
        assert len(sample) < len(everything)
        found.update((story.name, step) for story, step in sample)
    assert len(found) == len(everything)
