"""What can keep the embedded profile from starting, told in both languages with the mend."""

from __future__ import annotations

from typing import Literal

Code = Literal[
    "already-running",
    "bad-port",
    "disk-full",
    "no-such-file",
    "not-built",
    "port-taken",
    "program-down",
    "python-too-old",
    "step-failed",
]


class EmbeddedError(RuntimeError):
    """The demo cannot go on; the message says in Indonesian and English what to do."""

    def __init__(self, code: Code, *, indonesian: str, english: str) -> None:
        super().__init__(f"{indonesian}\n{english}")
        self.code: Code = code
        self.indonesian = indonesian
        self.english = english
