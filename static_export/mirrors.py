"""Several targets of one build, each pushed to by itself: one that is down stops no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from static_export.errors import ExportError
from static_export.report import PushReport
from static_export.targets.base import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a push to one target: a report, or why there is none."""

    target: str
    report: PushReport | None = None
    error: ExportError | None = None


def push_to_each(
    targets: Sequence[Target], push: Callable[[Target], PushReport]
) -> tuple[Outcome, ...]:
    """Push to all targets at once; what one of them refuses or fails is its own outcome.

    One that was left behind is brought up by the next push: what is live is read from each.
    """

    def one(target: Target) -> Outcome:
        try:
            return Outcome(target=target.name, report=push(target))
        except ExportError as error:
            return Outcome(target=target.name, error=error)

    with ThreadPoolExecutor(max_workers=max(1, len(targets))) as pool:
        return tuple(pool.map(one, targets))
