"""Scenes from an upload in parts: sent from elsewhere, finished here, given up."""

from __future__ import annotations

import base64
import hashlib
import secrets
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from tests.kills import uploads as media

Facts = dict[str, Any]


def chosen() -> Facts:
    """A file that nobody has sent before; no film, so that its way ends soon."""
    name = f"surat-{secrets.token_hex(4)}.txt"
    path = Path(settings.STATE_DIR) / name
    path.write_text(f"Dengan hormat, {name}\n" * 200)
    return {"name": name, "path": str(path), "ready": False}


def handed_over() -> Facts:
    facts = chosen()
    send(facts)
    return facts


def handed_over_and_forgotten() -> Facts:
    from django_tasks_db.models import DBTaskResult

    facts = handed_over()
    DBTaskResult.objects.all().delete()
    return facts


def handed_over_damaged() -> Facts:
    """The sender says that the bytes are others than those that storage has."""
    facts = chosen()
    send(facts, checksum="0" * 64)
    return facts | {"damaged": True}


def handed_over_twice() -> Facts:
    """The same bytes once more, while the first are an asset."""
    facts = handed_over()
    work({})
    copy = facts | {"name": f"salinan-{facts['name']}"}
    send(copy)
    return facts


def begun() -> Facts:
    facts = chosen()
    _begin(facts)
    return facts


def send(facts: Facts, checksum: str = "") -> None:
    """What the browser does with a picked file, and does again when it is picked again."""
    from cms.media import uploads

    upload = _begin(facts)
    data = Path(facts["path"]).read_bytes()
    if upload.state == "open":
        digest = hashlib.md5(data).digest()
        (part,) = uploads.sign(upload, [(1, base64.b64encode(digest).decode())])
        httpx.put(part.url, content=data, headers=part.headers).raise_for_status()
        checksum = checksum or f"{hashlib.md5(digest).hexdigest()}-1"
        uploads.finish(upload, checksum)


def give_up(facts: Facts) -> None:
    from cms.media import uploads

    uploads.abandon(_begin(facts))


def work(facts: Facts) -> None:
    """What the task worker does until nothing waits."""
    from django.core.management import call_command

    call_command("task_worker", batch=True, interval=0.01, verbosity=0)


def reconcile_and_work(facts: Facts) -> None:
    from cms.media.interface import reconcile_uploads

    reconcile_uploads()
    work(facts)


def recover() -> dict[str, Any]:
    """Time passes, and the platform looks after what a dead finisher left."""
    from django.utils import timezone

    from content_models.models import Upload

    Upload.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
    reconcile_and_work({})
    return media.recover()


def has_arrived(facts: Facts) -> list[str]:
    """One asset with the file's hash, whatever died and however often it was sent."""
    from content_models.models import Asset, Upload

    found = media.is_made(facts)
    data = Path(facts["path"]).read_bytes()
    rows = Asset.objects.filter(sha256=hashlib.sha256(data).hexdigest())
    if [row.original_name for row in rows] != [facts["name"]]:
        found.append(f"{len(rows)} assets of one file")
    states = set(Upload.objects.filter(fingerprint=facts["path"]).values_list("state", flat=True))
    if states != {"done"}:
        found.append(f"uploads are {states}")
    return found + _transfers()


def is_refused(facts: Facts) -> list[str]:
    from content_models.models import Asset, Upload

    found = media.is_made(facts) + _transfers()
    if Asset.objects.filter(original_name=facts["name"]).exists():
        found.append("a damaged file was acknowledged")
    if Upload.objects.get(name=facts["name"]).state != "refused":
        found.append("the upload has not ended")
    return found


def is_given_up(facts: Facts) -> list[str]:
    from content_models.models import Upload

    found = media.is_made(facts) + _transfers()
    if Upload.objects.get(name=facts["name"]).state != "abandoned":
        found.append("the upload is not given up")
    return found


def _begin(facts: Facts) -> Any:
    from cms.media import uploads

    size = Path(facts["path"]).stat().st_size
    return uploads.begin(
        user=None, name=facts["name"], size=size, fingerprint=facts["path"], again=True
    )


def _transfers() -> list[str]:
    """Transfers in storage that nobody will ever end."""
    from cms.media import storage

    bucket = storage.bucket_name(storage.Bucket.ORIGINALS)
    found = storage.client().list_multipart_uploads(Bucket=bucket)
    return [f"unended: {transfer['Key']}" for transfer in found.get("Uploads", [])]
