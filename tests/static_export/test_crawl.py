"""Releases pushed, rolled back and killed anywhere while readers read on: nothing broken, nothing
mixed (ADR 0028). `make test` runs a few releases, a soak fifty and more at each edge.
"""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from cms.embedded.object_storage import RunningStore
from static_export.rollback import kept_releases
from static_export.targets import open_target
from tests import sampling
from tests.static_export.crawls import Answer, Reader, Timeline, answers_at
from tests.static_export.edges import running_edge, running_varnish
from tests.static_export.histories import History, references
from tests.static_export.places import BucketPlace
from tests.static_export.sites import Site
from tests.static_export.test_faults import answers_of

SOAK = os.environ.get("SOAK") == "1"
RELEASES = 50 if SOAK else 7
READERS = 2
# A process that dies at a step of its own, the given one of all that it comes by.
WORK = """
import os, signal, sys
from pathlib import Path
from static_export import ExportError, push, rollback

left = int(sys.argv[1])

def die(event, args):
    global left
    if event == "policetube.step":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
verb, target, state, purge_url, what, dist = sys.argv[2:]
more = {"target": target, "state": Path(state), "purge_url": purge_url or None}
if verb == "push":
    push(dist=Path(what), allow_mass_delete=True, **more)
else:
    try:
        rollback(sequence=int(what), dist=Path(dist) if dist else None, **more)
    except ExportError as error:
        if error.code not in {"unfinished", "unknown-release"}:
            raise
        sys.exit(3)
"""


class Press:
    """Publishes at one edge, by processes of their own that may die."""

    def __init__(self, target: str, base: str, purge_url: str, folder: Path) -> None:
        self.target, self.base = target, base
        self._purge_url, self._state = purge_url, folder / "state"

    def run(self, verb: str, what: str, die_at: int = 0, dist: str = "") -> bool:
        """Whether it ended; one that is to die may have had fewer steps than that.

        A rollback may be refused for want of a build that is at hand.
        """
        command = [sys.executable, "-c", WORK, str(die_at)]
        command += [verb, self.target, str(self._state), self._purge_url, what, dist]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        refused = verb == "rollback" and done.returncode == 3
        assert refused or done.returncode in {0, -signal.SIGKILL}, done.stderr
        assert refused or die_at or not done.returncode, done.stderr
        return done.returncode == 0

    def live(self) -> int:
        """The sequence that is live."""
        root = kept_releases(open_target(self.target)).live
        return root.sequence if root else 0

    def number(self) -> int:
        """Of the release that is live: a rollback begins one, too."""
        return kept_releases(open_target(self.target)).number

    def sequences(self) -> list[int]:
        """Of the releases that are kept."""
        return [release.sequence for release in kept_releases(open_target(self.target)).releases]


@pytest.fixture(params=["caddy", pytest.param("varnish", marks=pytest.mark.storage)])
def press(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    object_storage: RunningStore,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Press]:
    with ExitStack() as stack:
        if request.param == "caddy":
            (tmp_path / "edge").mkdir()
            base = stack.enter_context(running_edge(tmp_path / "edge", tmp_path / "caddy"))
            yield Press(f"file:{tmp_path / 'edge'}", base, "", tmp_path)
            return
        place = BucketPlace(
            endpoint_url=object_storage.endpoint_url,
            access_key=object_storage.access_key,
            secret_key=object_storage.secret_key,
        )
        stack.callback(place.drop)
        for name, value in place.environment.items():
            monkeypatch.setenv(name, value)
        base = stack.enter_context(
            running_varnish(place.address, object_storage.endpoint_url, tmp_path / "varnish")
        )
        yield Press(place.address, base, base, tmp_path)


def without_assets(answers: dict[str, Answer]) -> dict[str, Answer]:
    return {key: answer for key, answer in answers.items() if not key.startswith("assets/")}


def told_by(site: Site) -> dict[str, Answer]:
    """What pages, listings and rules of a release answer."""
    return without_assets(answers_of(site))


