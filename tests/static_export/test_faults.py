"""Pushes over lines and into stores that fail: nothing lost, nothing half-live, no hand needed.

`make test` runs a sample of the histories, a soak goes on until a thousand faults have happened.
"""

from __future__ import annotations

import errno
import os
import random
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from static_export import ExportError, push
from tests import sampling
from tests.static_export.disks import failing_disk
from tests.static_export.faults import Fault, Faults, faulty
from tests.static_export.histories import History, is_named_by, references
from tests.static_export.places import (
    AnyPlace,
    BucketPlace,
    DirectoryPlace,
    NetlifyPlace,
    assert_holds_exactly,
    pages_of,
)
from tests.static_export.sites import Site

SOAK = os.environ.get("SOAK") == "1"
WANTED = 1000 if SOAK else 25
RELEASES = 4
PATIENCE = 0.7  # seconds
# A byte that differs is found by TLS, which Netlify insists on; who may not push is told so.
OVER_TLS = [
    kind
    for kind in Fault
    if kind not in {Fault.SPOILT_REQUEST, Fault.SPOILT_ANSWER, Fault.SKEWED, Fault.EXPIRED}
]
# Disks fail, fill and are taken away.
TROUBLES = (errno.ENOSPC, errno.EIO, errno.EACCES)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses, and clients that wait below a second, not a minute."""
    monkeypatch.setattr("static_export.retry.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("static_export.targets.s3.READ_TIMEOUT", PATIENCE)
    monkeypatch.setattr("static_export.targets.netlify.TIMEOUT", PATIENCE)
    monkeypatch.setattr(
        "static_export.targets.bulk.timedelta",
        lambda seconds: timedelta(seconds=min(seconds, PATIENCE)),
    )


Answer = tuple[str, bytes | None]
"""Status and goal, and of a page its bytes; `NOTHING` where nothing answers."""
NOTHING: Answer = ("404", None)


@dataclass
class Seen:
    """What may answer for each key until a push has ended, and what does."""

    place: AnyPlace
    allowed: dict[str, set[Answer]] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)

    def meant(self, site: Site) -> None:
        """A push of this release has begun: until it ends, old and new may answer."""
        answers = answers_of(site)
        for key in self.allowed.keys() | answers.keys():
            self.allowed.setdefault(key, {NOTHING}).add(answers.get(key, NOTHING))

    def ended(self, site: Site) -> None:
        """Only this release may answer."""
        self.allowed = {key: {answer} for key, answer in answers_of(site).items()}
        self.live = set(site.files)

    def look(self) -> None:
        """Nothing half-live: old or new, whole; what a reader comes to names nothing absent.

        Readers come from pages of the last whole release; new pages that nothing leads to yet
        may wait for their listings.
        """
        there = {
            key: (answer, self.place.read(key) if answer == "200" else None)
            for key, answer in self.place.answers(tidy=False).items()
        }
        for key in there.keys() | self.allowed.keys():
            answer = there.get(key, NOTHING)
            body = answer[1]
            if key.startswith("assets/"):
                assert body is None or is_named_by(key, body), f"{key} is another asset"
                continue
            assert answer in self.allowed.get(key, {NOTHING}), f"no release says {answer} at {key}"
        waiting, reached = list(self.live & there.keys()), set(self.live)
        while waiting:
            key = waiting.pop()
            body = there[key][1]
            for named in references(body) if body and key.endswith(".html") else ():
                assert named in there, f"{key} names {named}, which is not there: {body!r}"
                if named not in reached:
                    reached.add(named)
                    waiting.append(named)


def answers_of(site: Site) -> dict[str, Answer]:
    """What answers for each key of a release."""
    return {key: (answer, site.files.get(key)) for key, answer in pages_of(site).items()}


def pushed_until_done(
    history: History, place: AnyPlace, seen: Seen, chance: random.Random, faults: Faults[Any]
) -> Counter[str]:
    """Push the next release until it is done, or one after it; return how pushes failed."""
    site = history.next()
    failed: Counter[str] = Counter()
    while error := attempt(site, place, seen, faults):
        assert error.retryable, f"{error.code}: {error} (a hand is needed)"
        assert re.search(r"push(es)? again", str(error)), f"says not to push again: {error}"
        failed[error.code] += 1
        assert failed.total() < 300, error
        seen.look()
        if chance.random() < 0.3 and failed.total() < 5:
            site = history.next()
    seen.ended(site)
    seen.look()
    # A disk that failed may keep what no edge shows: a rule beside its page, an empty folder.
    assert_holds_exactly(place, site, tidy=isinstance(place, BucketPlace))
    assert push(dist=site.folder, target=place.address).changed == 0
    return failed


def attempt(site: Site, place: AnyPlace, seen: Seen, faults: Faults[Any]) -> ExportError | None:
    """One push while faults happen; the error it ended with."""
    seen.meant(site)
    faults.on = True
    try:
        push(dist=site.folder, target=place.address, allow_mass_delete=True)
    except ExportError as error:
        return error
    finally:
        faults.on = False
    return None


def seeds(name: str) -> Iterator[str]:
    """Seeds of one history after the other; those of a soak are new each time."""
    first = os.environ.get("SOAK_SEED") or (secrets.token_hex(4) if SOAK else sampling.seed())
    for number in range(10_000):
        yield f"{first} {name} {number}"


@pytest.mark.storage
@pytest.mark.timeout(7200 if SOAK else 300)
def test_over_failing_lines_every_release_arrives_whole_and_none_is_half_live(
    bucket: BucketPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: Counter[Fault] = Counter()
    failed: Counter[str] = Counter()
    for seed in seeds("lines"):
        bucket.prefix = f"{seed.rpartition(' ')[2]}/"
        seen, history = Seen(bucket), History(tmp_path / seed, seed)
        chance = random.Random(seed)
        faults = Faults(seed, chance.choice([0.05, 0.15, 0.3] if SOAK else [0.1]), Fault)
        with faulty(bucket.endpoint_url, faults) as url:
            monkeypatch.setenv("S3_ENDPOINT_URL", url)
            for _ in range(RELEASES):
                failed += pushed_until_done(history, bucket, seen, chance, faults)
                if (happened + faults.happened).total() >= WANTED and failed:
                    break
        happened += faults.happened
        if happened.total() >= WANTED and failed:
            break
    print(f"{happened.total()} faults, {failed.total()} pushes that failed: {dict(happened)}")


@pytest.mark.timeout(7200 if SOAK else 300)
def test_on_a_failing_disk_every_release_arrives_whole_and_none_is_half_live(
    tmp_path: Path,
) -> None:
    happened: Counter[int] = Counter()
    failed: Counter[str] = Counter()
    for seed in seeds("disk"):
        place = DirectoryPlace(tmp_path / f"{seed} edge")
        seen, history = Seen(place), History(tmp_path / seed, seed)
        chance = random.Random(seed)
        faults = Faults(seed, chance.choice([0.001, 0.003]), TROUBLES)
        with failing_disk(place.root, faults):
            for _ in range(RELEASES):
                failed += pushed_until_done(history, place, seen, chance, faults)
        happened += faults.happened
        if happened.total() >= WANTED and failed:
            break
    print(f"{happened.total()} faults, {failed.total()} pushes that failed: {dict(happened)}")


@pytest.mark.timeout(7200 if SOAK else 300)
def test_over_failing_lines_netlify_shows_every_release_whole_or_the_one_before(
    netlify_site: NetlifyPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: Counter[Fault] = Counter()
    failed: Counter[str] = Counter()
    address = netlify_site.netlify.url
    for seed in seeds("netlify"):
        netlify_site.netlify.forget()
        seen, history = Seen(netlify_site), History(tmp_path / seed, seed)
        chance = random.Random(seed)
        faults = Faults(seed, chance.choice([0.05, 0.15, 0.3] if SOAK else [0.1]), OVER_TLS)
        with faulty(address, faults) as url:
            monkeypatch.setenv("NETLIFY_API_URL", url)
            for _ in range(RELEASES):
                failed += pushed_until_done(history, netlify_site, seen, chance, faults)
        happened += faults.happened
        if happened.total() >= WANTED and failed:
            break
    print(f"{happened.total()} faults, {failed.total()} pushes that failed: {dict(happened)}")
