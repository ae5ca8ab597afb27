"""Puts that are begun one batch after the other, whatever becomes of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from static_export import ExportError
from static_export.diff import Action, Phase, Reason
from static_export.errors import TransientError
from static_export.lock import PushLock
from static_export.parallel import AHEAD, Batch, Course, MoreUrgentError, batches, in_stream
from static_export.targets.base import Pending

NAMES = tuple(f"video/{number}/index.html" for number in range(40))
ACTIONS = tuple(
    Action(phase=Phase.NEW_PAGES, key=name, item=None, reason=Reason.NEW) for name in NAMES
)


class Stream:
    """Batches of two; `failures` says what becomes of a key, events are in order."""

    def __init__(self, failures: dict[str, Exception] | None = None, ends_at: str = "") -> None:
        self.failures, self.ends_at = failures or {}, ends_at
        self.events: list[tuple[str, str]] = []
        self.most = self._running = 0
        self.course = Course(
            left=10_000,
            lock=cast(PushLock, SimpleNamespace(glance=lambda: None)),
            tell=lambda action: self.events.append(("done", action.key)),
            interrupt=lambda: ("begun", self.ends_at) in self.events,
        )

    def begin(self, batch: Batch) -> Pending:
        self.events += (("begun", action.key) for action in batch)
        self._running += 1
        self.most = max(self.most, self._running)

        def ended() -> list[Exception | None]:
            self._running -= 1
            self.events += (("ended", action.key) for action in batch)
            return [self.failures.get(action.key) for action in batch]

        return ended

    def again(self, batch: Batch) -> None:
        self.events += (("again", action.key) for action in batch)

    def run(self) -> None:
        noted: Any = lambda: None  # noqa: E731
        in_stream(batches(ACTIONS, 2), self.begin, self.course, noted=noted, again=self.again)

    def keys(self, event: str) -> list[str]:
        return [key for kind, key in self.events if kind == event]


def test_few_batches_are_begun_ahead_and_all_are_done_in_the_end() -> None:
    stream = Stream()
    stream.run()
    assert stream.most == AHEAD
    assert stream.keys("done") == list(NAMES)
    assert stream.course.left == 10_000 - len(NAMES)


def test_what_fails_is_tried_again_when_all_that_began_has_ended_and_before_more_begins() -> None:
    stream = Stream({NAMES[3]: TransientError("SlowDown"), NAMES[4]: OSError("cut")})
    stream.run()
    assert stream.keys("again") == [NAMES[3], NAMES[4]]
    assert {*stream.keys("done"), *stream.keys("again")} == set(NAMES)
    before = stream.events[: stream.events.index(("again", NAMES[3]))]
    began, ended = ({key for kind, key in before if kind == one} for one in ("begun", "ended"))
    assert began == ended


def test_what_cannot_be_mended_ends_it_once_all_that_began_has_ended() -> None:
    stream = Stream({NAMES[2]: ExportError("target-failed", "No right to write.")})
    with pytest.raises(ExportError, match="No right"):
        stream.run()
    assert stream.keys("ended") == stream.keys("begun")
    assert NAMES[-1] not in stream.keys("begun")


def test_what_is_more_urgent_waits_for_what_has_begun_and_counts_it_as_done() -> None:
    stream = Stream(ends_at=NAMES[9])
    with pytest.raises(MoreUrgentError):
        stream.run()
    assert stream.keys("done") == stream.keys("begun") == list(NAMES[:10])
