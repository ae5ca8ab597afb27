"""Scenes from a newsroom, for stories: what editors do to videos, what must be true of them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings

from tests.kills import calls

Facts = dict[str, Any]

CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nSelamat pagi.\n"
CHANGED = "WEBVTT\n\n00:00.000 --> 00:02.000\nSelamat malam.\n"


def move_in() -> None:
    """A public video, and two that must stay private: a draft and one under embargo."""
    from django.utils import timezone

    from cms.publishing import outbox
    from tests.cms.factories import make_draft

    published()
    make_draft(_unit(), _asset(), **named())
    embargoed = make_draft(
        _unit(), _asset(), go_live_at=timezone.now() + timedelta(days=1), **named()
    )
    with outbox.transaction():
        embargoed.save_revision().publish()
    embargoed.refresh_from_db()
    assert not embargoed.live


def published() -> Facts:
    """A video with private files and captions, published a moment ago."""
    from tests.cms.factories import make_video

    return _facts(make_video(_unit(), _asset(), **named()))


def on_air() -> Facts:
    """A video that is public in full: one that nothing has happened to since, or a new one."""
    from cms.publishing import visibility

    for page in visibility.public_videos().select_related("asset").order_by("pk"):
        texts = list(page.asset.captions.values_list("text", flat=True))
        if page.asset.video_pages.count() == 1 and texts == [CAPTIONS] * 2:
            return _facts(page)
    facts = published()
    _rest()
    return facts


def unpublished() -> Facts:
    """A video that was public, unpublished a moment ago."""
    facts = on_air()
    unpublish(facts)
    return facts


def replaced() -> Facts:
    """A public video whose editor has just chosen another file for it."""
    from tests.cms.factories import publish

    facts = on_air()
    page = page_of(facts)
    page.asset = _asset()
    publish(page)
    return facts


def corrected() -> Facts:
    """A public video: the text of its captions was changed, those in another language deleted."""
    from cms.publishing import outbox

    facts = on_air()
    captions = page_of(facts).asset.captions
    with outbox.transaction():
        first = captions.get(language="id")
        first.text = CHANGED
        first.save()
        captions.get(language="jv").delete()
    return facts


def choose_poster(facts: Facts) -> None:
    """Somebody takes another poster for a public video, and it becomes public."""
    from cms.media.interface import posters
    from cms.publishing import outbox
    from content_models.models import Poster

    asset = page_of(facts).asset
    still = _still()
    posters.store(asset, still)
    with outbox.transaction():
        posters.record(asset, still, Poster.Origin.UPLOADED)
    _rest()


def has_its_poster(facts: Facts) -> list[str]:
    """The poster of the row is public, and no other."""
    asset = page_of(facts).asset
    there = {key for key in _bucket() if key.startswith(f"{asset.uuid}/poster/")}
    if there != {asset.poster.key}:
        return [f"posters in public: {sorted(there)}"]
    return is_public(facts)


def unpublish(facts: Facts) -> None:
    from cms.publishing import outbox

    with outbox.transaction():
        page_of(facts).unpublish()


def retitle(facts: Facts) -> None:
    from tests.cms.factories import publish

    page = page_of(facts)
    page.title = named()["title"]
    publish(page)


def publish_again(facts: Facts) -> None:
    from tests.cms.factories import publish

    publish(page_of(facts))


def number(facts: Facts) -> int:
    """Only the first thing that a publish worker does: how many changes it gave a number."""
    from cms.publishing.relay import relay

    return relay()


def publish_cycles(facts: Facts) -> None:
    """What the publish worker does until nothing is left."""
    _rest()


def is_public(facts: Facts) -> list[str]:
    """Its files, all of its captions and its page can be had."""
    from cms.publishing import visibility

    page = page_of(facts)
    found = []
    if not visibility.public_videos().filter(pk=page.pk).exists():
        found.append(f"{page.public_id} is not public")
    if not set(_keys(page.asset)) <= _bucket():
        found.append(f"{page.public_id} lacks files")
    if not all(captions.is_public for captions in page.asset.captions.all()):
        found.append(f"{page.public_id} lacks captions")
    if not page.asset.poster.is_public:
        found.append(f"{page.public_id} lacks its poster")
    if not _on_site(page):
        found.append(f"{page.public_id} has no page")
    return found


def is_replaced(facts: Facts) -> list[str]:
    """The new file is public, nothing of the old one."""
    from content_models.models import Asset

    old = Asset.objects.get(pk=facts["asset"])
    found = is_public(facts)
    if page_of(facts).asset_id == old.pk:
        found.append("the old file is still in use")
    return found + _left_of(old)


def is_corrected(facts: Facts) -> list[str]:
    """The changed captions are public, and only those."""
    from cms.media import storage

    asset = page_of(facts).asset
    there = {key for key in _bucket() if key.startswith(f"{asset.uuid}/captions/")}
    captions = asset.captions.get()
    if there != {captions.key}:
        return [f"captions in public: {sorted(there)}"]
    text = b"".join(storage.read(storage.Bucket.MEDIA, captions.key)).decode()
    return is_public(facts) + ([] if text == CHANGED else ["the old text is public"])


def is_whole(facts: Facts) -> list[str]:
    """The editor's act is there with all its consequences, or never happened."""
    return is_public(facts) if page_of(facts).live else is_gone(facts)


