"""The one exception of this package."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Faults of ours or of the machine; a verdict on a file is `judge.Verdict`, never an error."""

    STORAGE = "storage"
    CHECKSUM = "checksum"
    DISK_FULL = "disk_full"
    TOOL_MISSING = "tool_missing"
    TOOL_FAILED = "tool_failed"
    TIME_LIMIT = "time_limit"
    OUTPUT_INVALID = "output_invalid"
    WORKER_DIED = "worker_died"
    LEASE_LOST = "lease_lost"
    STOPPED = "stopped"
    YIELDED = "yielded"
    TOO_LARGE = "too_large"
    EMPTY = "empty"
    TOO_MANY = "too_many"
    INCOMPLETE = "incomplete"
    INVALID = "invalid"
    DAMAGED = "damaged"
    LOST = "lost"
    GONE = "gone"
    OVERTAKEN = "overtaken"
    NOT_A_PICTURE = "not_a_picture"
    PICTURE_TOO_LARGE = "picture_too_large"
    PICTURE_TOO_SMALL = "picture_too_small"
    NO_FRAME = "no_frame"
    INTERNAL = "internal"


class MediaError(Exception):
    """Names what went wrong and what mends it; `detail` keeps the tail of a tool's own words."""

    def __init__(self, code: ErrorCode, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail
