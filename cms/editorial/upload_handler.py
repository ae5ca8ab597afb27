"""Uploads go to disk, never into memory, and never beyond the limit."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

FLAG = "_policetube_upload_too_large"


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Stops writing once a file passes `MEDIA_MAX_UPLOAD_BYTES`; the form then says why."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._received += len(raw_data)
        if self._received > settings.MEDIA_MAX_UPLOAD_BYTES:
            setattr(self.request, FLAG, True)
            self.upload_interrupted()
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)


def was_too_large(request: HttpRequest) -> bool:
    """Whether the request's file was cut off at the limit."""
    return getattr(request, FLAG, False)
