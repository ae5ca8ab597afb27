"""Trying again: exponential back-off with full jitter, for what may pass by itself."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from static_export.errors import ExportError, TransientError

ATTEMPTS = 6
FIRST_PAUSE = 0.1  # seconds
LONGEST_PAUSE = 5.0  # seconds

Result = TypeVar("Result")


def persistently(
    operation: Callable[[], Result],
    what: str,
    *,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
) -> Result:
    """Run `operation`, again after each `TransientError`; raise `target-failed` in the end.

    An `OSError` of a disk counts as one.

    The pause before attempt n is random in 0 … min(5 s, 0.1 s · 2ⁿ), so that many writers
    that were refused together do not return together; and as long as the target asked for.
    """
    for attempt in range(1, attempts + 1):
        try:
            return operation()
        except InterruptedError:  # somebody wants it to end
            raise
        except (OSError, TransientError) as error:
            if attempt == attempts:
                raise ExportError(
                    "target-failed",
                    f"{what}: {error} ({attempts} attempts). Nothing is lost: push again, "
                    "and it goes on from here.",
                ) from error
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
            asked = error.wait if isinstance(error, TransientError) else 0.0
            sleep(asked + random.uniform(0, pause))  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable: the loop returns or raises")
