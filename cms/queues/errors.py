"""What may be wrong with a queue."""

from __future__ import annotations

from typing import Literal


class QueueError(Exception):
    """A worker cannot work; the message says what to do."""

    def __init__(self, code: Literal["no-queue", "queue-down"], message: str) -> None:
        super().__init__(message)
        self.code = code
