"""Two who get in each other's way, each a process: the first is held half-way by the test."""

from __future__ import annotations

from typing import Any

from cms.media.interface import demote
from cms.publishing import outbox, sweep, visibility
from cms.publishing.models import PublicState
from content_models.models import Asset, Captions, Category, UnitPage, VideoPage
from tests.cms.factories import make_captions, make_draft, make_video
from tests.kills import calls
from tests.kills.soak.admin import client, filled_in, save


def make_a_story() -> dict[str, int]:
    """A live video with captions and a category, and a draft beside it; their keys."""
    asset = Asset.objects.get(pk=calls.staged_asset())
    captions = make_captions(asset, is_public=False)
    category = Category.objects.create(name="Lalu lintas", slug="lalu-lintas")
    unit = UnitPage.objects.get(code="polda-bali")
    page = make_video(unit, asset, title="Patroli")
    page.categories.set([category])
    page.save_revision().publish()
    other = make_draft(unit, asset, title="Draf")
    calls.recover()
    return {
        "page": page.pk,
        "other": other.pk,
        "asset": asset.pk,
        "captions": captions.pk,
        "category": category.pk,
    }


def read_then_save(keys: dict[str, int]) -> None:
    """Holds the page in its hands while something else is saved: the first step is in between."""
    with outbox.transaction():
        page = VideoPage.objects.get(pk=keys["page"])
        Category.objects.create(name="Razia", slug="razia")
        page.title = "Patroli malam"
        page.save_revision().publish()


def move_away(keys: dict[str, int]) -> None:
    with outbox.transaction():
        page = VideoPage.objects.get(pk=keys["page"])
        page.move(UnitPage.objects.get(code="polda-jabar"), pos="last-child")


def unpublish(keys: dict[str, int]) -> None:
    with outbox.transaction():
        VideoPage.objects.get(pk=keys["page"]).unpublish()


def rename_category(keys: dict[str, int]) -> None:
    with outbox.transaction():
        category = Category.objects.get(pk=keys["category"])
        category.slug = "lalin"
        category.save()


def measure_anew(keys: dict[str, int]) -> None:
    """What a media worker does: no request, no outer transaction."""
    asset = Asset.objects.get(pk=keys["asset"])
    asset.duration = 99.0
    asset.save(update_fields=["duration"])


def change_captions(keys: dict[str, int]) -> None:
    with outbox.transaction():
        captions = Captions.objects.get(pk=keys["captions"])
        captions.text = captions.text.replace("pagi", "malam")
        captions.save()


def withdraw(keys: dict[str, int]) -> None:
    demote(Asset.objects.get(pk=keys["asset"]).ladder)


def draft_page(keys: dict[str, int]) -> None:
    _draft(keys["page"])


def draft_other(keys: dict[str, int]) -> None:
    _draft(keys["other"])


def _draft(key: int) -> None:
    page = VideoPage.objects.get(pk=key)
    page.title = "Belum selesai"
    save(page)


def publish_other(keys: dict[str, int]) -> None:
    page = VideoPage.objects.get(pk=keys["other"])
    client().post(f"/admin/pages/{page.pk}/edit/", filled_in(page) | {"action-publish": "1"})


def open_door() -> None:
    """A session for the admin, so that nobody waits for its making."""
    client()


def look(keys: dict[str, int]) -> dict[str, Any]:
    """What became of the page, and what the world was told of it."""
    page = VideoPage.objects.get(pk=keys["page"])
    state = PublicState.objects.filter(pk=f"video:{page.public_id}").first()
    return {
        "title": page.title,
        "live": page.live,
        "unit": page.get_parent().specific.code,
        "told": state and state.record,
        "differing": sorted(sweep.differing()),
        "public": visibility.public_videos().filter(pk=page.pk).exists(),
    }