class Show:
    """A history that is played before readers."""

    def __init__(self, press: Press, history: History, chance: random.Random) -> None:
        self.press, self.history, self.chance = press, history, chance
        self.timeline = Timeline()
        self.happened: Counter[str] = Counter()
        # What a rollback may bring back, by the sequence that was live: the release itself, and
        # what other rollbacks made of it, for they begin no new sequence.
        self.past: dict[int, list[dict[str, Answer]]] = {}
        # Releases whose pushes died since the last that ended.
        self.died: list[dict[str, Answer]] = []

    def play(self, releases: int) -> None:
        acts: list[Callable[[], None]] = [self.push, self.push_and_die, self.roll_back]
        for _ in range(releases):
            self.chance.choices(acts, weights=(3, 3, 2))[0]()
        self.push()

    def push(self) -> None:
        """A release that arrives."""
        site = self.history.next()
        coming = self.coming(site)
        self.press.run("push", str(site.folder))
        self.ended(coming)
        self.happened["pushed"] += 1

    def ended(self, answers: dict[str, Answer]) -> None:
        self.timeline.end(answers)
        self.died.clear()

    def push_and_die(self) -> None:
        """A release that does not arrive, but for chance; the next push ends it."""
        site = self.history.next()
        coming = self.coming(site)
        if self.press.run("push", str(site.folder), die_at=self.chance.randrange(1, 90)):
            self.ended(coming)
            self.happened["pushed"] += 1
        else:
            self.died.append(coming)
            self.happened["push killed"] += 1

    def coming(self, site: Site) -> dict[str, Answer]:
        """A release begins to arrive; one that is killed in its very last steps is live, too."""
        answers = told_by(site)
        self.past.setdefault(site.sequence, []).append(answers)
        self.timeline.begin(answers)
        return answers

    def roll_back(self) -> None:
        """To a release that is kept, whole or killed; less what is not public any more."""
        kept = self.press.sequences()
        if not kept:
            return self.push()
        sequence = self.chance.choice(kept)
        self.timeline.begin(*self.past[sequence])
        # What one that died had withdrawn or moved is kept nowhere: a tombstone stands for it.
        for answers in self.died:
            gone = [
                key for key in self.timeline.spans if answers.get(key, ("404", None))[0] != "200"
            ]
            self.timeline.allow(dict.fromkeys(gone, ("410", None)))
        die_at = self.chance.choice([0, self.chance.randrange(1, 60)])
        dist = self.chance.choice(["", str(self.history.site.folder)])
        number = self.press.number()
        if self.press.run("rollback", str(sequence), die_at=die_at, dist=dist):
            answers = answers_at(self.press.base, self.timeline.spans)
            self.ended(answers)
            self.past[self.press.live()].append(answers)
            self.happened["rolled back"] += 1
        else:
            self.happened["rollback killed or refused"] += 1
            if self.press.number() > number:  # in its very last steps
                self.past[self.press.live()].extend(self.past[sequence])
        return None


@pytest.mark.timeout(7200 if SOAK else 300)
def test_readers_see_nothing_broken_and_nothing_mixed_while_releases_come_go_and_die(
    press: Press, tmp_path: Path
) -> None:
    seed = os.environ.get("SOAK_SEED") or (secrets.token_hex(4) if SOAK else sampling.seed())
    show = Show(press, History(tmp_path / "dist", seed), random.Random(seed))
    show.push()
    with httpx.Client(base_url=press.base) as client:
        old_home = client.get("/").content
    readers = [Reader(press.base, f"{seed}/{number}") for number in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        show.play(RELEASES)
    finally:
        for reader in readers:
            reader.end()
    reads = [read for reader in readers for read in reader.reads]
    statuses = sum((reader.statuses for reader in readers), Counter[int]())
    print(f"SOAK_SEED={seed}: {dict(show.happened)}, {len(reads)} reads, {dict(statuses)}")
    assert [fault for reader in readers for fault in reader.broken] == []
    assert [fault for read in reads if (fault := show.timeline.fault(read))] == []
    assert all(reader.rounds > 2 for reader in readers)
    # Whoever has kept the very first page open still gets all that it is made of.
    assets = [name for name in references(old_home) if name.startswith("assets/")]
    assert assets
    for name in assets:
        assert httpx.get(f"{press.base}/{name}").status_code == 200
