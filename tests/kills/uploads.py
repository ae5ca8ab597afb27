"""Scenes from an upload's way: an editor is told that it arrived, a worker makes a ladder."""

from __future__ import annotations

import secrets
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from tests import clips

Facts = dict[str, Any]


def chosen() -> Facts:
    """A small film that an editor is about to upload."""
    name = f"VID_{secrets.token_hex(4)}.mp4"
    return {"name": name, "path": str(_film()), "ready": True}


def chosen_letter() -> Facts:
    """Something else than a film."""
    letter = Path(settings.STATE_DIR) / "letter.mp4"
    letter.write_text("Dengan hormat,\n" * 200)
    return {"name": f"VID_{secrets.token_hex(4)}.mp4", "path": str(letter), "ready": False}


def uploaded() -> Facts:
    facts = chosen()
    upload(facts)
    return facts


def uploaded_long() -> Facts:
    """An upload that is encoded stretch by stretch."""
    _short_stretches()
    return uploaded()


def work_long(facts: Facts) -> None:
    _short_stretches()
    work(facts)


def recover_long() -> dict[str, Any]:
    _short_stretches()
    return recover()


def uploaded_letter() -> Facts:
    facts = chosen_letter()
    upload(facts)
    return facts


def uploaded_and_spoilt() -> Facts:
    """An upload whose original the store gives back with other bytes, for now."""
    from cms.media.storage import Bucket, put_bytes

    facts = uploaded()
    put_bytes(Bucket.ORIGINALS, _asset(facts).original_key, b"?", content_type="video/mp4")
    return facts


def uploaded_and_forgotten() -> Facts:
    """An upload that no worker was ever woken for."""
    from django_tasks_db.models import DBTaskResult

    facts = uploaded()
    DBTaskResult.objects.all().delete()
    return facts


def upload(facts: Facts) -> None:
    """The request of the upload; `acknowledged` is what the editor sees at its end."""
    from cms.media.interface import ingest

    with Path(facts["path"]).open("rb") as file:
        ingest(file, name=facts["name"])
    _acknowledged(facts).touch()


def work(facts: Facts) -> None:
    """What the media worker does until nothing waits."""
    from django.core.management import call_command

    call_command("media_worker", batch=True, interval=0.01, verbosity=0)


def cancel(facts: Facts) -> None:
    """What an editor does who took the wrong file."""
    from cms.media.interface import cancel

    cancel(_asset(facts))


def is_cancelled(facts: Facts) -> list[str]:
    """Nothing was made of it, whoever came by."""
    row = _asset(facts)
    found = [] if row.state == "cancelled" else [f"{row} is {row.state}"]
    return found + _strays()


def reconcile_and_work(facts: Facts) -> None:
    from cms.media.interface import reconcile

    reconcile()
    work(facts)


def mend_the_store(facts: Facts) -> None:
    from cms.media.storage import Bucket, put_bytes

    data = Path(facts["path"]).read_bytes()
    put_bytes(Bucket.ORIGINALS, _asset(facts).original_key, data, content_type="video/mp4")


def recover() -> dict[str, Any]:
    """Time passes, and the platform looks after what a dead worker left."""
    from django.utils import timezone

    from cms.media.interface import collect_leftovers
    from content_models.models import Asset
    from tests.kills import calls

    Asset.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now())
    reconcile_and_work({})
    collect_leftovers(age=timedelta(0), age_of_originals=timedelta(0))
    return calls.recover()


def is_kept(facts: Facts) -> list[str]:
    """What was acknowledged is recorded, and the store has it byte for byte."""
    from cms.media.storage import Bucket, head
    from content_models.models import Asset

    rows = list(Asset.objects.filter(original_name=facts["name"]))
    if len(rows) > 1 or (_acknowledged(facts).exists() and not rows):
        return [f"{len(rows)} rows of one upload"]
    return [
        f"no original of {row}" for row in rows if head(Bucket.ORIGINALS, row.original_key) is None
    ]


def is_made(facts: Facts) -> list[str]:
    """One ladder or a verdict; nothing stray in storage, on this machine or in the queue."""
    from content_models.models import Asset, AssetState

    found = is_kept(facts)
    wanted = AssetState.READY if facts["ready"] else AssetState.REFUSED
    for row in Asset.objects.filter(original_name=facts["name"]):
        if row.state != wanted:
            found.append(f"{row} is {row.state}: {row.error_detail}")
        if row.ladders.count() != int(facts["ready"]):
            found.append(f"{row} has {row.ladders.count()} ladders")
    return found + _strays()


def _strays() -> list[str]:
    from django_tasks_db.models import DBTaskResult

    from cms.media import storage
    from content_models.models import Asset, Chunk, Ladder, Poster

    originals = set(storage.list_keys(storage.Bucket.ORIGINALS, ""))
    originals -= set(Asset.objects.values_list("original_key", flat=True))
    posters = {poster.key for poster in Poster.objects.select_related("asset")}
    prefixes = (*Ladder.objects.values_list("prefix", flat=True), *posters)
    staged = storage.list_keys(storage.Bucket.STAGING, "")
    found = [f"stray: {key}" for key in sorted(originals)]
    found += [f"stray: {key}" for key in staged if not key.startswith(prefixes)]
    found += [f"left on disk: {path}" for path in (Path(settings.STATE_DIR) / "work").glob("*")]
    found += [f"part kept: {row}" for row in Chunk.objects.all()]
    if DBTaskResult.objects.filter(status="READY", queue_name="media").exists():
        found.append("the queue still waits")
    return found


def _short_stretches() -> None:
    """To this process every film is a long one."""
    settings.MEDIA_CHUNK_FROM_SECONDS = 0.5
    settings.MEDIA_CHUNK_SECONDS = 6.0


def _film() -> Path:
    """A second of real film, small enough to be encoded quickly."""
    film = Path(settings.STATE_DIR) / "film.mp4"
    if not film.exists():
        whole = clips.cut(film.with_name("cut.mp4"), name="rabbit.mp4", start=1, seconds=1)
        command = ["-v", "error", "-nostdin", "-y", "-i", str(whole), "-vf", "scale=256:144"]
        part = film.with_name("part.mp4")
        subprocess.run(
            [clips.imageio_ffmpeg.get_ffmpeg_exe(), *command, "-c:a", "copy", str(part)], check=True
        )
        part.replace(film)
    return film


def _asset(facts: Facts) -> Any:
    from content_models.models import Asset

    return Asset.objects.get(original_name=facts["name"])


def _acknowledged(facts: Facts) -> Path:
    return Path(settings.STATE_DIR) / f"acknowledged-{facts['name']}"
