"""No more requests a second than a service takes, from however many threads."""

from __future__ import annotations

import threading
import time
from functools import lru_cache

from static_export.errors import ExportError

# Whoever wants us to wait for longer is asked again by the next push.
LONGEST_WAIT = 30.0


class Pace:
    """Turns at even distances; a service that wants a rest puts off the next one."""

    def __init__(self, per_second: float) -> None:
        self._every = 1 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def turn(self) -> None:
        """Wait for the next turn; raise `target-failed` if that is too far off."""
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            if at - now > LONGEST_WAIT:
                raise ExportError(
                    "target-failed",
                    f"The cache wants to be left alone for {at - now:.0f} s more. Nothing is lost: "
                    "the next push asks again. Allow it fewer requests a second if this comes "
                    "back.",
                )
            self._next = at + self._every
        time.sleep(at - now)

    def hold(self, seconds: float) -> None:
        """Give nobody a turn for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


@lru_cache(maxsize=32)
def pace_of(service: str, per_second: float) -> Pace:
    """The one pace of this process at which a service is asked: it outlasts a push."""
    return Pace(per_second)
