"""Codes put into words for the people who upload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from cms.media.errors import ErrorCode
from cms.media.judge import Reason

SENTENCES: Mapping[str, Any] = {
    Reason.EMPTY: _(
        "The file is empty (0 bytes). Check on the phone or camera that the recording can be "
        "played, then upload it again."
    ),
    Reason.NOT_A_VIDEO: _(
        "This file is neither a video nor a sound recording nor a photograph. Choose a recording "
        "such as MP4, MOV, MKV, MP3 or M4A, or a photograph such as JPEG."
    ),
    Reason.UNREADABLE: _(
        "The file looks like a recording but is damaged or incomplete, so that it cannot be read. "
        "Copy it from the camera again and upload the new copy."
    ),
    Reason.TRUNCATED: _(
        "The file is incomplete: only %(readable)s of %(declared)s seconds arrived. "
        "Copy it from the camera again and upload the new copy."
    ),
    Reason.TOO_LONG: _(
        "The recording lasts %(hours)s hours; the limit is %(limit)s hours. "
        "Cut it into parts and upload each part."
    ),
    Reason.TOO_SMALL: _(
        "The picture is only %(width)s × %(height)s pixels, too small to be shown."
    ),
    Reason.TOO_WIDE: _(
        "The picture is %(width)s × %(height)s pixels; the limit is %(limit)s on a side. "
        "Export it smaller and upload it again."
    ),
    Reason.NO_SOUND: _("The video has no sound."),
    Reason.MORE_SOUND: _("The file has %(count)s sound tracks; the main one is used."),
    Reason.SHORT_TAIL: _("The last %(missing)s seconds of the file could not be read."),
    Reason.ACTIVE: _(
        "This is a %(what)s file, which can carry programs and links, so it is not accepted. "
        "Export it as JPEG or PNG and upload that."
    ),
    Reason.ACTIVE_INSIDE: _(
        "A second file (%(what)s) is hidden in this photograph, so it is not accepted. Open it in "
        "a picture program, save it as a new JPEG and upload that."
    ),
    Reason.PHOTO_DAMAGED: _(
        "The photograph is damaged or incomplete, so that it cannot be shown. Copy it from the "
        "camera again and upload the new copy."
    ),
    Reason.PHOTO_TOO_LARGE: _(
        "The photograph has %(found)s megapixels (%(width)s × %(height)s); the limit is %(limit)s. "
        "Export it smaller and upload it again."
    ),
    Reason.PHOTO_RAW: _(
        "This is a camera's raw file. Export the photograph as JPEG and upload that."
    ),
    Reason.FIRST_OF_SEVERAL: _("The file has %(count)s pictures; the first one is shown."),
    ErrorCode.STORAGE: _("The media storage did not answer."),
    ErrorCode.CHECKSUM: _("The media storage returned other bytes than were stored."),
    ErrorCode.DISK_FULL: _("The processing machine has no disk space left. Tell the operator."),
    ErrorCode.TOOL_MISSING: _("The media tools are not installed. Tell the operator."),
    ErrorCode.TOOL_FAILED: _("The file could not be converted."),
    ErrorCode.TIME_LIMIT: _("Converting the file took too long and was stopped."),
    ErrorCode.OUTPUT_INVALID: _("The converted file did not pass its checks."),
    ErrorCode.WORKER_DIED: _("Processing was cut off several times."),
    ErrorCode.INTERNAL: _("Processing failed for an unexpected reason."),
    ErrorCode.TOO_MANY: _(
        "You have %(most)s unfinished uploads, as many as are allowed. Finish one or give one up."
    ),
    ErrorCode.INCOMPLETE: _("Parts of the file are still missing. Choose the file again."),
    ErrorCode.INVALID: _(
        "The upload was not understood. Reload the page and choose the file again."
    ),
    ErrorCode.DAMAGED: _(
        "The file arrived damaged and was not kept. Nothing is lost: send it again."
    ),
    ErrorCode.LOST: _("The storage lost the parts of the file. Send it again."),
    ErrorCode.GONE: _("This upload has ended. Choose the file again to begin anew."),
    ErrorCode.TOO_LARGE: _("The file is larger than %(limit)s GB, the most that can be uploaded."),
    ErrorCode.NOT_A_PICTURE: _(
        "This is not a picture that can be used. Choose a photograph as JPEG, PNG or WebP; "
        "drawings such as SVG are not taken."
    ),
    ErrorCode.PICTURE_TOO_LARGE: _(
        "The picture is too large: at most 15 MB and 50 million pixels. Export it smaller."
    ),
    ErrorCode.PICTURE_TOO_SMALL: _(
        "The picture is too small: at least 144 pixels on each side. Choose a larger one."
    ),
    ErrorCode.NO_FRAME: _("No picture could be taken there. Choose another moment."),
}
WILL_RETRY = _("%(reason)s It is tried again by itself; the original is safe.")
GAVE_UP = _("%(reason)s The original is safe. Choose “Try again”, or tell the operator.")
CANCELLED = _("Processing was cancelled. The original is kept; “Try again” has it processed.")
KEPT = _("%(reason)s The original is kept.")

STAGE_LABELS: Mapping[str, Any] = {
    "download": _("Fetching the original"),
    "probe": _("Examining"),
    "encode": _("Converting"),
    "verify": _("Checking"),
    "upload": _("Storing"),
    "confirm": _("Checking what is stored"),
}


def stage_label(stage: str) -> str:
    """What a stage of the work is called in the active language."""
    return str(STAGE_LABELS.get(stage, stage))


def sentence(code: str, params: Mapping[str, Any]) -> str:
    """The sentence of a code in the active language; empty for no code."""
    if not code:
        return ""
    text = SENTENCES.get(code, SENTENCES[ErrorCode.INTERNAL])
    said = {name: localize(value) for name, value in params.items()}
    return str(text) % said if said else str(text)
