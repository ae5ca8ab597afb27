"""Whatever pushes and rollbacks die of, and in whichever order: the next one needs no hand.

Each runs in a process of its own that is killed at one of its own steps. Histories that once needed
a hand are played again; a soak plays new ones.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from static_export import ExportError, push, rollback
from static_export.build import Build
from static_export.rollback import kept_releases
from static_export.targets import open_target
from static_export.verify import verify_target
from tests import sampling
from tests.static_export.histories import History

SOAK = os.environ.get("SOAK") == "1"
# A push that died had withdrawn a page, or a list: what it had deleted was looked for later.
KNOWN = ("s10", "s14", "s101", "s115")
RELEASES = 40


def seeds() -> list[str]:
    if SOAK:
        return [*KNOWN, *(f"{sampling.seed()} {number}" for number in range(150))]
    return [KNOWN[sampling.drawn("known deaths", len(KNOWN))], sampling.seed()]


def forked(act: Callable[[], object], die_at: int, log: Path) -> int:
    """Status of a process that does it; negative if it was killed at that step of its own."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    try:
        steps = count(1)

        def die(event: str, _: object) -> None:
            if event == "policetube.step" and next(steps) == die_at:
                os.kill(os.getpid(), signal.SIGKILL)

        if die_at:
            sys.addaudithook(die)
        act()
        os._exit(0)
    except BaseException:  # noqa: BLE001 -- nothing of this process may go on in the tests
        log.write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(1)


@pytest.mark.parametrize("seed", seeds())
@pytest.mark.timeout(300)
def test_the_next_push_or_rollback_needs_no_hand(seed: str, tmp_path: Path) -> None:
    history, chance = History(tmp_path / "dist", seed), random.Random(seed)
    target, state, log = f"file:{tmp_path / 'edge'}", tmp_path / "state", tmp_path / "log"
    # What is known has happened with no build at hand.
    builds = random.Random(f"{seed} build")
    at_hand = [None] if seed in KNOWN else [None, history.site.folder]

    def publish(die_at: int = 0) -> int:
        dist = history.next().folder
        return forked(
            lambda: push(dist=dist, target=target, state=state, allow_mass_delete=True),
            *(die_at, log),
        )

    def go_back() -> int:
        kept = [release.sequence for release in kept_releases(open_target(target)).releases]
        if not kept:
            return publish()
        sequence, die_at = chance.choice(kept), chance.choice([0, chance.randrange(1, 60)])
        dist = builds.choice(at_hand)

        def act() -> None:
            try:
                rollback(target=target, sequence=sequence, state=state, dist=dist)
            except ExportError as error:
                # For want of a build that is at hand; a push needs none.
                if len(at_hand) == 1 or error.code not in {"unfinished", "unknown-release"}:
                    raise

        return forked(act, die_at, log)

    assert publish() == 0
    for _ in range(RELEASES):
        kind = chance.choices(["push", "die", "back"], weights=(3, 3, 2))[0]
        if kind == "back":
            ended = go_back()
        else:
            ended = publish(chance.randrange(1, 90) if kind == "die" else 0)
        assert ended in {0, -signal.SIGKILL}, f"{seed}: {log.read_text(encoding='utf-8')}"
    assert publish() == 0
    assert publish() == 0
    site, place = history.site, open_target(target)
    assert verify_target(Build.open(site.folder), place).wrong == ()  # type: ignore[arg-type]
