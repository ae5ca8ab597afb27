"""Where videos are listed, and who may see them: tags, categories, restrictions."""

from __future__ import annotations

from taggit.models import Tag
from wagtail.models import PageViewRestriction

from content_models.models import Category, HomePage
from tests.kills.soak.desk import Desk


def add_tag(desk: Desk) -> str:
    """A new word on a video that is live."""
    page = desk.video(live=True).get_latest_revision_as_object()
    page.tags.add(f"kata {desk.number}")
    page.save_revision().publish()
    return f"page {page.pk}"


def rename_tag(desk: Desk) -> str:
    tag = desk.one(Tag.objects.all())
    tag.name = f"kata baru {desk.number}"
    if desk.happens(0.5):
        tag.slug = f"kata-baru-{desk.number}"
    tag.save()
    return f"tag {tag.pk}"


def delete_tag(desk: Desk) -> str:
    tag = desk.one(Tag.objects.all())
    said = f"tag {tag.pk}"
    tag.delete()
    return said


def add_category(desk: Desk) -> str:
    name = f"Kategori {desk.number}"
    category = Category.objects.create(name=name, slug=f"kategori-{desk.number}")
    return f"category {category.pk}"


def rename_category(desk: Desk) -> str:
    category = desk.one(Category.objects.all())
    category.name = f"Golongan {desk.number}"
    if desk.happens(0.5):
        category.slug = f"golongan-{desk.number}"
    category.save()
    return f"category {category.pk}"


def delete_category(desk: Desk) -> str:
    category = desk.one(Category.objects.all())
    said = f"category {category.pk}"
    category.delete()
    return said


def restrict(desk: Desk) -> str:
    page = desk.page()
    restriction, _made = PageViewRestriction.objects.get_or_create(
        page=page, defaults={"restriction_type": PageViewRestriction.LOGIN}
    )
    return f"page {page.pk} by {restriction.pk}"


def hide_home() -> str:
    """The whole site is taken from the public."""
    home = HomePage.objects.get()
    PageViewRestriction.objects.get_or_create(
        page=home, defaults={"restriction_type": PageViewRestriction.LOGIN}
    )
    return "home"


def lift(desk: Desk) -> str:
    restriction = desk.one(PageViewRestriction.objects.all())
    said = f"restriction of page {restriction.page_id}"
    restriction.delete()
    return said
