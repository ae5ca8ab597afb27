"""The history itself: rounds of work, kills on the way, and a look at everything now and then."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.kills import calls, withdrawals
from tests.kills.houses import House
from tests.kills.processes import Child, Ended
from tests.kills.soak import editors, journal, publishers

# Two processes a round, of which some end before their time, and rounds are cut short.
PLANS_FOR_A_KILL = 3.0
PATIENCE = 300.0  # seconds a process may take
LONGEST = 3.0  # seconds until a kill that waits for no step


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is to happen."""

    operations: int
    kills: int
    batch: int
    checkpoint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a process is to die: at a step, after some seconds, or not at all."""

    step: tuple[str, int] | None = None
    seconds: float | None = None


@dataclass(slots=True, kw_only=True)
class History:
    """A seeded history of one house; `run` raises `AssertionError` at the first thing amiss."""

    house: House
    seed: str
    size: Size
    say: Callable[[str], None]
    done: int = 0
    kills: int = 0
    killed_at: Counter[str] = field(default_factory=Counter)
    # Every state that was acknowledged, and which of them is the last.
    states: set[str] = field(default_factory=set)
    last: str = ""
    recent: list[str] = field(default_factory=list)
    # How often a process of each kind last came by each step.
    passed: dict[str, Counter[str]] = field(default_factory=dict)
    _rounds: int = 0

    def run(self) -> None:
        rng = Random(self.seed)
        started = time.monotonic()
        self.house.run(editors.found_newsroom, self.seed)
        self._stand_still()
        due = self.size.checkpoint
        while self.done < self.size.operations or self.kills < self.size.kills:
            self._round(rng)
            if self.done >= due:
                due += self.size.checkpoint
                self._checkpoint()
                rate = self.done / (time.monotonic() - started)
                self.say(f"{self.done} operations, {self.kills} kills, {rate:.1f}/s")
        self._checkpoint()

    def _round(self, rng: Random) -> None:
        """An editor, a publisher and the lane of takedowns at once; each may die."""
        self._rounds += 1
        number, path = self.done + 1, self.house.folder / f"journal-{self._rounds}"
        left = max(self.size.operations - self.done, self.size.batch)
        seed = f"{self.seed}/{self._rounds}"
        started = []
        for kind, call, args in (
            ("editor", editors.edit, (seed, number, min(self.size.batch, left), str(path))),
            ("publisher", publishers.publish, (seed, rng.randint(2, 4))),
            ("lane", withdrawals.run_lane, (seed, 8)),
        ):
            plan = self._plan(rng, kind)
            started.append((kind, plan, self.house.start(call, *args, kill=plan.step)))
        _kill_in_time((plan.seconds, child) for _kind, plan, child in started)
        for kind, plan, child in started:
            self._note(kind, plan, child.wait(PATIENCE))
        self._read(path)

    def _plan(self, rng: Random, kind: str) -> Plan:
        """Spread the kills over what is left to do; half of them at steps, half at any moment."""
        rounds = max(1.0, (self.size.operations - self.done) / self.size.batch)
        # Not every plan comes true: the step may not be reached, the process be done before.
        if rng.random() > (self.size.kills - self.kills) / rounds / PLANS_FOR_A_KILL:
            return Plan()
        passed = self.passed.get(kind)
        if not passed or rng.random() < 0.3:
            return Plan(seconds=rng.uniform(0.05, LONGEST))
        step = rng.choice(sorted(passed))
        return Plan(step=(step, rng.randint(1, min(passed[step], 30))))

    def _note(self, kind: str, plan: Plan, ended: Ended) -> None:
        if ended.killed:
            self.kills += 1
            self.killed_at[plan.step[0] if plan.step else f"{kind}, any moment"] += 1
        else:
            self._require(not ended.code, f"the {kind} ended with {ended.code}:\n{ended.log}")
            self.passed.setdefault(kind, Counter()).update(
                {step: 0 for step in ended.steps if step not in self.passed.get(kind, {})}
            )
            for step, times in ended.steps.items():
                self.passed[kind][step] = times

    def _read(self, path: Path) -> None:
        """What was acknowledged must be there; what was not may be, but nothing older may."""
        entries = journal.read(path)
        for entry in entries:
            self.done += 1
            self.recent.append(str(entry))
            if entry.state is None:
                continue
            if entry.said == "taken back":
                self._require(entry.state == self.last, f"{entry} left something")
            self.states.add(entry.state)
            self.last = entry.state
        del self.recent[:-30]
        now = self.house.run(editors.state)
        if entries and entries[-1].state is None:
            self._require(
                now == self.last or now not in self.states, "an acknowledged operation is lost"
            )
            self.states.add(now)
            self.last = now
        self._require(now == self.last, "the editors' work is not as it was acknowledged")

    def _stand_still(self) -> None:
        self.house.run(editors.let_moments_pass)
        self.last = self.house.run(editors.state)
        self.states.add(self.last)

    def _checkpoint(self) -> None:
        """At rest all is as it must be, and the site equals one built anew."""
        self._stand_still()
        recovered = self.house.start(calls.recover).result(PATIENCE)
        self._require(not recovered["failures"], recovered["failures"])
        self._require(not (found := self.house.run(calls.faults)), found)
        grown = self.house.run(calls.site_files)
        anew = self.house.zygote.start(self.house.copy_of(), calls.build_anew).result(PATIENCE)
        self._require(grown == anew, _difference(grown, anew))

    def _require(self, holds: bool, what: Any) -> None:
        if not holds:
            raise AssertionError(
                f"{what}\nafter {self.done} operations and {self.kills} kills; again with "
                f"SOAK_SEED={self.seed}; the last operations:\n" + "\n".join(self.recent)
            )


def _kill_in_time(plans: Iterable[tuple[float | None, Child]]) -> None:
    started = time.monotonic()
    for seconds, child in sorted(
        ((seconds, child) for seconds, child in plans if seconds is not None),
        key=lambda plan: plan[0],
    ):
        time.sleep(max(0.0, started + seconds - time.monotonic()))
        child.kill()


def _difference(grown: dict[str, str], anew: dict[str, str]) -> str:
    other = sorted(path for path in grown.keys() | anew.keys() if grown.get(path) != anew.get(path))
    named = [
        f"{path}: {'only grown' if path not in anew else 'only anew' if path not in grown else ''}"
        for path in other[:20]
    ]
    return f"{len(other)} files differ from a full build: " + "; ".join(named)


def say(text: str) -> None:
    """Past pytest's capture, for those who watch a long run."""
    print(text, file=sys.__stderr__, flush=True)
