"""What somebody does in a shell, past every signal; only the sweep can see it."""

from __future__ import annotations

from taggit.models import Tag

from content_models.models import Category, HomePage, UnitPage, VideoPage
from tests.kills.soak.desk import Desk


def retitle(desk: Desk) -> str:
    page = desk.one(VideoPage.objects.all())
    VideoPage.objects.filter(pk=page.pk).update(title=f"Dari shell {desk.number}")
    return f"page {page.pk}"


def switch_off(desk: Desk) -> str:
    page = desk.one(VideoPage.objects.filter(live=True))
    VideoPage.objects.filter(pk=page.pk).update(live=False, title=f"Padam {desk.number}")
    return f"page {page.pk}"


def switch_on(desk: Desk) -> str:
    page = desk.one(VideoPage.objects.filter(live=False))
    VideoPage.objects.filter(pk=page.pk).update(live=True, title=f"Nyala {desk.number}")
    return f"page {page.pk}"


def retitle_unit(desk: Desk) -> str:
    unit = desk.unit()
    UnitPage.objects.filter(pk=unit.pk).update(title=f"Unit shell {desk.number}")
    return f"unit {unit.pk}"


def switch_unit(desk: Desk) -> str:
    unit = desk.new_unit()
    UnitPage.objects.filter(pk=unit.pk).update(
        live=not unit.live, title=f"Unit saklar {desk.number}"
    )
    return f"unit {unit.pk}"


def rename_listings(desk: Desk) -> str:
    tag, category = desk.one(Tag.objects.all()), desk.one(Category.objects.all())
    Tag.objects.filter(pk=tag.pk).update(name=f"kata shell {desk.number}")
    Category.objects.filter(pk=category.pk).update(name=f"Kategori shell {desk.number}")
    return f"tag {tag.pk}, category {category.pk}"


def retitle_home(desk: Desk) -> str:
    HomePage.objects.update(title=f"Policetube {desk.number}")
    return "home"


def add_live(desk: Desk) -> str:
    """A page that was never published by anybody, and yet is live."""
    page = VideoPage(
        title=f"Langsung {desk.number}",
        slug=f"langsung-{desk.number}",
        asset=desk.asset(),
        synopsis="Patroli di pusat kota.",
    )
    desk.unit().add_child(instance=page)
    return f"page {page.pk}"
