"""The one exception of this package: a closed set of codes, and messages that name the mend."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "bad-manifest",
    "bad-path",
    "bad-target",
    "damaged-build",
    "damaged-state",
    "foreign-epoch",
    "interrupted",
    "lock-lost",
    "locked",
    "mass-delete",
    "stale-build",
    "target-failed",
    "unfinished",
    "unknown-release",
]

# What a script may decide on: run it again later, or ask a person.
RETRYABLE: frozenset[Code] = frozenset({"interrupted", "locked", "lock-lost", "target-failed"})


class ExportError(Exception):
    """A build was not exported; `code` says why, the message says what to do."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def retryable(self) -> bool:
        """Whether the same push may succeed later with nothing changed by hand."""
        return self.code in RETRYABLE


class TransientError(Exception):
    """A target did not do one thing this time; trying again may help, after `wait` seconds."""

    def __init__(self, message: str = "", *, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait
