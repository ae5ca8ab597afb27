"""The builder's one exception: a closed code, and a message naming the thing and the mend."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Every way in which the builder refuses or gives up."""

    API_UNREACHABLE = "api-unreachable"
    API_REFUSED = "api-refused"
    SCHEMA_UNKNOWN = "schema-unknown"
    HALF_ANSWER = "half-answer"
    EPOCH_CHANGED = "epoch-changed"
    CURSOR_AHEAD = "cursor-ahead"
    LOCKED = "locked"
    ASSETS_MISSING = "assets-missing"
    TEMPLATE_MISSING = "template-missing"
    RENDER_DIED = "render-died"
    TEMPLATE_FAILED = "template-failed"
    OUTPUT_FAILED = "output-failed"
    OUTPUT_FOREIGN = "output-foreign"
    NOTHING_BUILT = "nothing-built"
    SETTING_INVALID = "setting-invalid"


class BuilderError(Exception):
    """A build cannot go on; `code` says why to programs, the message to people."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
