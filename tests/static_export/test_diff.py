"""The decision what to do, without any I/O."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from static_export import ExportError
from static_export.diff import Phase, Reason, check_removals, plan, removed_keys
from static_export.manifest import CACHE_CONTROL, Artifact, Gone, Item, Redirect
from static_export.retired import GRACE, due, retire

KEYS = [f"k{n}/index.html" for n in range(6)]


def artifact(key: str, version: int = 1, group: str = "page") -> Artifact:
    return Artifact(
        path=key,
        sha256=f"{version:064x}",
        size=version,
        type="text/html",
        cache="page",
        group=group,  # type: ignore[arg-type]
    )


def url(key: str) -> str:
    return "/" + key.removesuffix("index.html")


def item(key: str, choice: int) -> Item | None:
    choices: list[Item | None] = [
        None,
        artifact(key),
        artifact(key, 2),
        artifact(key, group="asset"),
        artifact(key, group="listing"),
        Redirect(source=url(key), to="/x/", status=301),
        Gone(path=url(key)),
    ]
    return choices[choice]


SITES = st.lists(st.integers(0, 6), min_size=len(KEYS), max_size=len(KEYS)).map(
    lambda choices: {
        key: found
        for key, choice in zip(KEYS, choices, strict=True)
        if (found := item(key, choice)) is not None
    }
)


@given(SITES, SITES, st.sets(st.sampled_from(KEYS)))
def test_carrying_out_a_plan_always_gives_what_was_built(
    live: dict[str, Item], built: dict[str, Item], unfinished: set[str]
) -> None:
    there: dict[str, object] = dict(live)
    for key in unfinished:
        there[key] = "half of a dead push"
    actions = plan(live, built, {key: built.get(key) for key in unfinished})
    for action in actions:
        if action.item is None:
            there.pop(action.key, None)
        else:
            there[action.key] = action.item
    assert there == built
    assert len({action.key for action in actions}) == len(actions)
    assert [action.phase for action in actions] == sorted(action.phase for action in actions)
    touched = {key for key in KEYS if live.get(key) != built.get(key)} | unfinished
    assert {action.key for action in actions} == touched


@given(SITES)
def test_nothing_changed_is_nothing_to_do(site: dict[str, Item]) -> None:
    assert plan(site, site, {}) == ()


@pytest.mark.parametrize(
    ("old", "new", "phase", "reason"),
    [
        (0, 1, Phase.NEW_PAGES, Reason.NEW),
        (1, 2, Phase.PAGES, Reason.CHANGED),
        (0, 3, Phase.ASSETS, Reason.NEW),
        (0, 4, Phase.NEW_LISTINGS, Reason.NEW),
        (1, 0, Phase.WITHDRAWALS, Reason.GONE),
        (1, 6, Phase.WITHDRAWALS, Reason.GONE),
        (0, 6, Phase.RULES, Reason.GONE),
        (4, 0, Phase.DELETIONS, Reason.GONE),
        (3, 0, Phase.DELETIONS, Reason.GONE),
        (5, 0, Phase.DELETIONS, Reason.GONE),
        (1, 5, Phase.RULES, Reason.MOVED),
        (5, 1, Phase.PAGES, Reason.CHANGED),
        (4, 2, Phase.PAGES, Reason.CHANGED),
        (1, 4, Phase.LISTINGS, Reason.CHANGED),
    ],
)
def test_every_change_has_its_phase_and_reason(
    old: int, new: int, phase: Phase, reason: Reason
) -> None:
    key = KEYS[0]
    before, after = item(key, old), item(key, new)
    [action] = plan({key: before} if before else {}, {key: after} if after else {}, {})
    assert (action.phase, action.reason) == (phase, reason)


@pytest.mark.parametrize(
    ("key", "phase", "retires"),
    [
        ("video/x/y/index.html", Phase.WITHDRAWALS, False),
        ("unit/x/index.html", Phase.DELETIONS, False),
        ("assets/site.0123456789.css", Phase.DELETIONS, True),
    ],
)
def test_of_what_only_a_dead_push_has_shown_pages_go_first_and_what_they_name_last(
    key: str, phase: Phase, retires: bool
) -> None:
    [action] = plan({}, {}, {key: None})
    assert (action.item, action.reason) == (None, Reason.UNFINISHED)
    assert (action.phase, action.retires) == (phase, retires)


def test_assets_stay_after_the_last_page_that_names_them_and_go_when_no_cache_has_one() -> None:
    old = {KEYS[0]: artifact(KEYS[0], group="asset"), KEYS[1]: artifact(KEYS[1])}
    actions = plan(old, {}, {})
    assert [(action.key, action.verb) for action in actions] == [
        (KEYS[1], "delete"),
        (KEYS[0], "retire"),
    ]
    retired = retire(actions, {}, 1000.0)
    assert retired == {KEYS[0]: 1000.0}
    assert retire(actions, retired, 2000.0) == retired, "it was retired before"
    assert due(retired, 1000.0 + GRACE - 1) == ()
    [action] = due(retired, 1000.0 + GRACE)
    assert (action.key, action.verb, action.reason) == (KEYS[0], "delete", Reason.RETIRED)
    assert retire(plan({}, old, {}), retired, 2000.0) == {}, "it is named again"


def test_assets_outlive_every_copy_of_a_page_that_a_cache_may_show() -> None:
    for policy in ("page", "listing"):
        ages = re.findall(r"(?:max-age|stale-[a-z-]+)=(\d+)", CACHE_CONTROL[policy])
        assert sum(map(int, ages)) < GRACE


@pytest.mark.parametrize(("removed", "site", "refused"), [(20, 30, False), (21, 30, True)])
def test_a_small_site_may_lose_twenty_files(removed: int, site: int, refused: bool) -> None:
    assert_refused(removed, site, refused)


@pytest.mark.parametrize(("removed", "site", "refused"), [(200, 1000, False), (201, 1000, True)])
def test_a_large_site_may_lose_a_fifth(removed: int, site: int, refused: bool) -> None:
    assert_refused(removed, site, refused)


def test_assets_and_moves_are_no_removals_but_tombstones_are() -> None:
    live = {key: artifact(key) for key in KEYS[:3]} | {KEYS[3]: artifact(KEYS[3], group="asset")}
    built: dict[str, Item] = {
        KEYS[0]: Redirect(source=url(KEYS[0]), to="/x/", status=301),
        KEYS[1]: Gone(path=url(KEYS[1])),
    }
    assert removed_keys(plan(live, built, {})) == (KEYS[1], KEYS[2])


def assert_refused(removed: int, site: int, refused: bool) -> None:
    keys = tuple(f"{n}.html" for n in range(removed))
    check_removals(keys, site, allow_mass_delete=True)
    if not refused:
        check_removals(keys, site, allow_mass_delete=False)
        return
    with pytest.raises(ExportError) as caught:
        check_removals(keys, site, allow_mass_delete=False)
    assert caught.value.code == "mass-delete"
