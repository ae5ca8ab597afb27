"""Uploads go to disk, never into memory, and never beyond what the sender may send."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

from cms.editorial import access

FLAG = "_policetube_upload_too_large"
# What a form other than the upload of a video may bring: captions, a small picture. Bytes.
SMALL = 2 * 1024**2


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Stops writing once all files of a request pass the sender's limit; the form then says why.

    `MEDIA_MAX_UPLOAD_BYTES` for those who may add video files, `SMALL` for all others: the body is
    read before any view has asked who sends it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received = 0
        self._most: int | None = None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._most is None:
            self._most = limit_of(self.request)
        self._received += len(raw_data)
        if self._received > self._most:
            setattr(self.request, FLAG, True)
            self.upload_interrupted()
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)


def limit_of(request: HttpRequest | None) -> int:
    """Bytes that all files of the request may have together."""
    user = getattr(request, "user", None)
    if (
        user is not None
        and user.is_authenticated
        and access.policy.user_has_permission(user, "add")
    ):
        return settings.MEDIA_MAX_UPLOAD_BYTES
    return SMALL


def was_too_large(request: HttpRequest) -> bool:
    """Whether the request's files were cut off at the limit."""
    return getattr(request, FLAG, False)
