"""Targets after the first of `SITE_TARGETS`: brought up after it, and none of them stops anything.

What is live is what the first target holds. A mirror that fails is noted, told to the operator, and
tried again: later and later, with the next publication or without one.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

import static_export
from cms.publishing.purging import telling_caches
from cms.publishing.urgent import Urgent

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 600.0  # seconds


def mirrors() -> list[str]:
    """All targets but the first."""
    return list(settings.SITE_TARGETS[1:])


@dataclass(frozen=True, slots=True)
class Lag:
    """How often pushes to a mirror have failed in a row, and when the next is due (Unix time)."""

    failures: int
    again_at: float


class Behind:
    """Which mirrors are behind, on disk, so that a publisher that is killed forgets none.

    A mirror is behind from before there is anything new until its push has ended well; one that
    nobody has heard of is behind, too.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / "mirrors.json"

    def due(self) -> list[str]:
        """Mirrors that are behind, and whose time has come."""
        if not (wanted := mirrors()):
            return []
        found, now = self._read(), time.time()
        lags = {mirror: found.get(mirror, Lag(0, 0.0)) for mirror in wanted}
        return [mirror for mirror, lag in lags.items() if lag and lag.again_at <= now]

    def expect(self) -> None:
        """Something new goes live: from now on every mirror is behind."""
        if wanted := mirrors():
            found = self._read()
            self._write({mirror: found.get(mirror) or Lag(0, 0.0) for mirror in wanted})

    def reopen(self, epoch: str, sequence: int) -> None:
        """What is live puts something right that was taken down at a mirror after its push."""
        found = self._read()
        reopened = {
            mirror: Lag(0, 0.0)
            for mirror in mirrors()
            if found.get(mirror, Lag(0, 0.0)) is None
            and static_export.unsettled(
                targets=[mirror], epoch=epoch, sequence=sequence, state=self._path.parent
            )
        }
        if reopened:
            self._write(found | reopened)

    def failed(self, mirror: str) -> None:
        """Its push failed; the next is due later than the last time."""
        found = self._read()
        failures = (lag.failures if (lag := found.get(mirror)) else 0) + 1
        pause = min(FIRST_PAUSE * 2 ** min(failures - 1, 20), LONGEST_PAUSE)
        self._write(found | {mirror: Lag(failures, time.time() + pause)})

    def caught_up(self, mirror: str) -> None:
        """Its push ended well."""
        self._write(self._read() | {mirror: None})

    def _read(self) -> dict[str, Lag | None]:
        try:
            value = json.loads(self._path.read_bytes())
            return {
                str(mirror): Lag(int(lag[0]), float(lag[1])) if lag else None
                for mirror, lag in value.items()
            }
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            # Absent or unreadable: all of them are pushed to, which costs a look at each.
            return {}

    def _write(self, found: Mapping[str, Lag | None]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        told = {
            mirror: [lag.failures, lag.again_at] if lag else None for mirror, lag in found.items()
        }
        fresh.write_text(json.dumps(told))
        fresh.replace(self._path)


def bring_up(state: Path, sequence: int) -> tuple[str, ...]:
    """Push what was built, up to a sequence, to every mirror whose time has come; what failed."""
    return tuple(_each(state, Behind(state), sequence))


def _each(state: Path, behind: Behind, sequence: int) -> Iterator[str]:
    for mirror in behind.due():
        try:
            with telling_caches() as caches:
                static_export.push(
                    dist=settings.SITE_BUILD_DIR,
                    target=mirror,
                    purger=caches,
                    state=state,
                    accept_epoch=True,
                    # The builder is trusted to remove what was withdrawn, however much that is.
                    allow_mass_delete=True,
                    interrupt=Urgent(sequence),
                )
        except static_export.ExportError as error:
            if error.code == "interrupted":
                logger.info("%s", error)
                return
            behind.failed(mirror)
            logger.error("%s is behind and is tried again: %s", mirror, error)
            yield f"{mirror} is behind: {error}"
        else:
            behind.caught_up(mirror)
