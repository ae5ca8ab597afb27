"""A file of this machine goes the way of all uploads: in parts, resumable, read back."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from wagtail.models import Collection

from cms.media import finishing, parts, transfers, uploads
from cms.media.errors import ErrorCode, MediaError
from content_models.models import Asset, Upload, UploadState

CONCURRENCY = 4
HEAD = 1024 * 1024
LOOK_SECONDS = 0.5

Progress = Callable[[int], None]


def fingerprint(path: Path) -> str:
    """What tells a file without reading it whole: size, first and last mebibyte.

    Neither name nor time: a phone gives the same recording another of each when it is picked again.
    """
    size = path.stat().st_size
    digest = hashlib.md5(str(size).encode(), usedforsecurity=False)
    with path.open("rb") as file:
        digest.update(file.read(HEAD))
        file.seek(max(0, size - HEAD))
        digest.update(file.read(HEAD))
    return digest.hexdigest()


def send_file(
    path: Path,
    *,
    title: str = "",
    collection: Collection | None = None,
    progress: Progress = lambda _sent: None,
) -> Asset:
    """Send what storage lacks of a file and wait until it is an asset; raises `MediaError`.

    Called again after a break it goes on where it was; a file that is here is not sent again.
    """
    size = path.stat().st_size
    upload = uploads.begin(
        user=None,
        name=path.name,
        size=size,
        fingerprint=fingerprint(path),
        title=title,
        collection=collection,
        # Only all of its bytes can say that it is the same.
        again=True,
    )
    if isinstance(upload, Asset):
        return upload
    if upload.state == UploadState.OPEN:
        checksum = _send(path, upload, progress)
        upload = uploads.finish(upload, checksum)
    _wait(upload)
    if upload.asset is None:
        code = ErrorCode(upload.message_code or ErrorCode.STORAGE)
        raise MediaError(
            code,
            f"{path.name} has not become an asset ({upload.state} {upload.message_code}). "
            "Run the same command again.",
        )
    return upload.asset


def _wait(upload: Upload) -> None:
    """Finish it here, unless a worker is at it; then until that one is through."""
    patience = 2 * settings.MEDIA_LEASE_SECONDS
    deadline = time.monotonic() + patience
    while not finishing.finish(upload.pk):
        seen = upload.touched_at
        upload.refresh_from_db()
        if upload.state != UploadState.FINISHING:
            break
        if upload.touched_at != seen:
            deadline = time.monotonic() + patience
        if time.monotonic() > deadline:
            break
        time.sleep(LOOK_SECONDS)
    upload.refresh_from_db()


def _send(path: Path, upload: Upload, progress: Progress) -> str:
    """Send the parts that are missing or other than the file's; returns the file's checksum."""
    there = {part.number: part.etag for part in uploads.stored_parts(upload)}
    count = parts.part_count(upload.size, upload.part_size)

    def send(number: int) -> bytes:
        with path.open("rb") as file:
            file.seek((number - 1) * upload.part_size)
            data = file.read(upload.part_size)
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        if there.get(number) != digest.hex():
            md5 = base64.b64encode(digest).decode()
            transfers.put_part(upload.key, upload.store_id, number, data, md5)
        progress(len(data))
        return digest

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return parts.of_parts(list(pool.map(send, range(1, count + 1))))
