"""Clips on their way to the public: taken in, converted by the media worker, published, seen.

The demo does nothing here that an editor or a script could not do: it stores the file, waits for
the row, publishes a page and asks the edge.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.contrib.auth import get_user_model
from django.db import connections
from django.utils import translation

from cms.embedded import showcase
from cms.embedded.console import Console
from cms.embedded.environment import Installation
from cms.embedded.errors import EmbeddedError
from cms.embedded.showcase import Texts
from cms.embedded.state import Memory
from cms.embedded.supervision import Supervisor
from cms.media.interface import MediaError, describe, frame, ingest, retry, samples
from cms.publishing.interface import log_head, visibility
from content_models.models import Asset, AssetState, Publication, VideoPage

LOOK_SECONDS = 0.4
PUBLIC_SECONDS = 180.0
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Something to show: its name on the screen, its asset and its texts."""

    name: str
    asset: Asset
    texts: Texts


def show(
    installation: Installation, supervisor: Supervisor, console: Console, given: Path | None
) -> list[tuple[str, str]]:
    """Bring clips to the public; title and address of what is there, the given clip first."""
    memory = Memory(installation.state / "demo.json")
    pages: list[Publication] = []
    if given is not None:
        pages = _bring([_take_file(given, console)], console)
    if not pages and not visibility.released_videos().exists():
        pages = [*_bring(_draw_samples(installation, memory, console), console)]
        pages += _tell_news(pages, installation, console)
        for name in showcase.TEXTS:
            memory.note(f"sample {name}")
    _wait_until_public(pages, installation, supervisor, console)
    newest = visibility.public_videos().order_by("-first_published_at")[:SHOWN]
    listed: dict[int, Publication] = {page.pk: page for page in (*pages, *newest)}
    # The demo goes on for hours; it must hold no view of the database meanwhile.
    connections.close_all()
    return [(page.title, installation.site_url + page.public_path) for page in listed.values()]


def _take_file(path: Path, console: Console) -> Clip:
    """The asset of a file of this machine: the one that has the same bytes, else a new one."""
    with console.step(f"Membaca {path.name}", "Reading the clip"):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        texts = showcase.texts_of_file(path.name)
        asset = Asset.objects.filter(sha256=digest, size=path.stat().st_size).first()
        if asset is None:
            asset = _ingest(path, texts)
        elif describe(asset).can_retry:
            retry(asset)
    return Clip(name=path.name, asset=asset, texts=texts)


def _draw_samples(installation: Installation, memory: Memory, console: Console) -> list[Clip]:
    """Generated clips, each stored once; those that were stored at an earlier start included."""
    clips = []
    for sample in samples.DEMO:
        texts = showcase.TEXTS[sample.name]
        if memory.has(f"sample {sample.name}"):
            continue
        asset = Asset.objects.filter(original_name=sample.name).first()
        if asset is None:
            with (
                console.step(f"Membuat {sample.name}", "Drawing a sample"),
                tempfile.TemporaryDirectory(dir=installation.state, prefix="sample-") as folder,
            ):
                asset = _ingest(samples.make(sample, Path(folder)), texts)
        if sample.name == "press-statement.mp4":
            showcase.add_captions(asset, samples.captions(sample.seconds))
        clips.append(Clip(name=sample.name, asset=asset, texts=texts))
    return clips


def _tell_news(
    pages: list[Publication], installation: Installation, console: Console
) -> list[Publication]:
    """A story with a still of one of the clips, taken in as an editor's photograph would be."""
    of_clip = {
        page.asset.original_name: page
        for page in pages
        if isinstance(page, VideoPage) and page.asset
    }
    film = of_clip.get(showcase.STILL_OF)
    if film is None or film.asset is None or film.asset.ladder is None:
        return []
    photo = Asset.objects.filter(original_name=showcase.STILL_NAME).first()
    if photo is None:
        with tempfile.TemporaryDirectory(dir=installation.state, prefix="still-") as folder:
            path = Path(folder) / showcase.STILL_NAME
            path.write_bytes(frame(film.asset.ladder, showcase.STILL_AT).data)
            photo = _ingest(path, showcase.NEWS)
    photo = _watch(Clip(name=showcase.STILL_NAME, asset=photo, texts=showcase.NEWS), console)
    if photo.state != AssetState.READY:
        return []
    return [showcase.tell(showcase.NEWS, photo, showcase.ALTERNATIVE_TEXT, film)]


def _ingest(path: Path, texts: Texts) -> Asset:
    try:
        with path.open("rb") as file:
            return ingest(
                file,
                name=path.name,
                title=texts.title,
                user=get_user_model().objects.filter(username="admin").first(),
                collection=showcase.collection_of(texts),
            )
    except MediaError as error:
        raise EmbeddedError(
            "step-failed",
            indonesian=f"Berkas {path.name} tidak dapat disimpan; keterangannya di bawah ini.",
            english=f"The file {path.name} could not be stored: {error}",
        ) from error


def _bring(clips: list[Clip], console: Console) -> list[VideoPage]:
    """Wait for each clip to be converted and publish its page; refused ones are told of."""
    pages = []
    for clip in clips:
        asset = _watch(clip, console)
        if asset.state == AssetState.READY:
            pages.append(showcase.publish(clip.texts, asset))
        else:
            for language in ("id", "en"):
                with translation.override(language):
                    console.say(f"    ✗ {describe(asset).message}")
    return pages


def _watch(clip: Clip, console: Console) -> Asset:
    """Draw the progress that the media worker writes to the row, until it is settled."""
    bar = console.bar(clip.name)
    while True:
        asset = Asset.objects.get(pk=clip.asset.pk)
        status = describe(asset)
        if asset.is_settled:
            done = 100 if asset.state == AssetState.READY else asset.progress
            bar.finish(done, status.label)
            return asset
        bar.show(asset.progress, status.stage_label or status.label)
        time.sleep(LOOK_SECONDS)


def _wait_until_public(
    pages: list[Publication], installation: Installation, supervisor: Supervisor, console: Console
) -> None:
    """Return when the edge shows every page that ought to be public; raise `program-down`."""
    keys = [page.pk for page in pages]
    wanted = [
        page
        for kind in visibility.PUBLICATIONS
        for page in visibility.released(kind).filter(pk__in=keys)
    ]
    waiting = [installation.site_url + page.public_path for page in wanted]
    if not waiting:
        return
    deadline = time.monotonic() + PUBLIC_SECONDS
    with console.step("Menerbitkan ke situs publik", "Publishing to the public site"):
        while waiting := [url for url in waiting if not _answers(url)]:
            if time.monotonic() > deadline:
                raise _not_public(waiting[0], supervisor)
            time.sleep(LOOK_SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _not_public(url: str, supervisor: Supervisor) -> EmbeddedError:
    reason = log_head().last_error or supervisor.log_tail("publish-worker")
    return EmbeddedError(
        "program-down",
        indonesian=f"Halaman {url} belum juga terbit. Lihat catatan publish-worker.",
        english=f"The page {url} does not appear. The publish worker says: {reason}",
    )
