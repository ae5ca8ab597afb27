"""What became of an asset's recent attempts, stage by stage: a short list kept in its row. Pure."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import Any

# Some eight attempts of a handful of stages each; the oldest are forgotten first.
MOST = 48
DONE = "done"
DIED = "died"
CANCELLED = "cancelled"

# attempt, stage, began and ended (ISO 8601; ended is None while it lasts), outcome ("" meanwhile,
# then one of the above, `refused`, or the `ErrorCode` that ended it).
Entry = dict[str, Any]


def began(entries: list[Entry], *, attempt: int, stage: str, at: datetime) -> list[Entry]:
    """The list after a stage began; the one before it, if any was open, is done."""
    opened = {
        "attempt": attempt,
        "stage": stage,
        "began": at.isoformat(),
        "ended": None,
        "outcome": "",
    }
    return [*ended(entries, outcome=DONE, at=at), opened][-MOST:]


def in_a_row(entries: list[Entry], outcomes: Container[str]) -> int:
    """How many of the latest attempts ended in one of these ways."""
    last = {entry["attempt"]: entry["outcome"] for entry in entries}
    count = 0
    for attempt in sorted(last, reverse=True):
        if last[attempt] not in outcomes:
            break
        count += 1
    return count


def ended(entries: list[Entry], *, outcome: str, at: datetime) -> list[Entry]:
    """The list with whatever was open closed."""
    return [
        entry if entry["ended"] else entry | {"ended": at.isoformat(), "outcome": outcome}
        for entry in entries
    ]
