"""What a reading means: a level for each thing, and a plain word of what to do when it is bad."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cms.health.reading import Reading

Text = str | Promise


class Level(IntEnum):
    """The worse, the higher: the exit status of `manage.py health`, as monitoring reads it."""

    GOOD = 0
    WATCH = 1
    BAD = 2


WORDS = {
    Level.GOOD: gettext_lazy("Good"),
    Level.WATCH: gettext_lazy("Look at it"),
    Level.BAD: gettext_lazy("Bad"),
}
GROUPS = {
    "publishing": gettext_lazy("Publishing"),
    "media": gettext_lazy("Media files"),
    "processes": gettext_lazy("Processes"),
    "places": gettext_lazy("Storage, targets and edge"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that was looked at. `advice` is empty while all is well."""

    code: str
    group: str
    title: str
    level: Level
    value: str
    advice: str = ""

    @property
    def word(self) -> Text:
        return WORDS[self.level]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Seconds from which something is to be looked at, and from which it is bad."""

    watch: float
    bad: float

    def level(self, seconds: float | None) -> Level:
        """Of what has lasted so long; null has not begun."""
        if seconds is None or seconds < self.watch:
            return Level.GOOD
        return Level.WATCH if seconds < self.bad else Level.BAD


def worst(signs: Iterable[Sign]) -> Level:
    """The level of the whole."""
    return max((sign.level for sign in signs), default=Level.GOOD)


def signs(reading: Reading) -> list[Sign]:
    """Everything that was looked at, in the order of the page."""
    from cms.health import publishing, running

    return [sign for judge in (*publishing.JUDGES, *running.JUDGES) for sign in judge(reading)]


Judge = Callable[[Reading], Iterator[Sign]]


def lasting(reading: Reading, since: datetime | None) -> float | None:
    """Seconds since a moment; null for none."""
    return None if since is None else max(0.0, (reading.at - since).total_seconds())


def span(seconds: float) -> str:
    """A length of time in one round unit."""
    if seconds < 1:
        return _("%(n)s ms") % {"n": number_format(round(seconds * 1000))}
    if seconds < 10:
        return _("%(n)s s") % {"n": number_format(round(seconds, 1), 1)}
    if seconds < 120:
        return _("%(n)s s") % {"n": number_format(round(seconds))}
    if seconds < 7200:
        return _("%(n)s min") % {"n": number_format(round(seconds / 60))}
    if seconds < 172_800:
        return _("%(n)s h") % {"n": number_format(round(seconds / 3600))}
    days = round(seconds / 86_400)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": number_format(days)}


def size(count: float) -> str:
    """Bytes as people write them."""
    for unit in ("TB", "GB", "MB"):
        factor = {"TB": 1e12, "GB": 1e9, "MB": 1e6}[unit]
        if count >= factor:
            return f"{number_format(round(count / factor, 1), 1)} {unit}"
    return f"{number_format(round(count / 1000))} kB"