def visited() -> Facts:
    """A video published a moment ago, and every page in the memory of the edge's cache."""
    facts = published()
    visit(facts)
    return facts


def visited_and_forgotten() -> Facts:
    """The same, and the builder no longer knows how far it had read: it reads everything again."""
    import sqlite3

    facts = visited()
    path = settings.STATE_DIR / "build" / "store.sqlite3"
    with sqlite3.connect(path) as store:
        store.execute("DELETE FROM meta WHERE key = 'epoch'")
    store.close()
    return facts


def visited_and_unpublished() -> Facts:
    """The only video of its unit, so that pages of listings go with it."""
    from tests.cms.factories import make_video

    facts = _facts(make_video(_unit("polda-jabar"), _asset(), **named()))
    _rest()
    visit(facts)
    unpublish(facts)
    return facts


def visit(facts: Facts) -> None:
    """Somebody looks at every page there is, and at that of the video."""
    for path, _sha256, answer in seen(page_of(facts)):
        assert answer.status_code in {200, 404, 410}, path


def is_seen(facts: Facts) -> list[str]:
    """Visitors get the files as they are, out of the cache too."""
    page = page_of(facts)
    found = []
    for path, sha256, answer in seen(page):
        if sha256 is None and answer.status_code not in {404, 410}:
            found.append(f"{path} still answers {answer.status_code}")
        if sha256 and hashlib.sha256(answer.content).hexdigest() != sha256:
            found.append(f"{path} is stale")
    return is_whole(facts) + found


def seen(page: Any) -> Iterator[tuple[str, str | None, httpx.Response]]:
    files: dict[str, str | None] = {**calls.site_files()}
    files.setdefault(f"{page.public_path.strip('/')}/index.html", None)
    with httpx.Client(base_url=settings.SITE_EDGE_URL, timeout=60) as client:
        for path, sha256 in files.items():
            yield path, sha256, client.get("/" + path.removesuffix("index.html"))


def is_gone(facts: Facts) -> list[str]:
    """Neither file nor page can be had."""
    page = page_of(facts)
    found = _left_of(page.asset)
    if _on_site(page):
        found.append(f"the page of {page.public_id} is still there")
    return found


def _asset() -> Any:
    from cms.media.interface import posters
    from cms.publishing import outbox
    from content_models.models import Asset, Poster
    from tests.cms.factories import make_captions

    asset = Asset.objects.get(pk=calls.staged_asset())
    for language in ("id", "jv"):
        make_captions(asset, is_public=False, language=language)
    still = _still()
    posters.store(asset, still)
    with outbox.transaction():
        posters.record(asset, still, Poster.Origin.CANDIDATE)
    return asset


def _still() -> Any:
    from cms.media.interface import pictures

    return pictures.Still(data=secrets.token_bytes(100), width=640, height=360)


def named() -> dict[str, str]:
    """A title and a slug of its own, whichever process asks."""
    word = secrets.token_hex(4)
    return {"title": f"Patroli {word}", "slug": f"patroli-{word}"}


def _unit(code: str = "polda-bali") -> Any:
    from content_models.models import UnitPage

    return UnitPage.objects.get(code=code)


def _facts(page: Any) -> Facts:
    return {"page": page.pk, "asset": page.asset_id, "videos": [page.public_id]}


def page_of(facts: Facts) -> Any:
    from content_models.models import VideoPage

    return VideoPage.objects.select_related("asset__ladder").get(pk=facts["page"])


def _keys(asset: Any) -> list[str]:
    files = asset.ladder.files.select_related("ladder")
    captions = [one.key for one in asset.captions.all()]
    return [*(file.key for file in files), *captions, asset.poster.key]


def _bucket() -> set[str]:
    from cms.media import storage

    return set(storage.list_keys(storage.Bucket.MEDIA, ""))


def _left_of(asset: Any) -> list[str]:
    return [f"still public: {key}" for key in sorted(_bucket()) if key.startswith(str(asset.uuid))]


def _on_site(page: Any) -> bool:
    return f"{page.public_path.strip('/')}/index.html" in calls.site_files()


def _rest() -> None:
    failures = calls.recover()["failures"]
    assert not failures, failures
