"""Readers who never stop reading while releases come and go, and what they may see meanwhile."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx

from static_export.paths import url_path
from tests.static_export.histories import is_named_by, references

Answer = tuple[str, bytes | None]
"""Status and goal, and of a page its bytes; `NOTHING` where nothing answers."""
NOTHING: Answer = ("404", None)


@dataclass(frozen=True, slots=True)
class Read:
    """One answer, and when it was asked for and had; seconds of `time.monotonic`."""

    key: str
    begun: float
    ended: float
    answer: Answer


@dataclass
class Timeline:
    """What may answer for each key, from when, and until when.

    Between the begin of a push and its end both what was there and what is to come; after its end
    only the latter. A push that was killed has not ended: the next one ends it.
    """

    spans: dict[str, list[tuple[float, float | None, Answer]]] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)

    def begin(self, *coming: Mapping[str, Answer]) -> None:
        """From now on these may answer as well, or nothing where they do not."""
        now = time.monotonic()
        keys = self.spans.keys() | {key for answers in coming for key in answers}
        for key in keys:
            for answers in coming:
                self._allow(key, answers.get(key, NOTHING), now)

    def allow(self, answers: Mapping[str, Answer]) -> None:
        """From now on these may answer as well."""
        now = time.monotonic()
        for key, answer in answers.items():
            self._allow(key, answer, now)

    def end(self, answers: Mapping[str, Answer]) -> None:
        """From now on only these may answer."""
        now = time.monotonic()
        for key in self.spans.keys() | answers.keys():
            wanted = answers.get(key, NOTHING)
            self._allow(key, wanted, now)
            self.spans[key] = [
                (since, now if until is None and answer != wanted else until, answer)
                for since, until, answer in self.spans[key]
            ]

    def fault(self, read: Read) -> str | None:
        """What no release said of that key while it was read."""
        spans = self.spans.get(read.key, [(self.begun, None, NOTHING)])
        fits = any(
            answer == read.answer and since <= read.ended and (until is None or until >= read.begun)
            for since, until, answer in spans
        )
        return None if fits else f"{read.key} answered {read.answer}, which no release then said"

    def _allow(self, key: str, answer: Answer, now: float) -> None:
        spans = self.spans.setdefault(key, [(self.begun, None, NOTHING)])
        if all(until is not None or known != answer for _, until, known in spans):
            spans.append((now, None, answer))


class Reader(threading.Thread):
    """Goes from the home page wherever links lead, again and again; notes what is broken.

    Whatever a page names must be there: an asset with the bytes that its name promises, another
    page, a redirect to one, or the tombstone of what was withdrawn. A link may have gone since its
    page was read, so a page is read once more before its link counts as broken.
    """

    def __init__(self, base: str, seed: str) -> None:
        super().__init__(daemon=True)
        self.reads: list[Read] = []
        self.broken: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.rounds = 0
        self._chance = random.Random(seed)
        self._client = httpx.Client(base_url=base, timeout=20)
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            self._walk()
            self.rounds += 1

    def end(self) -> None:
        self._ended.set()
        self.join(timeout=60)
        assert not self.is_alive()
        self._client.close()

    def _walk(self) -> None:
        """Every page once, in an order of chance."""
        waiting, seen = deque(["index.html"]), {"index.html"}
        while waiting and not self._ended.is_set():
            key = waiting.popleft()
            status, body = self._read(key)
            if status != 200:
                continue
            for named in self._shuffled(references(body)):
                if named.startswith("assets/"):
                    self._load(key, named)
                elif named not in seen:
                    seen.add(named)
                    waiting.append(named)
                    self._follow(key, named)

    def _load(self, page: str, asset: str) -> None:
        status, body = self._get(asset)
        if status != 200 or not is_named_by(asset, body):
            self.broken.append(f"{page} names {asset}: {status}, {body[:80]!r}")

    def _follow(self, page: str, link: str) -> None:
        for _attempt in range(3):
            if self._leads_somewhere(link) or link not in references(self._read(page)[1]):
                return
        self.broken.append(f"{page} leads to {link}, where nothing answers")

    def _leads_somewhere(self, link: str) -> bool:
        return self._read(link)[0] != 404

    def _read(self, key: str) -> tuple[int, bytes]:
        """A page, noted to be compared with what may answer."""
        begun = time.monotonic()
        response = self._client.get(url_path(key), headers={"Accept-Encoding": "identity"})
        said = str(response.status_code)
        answer: Answer = (said, None)
        if response.status_code == 200:
            answer = (said, response.content)
        elif response.status_code in {301, 308}:
            answer = (f"{said} {response.headers['Location']}", None)
        self.statuses[response.status_code] += 1
        self.reads.append(Read(key, begun, time.monotonic(), answer))
        return response.status_code, response.content

    def _get(self, key: str) -> tuple[int, bytes]:
        response = self._client.get(url_path(key), headers={"Accept-Encoding": "identity"})
        return response.status_code, response.content

    def _shuffled(self, names: Iterable[str]) -> list[str]:
        found = list(names)
        self._chance.shuffle(found)
        return found


def answers_at(base: str, keys: Iterable[str]) -> dict[str, Answer]:
    """What answers for keys right now."""
    found: dict[str, Answer] = {}
    with httpx.Client(base_url=base, timeout=20) as client:
        for key in keys:
            response = client.get(url_path(key), headers={"Accept-Encoding": "identity"})
            said = str(response.status_code)
            if response.status_code == 200:
                found[key] = (said, response.content)
            elif response.status_code in {301, 308}:
                found[key] = (f"{said} {response.headers['Location']}", None)
            elif response.status_code != 404:
                found[key] = (said, None)
    return found
