"""How the work on a video file went, attempt by attempt, as its page tells it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cms.media.interface import sentence, stage_label
from content_models.models import Asset

DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One line: `percent` of the attempt's time, `outcome` in words unless it went well."""

    label: str
    took: str
    percent: int
    is_running: bool
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A worker's try at a file."""

    number: int
    began: datetime
    took: str
    stages: tuple[Stage, ...]


def attempts(asset: Asset, now: datetime | None = None) -> list[Attempt]:
    """The recent attempts, newest first."""
    now = now or timezone.now()
    by_attempt = groupby(asset.timeline, key=itemgetter("attempt"))
    return [_attempt(number, list(entries), now) for number, entries in by_attempt][::-1]


def took(seconds: float) -> str:
    """A duration for people: `0,4 dtk`, `12 dtk`, `3 mnt 5 dtk`, `1 jam 2 mnt`."""
    if seconds < 10:
        return _("%(n)s s") % {"n": number_format(seconds, 1)}
    whole = round(seconds)
    if whole < 60:
        return _("%(n)s s") % {"n": whole}
    if whole < 3600:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": whole // 60, "seconds": whole % 60}
    return _("%(hours)d h %(minutes)d min") % {
        "hours": whole // 3600,
        "minutes": whole // 60 % 60,
    }


def _attempt(number: int, entries: list[dict[str, Any]], now: datetime) -> Attempt:
    spans = [_span(entry, now) for entry in entries]
    whole = sum((end - begin).total_seconds() for begin, end in spans)
    return Attempt(
        number=number,
        began=spans[0][0],
        took=took((spans[-1][1] - spans[0][0]).total_seconds()),
        stages=tuple(_stages(entries, spans, whole)),
    )


def _stages(
    entries: list[dict[str, Any]], spans: list[tuple[datetime, datetime]], whole: float
) -> Iterable[Stage]:
    for entry, (begin, end) in zip(entries, spans, strict=True):
        seconds = max(0.0, (end - begin).total_seconds())
        yield Stage(
            label=stage_label(entry["stage"]),
            took=took(seconds),
            percent=round(100 * seconds / whole) if whole else 0,
            is_running=not entry["ended"],
            outcome=_outcome(entry["outcome"]),
        )


def _span(entry: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    begin = datetime.fromisoformat(entry["began"])
    return begin, datetime.fromisoformat(entry["ended"]) if entry["ended"] else now


def _outcome(code: str) -> str:
    if code in {"", DONE}:
        return ""
    known = {
        "died": _("Cut off; it is begun again."),
        "stopped": _("Given back, because the machine was stopped."),
        "cancelled": _("Cancelled."),
        "refused": _("Refused."),
    }
    return known.get(code) or sentence(code, {"limit": "?"})
