"""Signals only say what may have changed; the outbox finds out whether it did."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.utils import timezone
from taggit.models import Tag
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import page_published, page_unpublished, post_page_move

from cms.publishing import outbox
from cms.publishing.models import RetiredKey
from cms.publishing.reality import SITE_NODE, videos_using
from cms.publishing.receipts import MEDIA_PUBLIC
from content_models.models import (
    Asset,
    Captions,
    Category,
    HomePage,
    Ladder,
    UnitPage,
    VideoPage,
    VideoTag,
)


def video_saving(instance: VideoPage, **kwargs: Any) -> None:
    """Made live past Wagtail (`add_child(live=True)`): it is dated as a publication would be."""
    if instance.live and instance.first_published_at is None:
        instance.first_published_at = instance.last_published_at = timezone.now()


def page_changed(instance: Page, **kwargs: Any) -> None:
    """A page was saved, published or unpublished."""
    if isinstance(instance, VideoPage):
        outbox.touch(videos=[instance.pk])
    elif isinstance(instance, UnitPage):
        # A unit that comes or goes changes which unit its videos belong to.
        outbox.touch(units=[instance.pk])
    elif isinstance(instance, HomePage):
        outbox.touch(site=True)


def unit_visibility_changed(instance: Page, **kwargs: Any) -> None:
    if isinstance(instance, UnitPage):
        outbox.touch(subtrees=[instance.path])


def page_deleted(instance: Page, **kwargs: Any) -> None:
    if isinstance(instance, VideoPage):
        outbox.touch(nodes=[f"video:{instance.public_id}"])
    elif isinstance(instance, UnitPage):
        outbox.touch(nodes=[f"unit:{instance.code}"])
    elif isinstance(instance, HomePage):
        outbox.touch(nodes=[SITE_NODE])


def page_moved(instance: Page, **kwargs: Any) -> None:
    moved = Page.objects.filter(pk=instance.pk).values_list("path", flat=True).first()
    if moved is not None:
        outbox.touch(subtrees=[moved])


def restriction_changed(instance: PageViewRestriction, **kwargs: Any) -> None:
    outbox.touch(subtrees=[instance.page.path], site=True)


def media_changed(instance: Asset | Ladder | Captions, **kwargs: Any) -> None:
    asset_id = instance.pk if isinstance(instance, Asset) else instance.asset_id
    reason = MEDIA_PUBLIC if isinstance(instance, Ladder) else "edit"
    outbox.touch(assets=[asset_id], reason=reason)


def captions_changing(instance: Captions, **kwargs: Any) -> None:
    """Before the change: another text or language is another key, and the old one must go."""
    before = Captions.objects.filter(pk=instance.pk).select_related("asset").first()
    if before is not None and before.key != instance.key:
        instance.is_public = False
        RetiredKey.objects.get_or_create(key=before.key)


def captions_deleted(instance: Captions, **kwargs: Any) -> None:
    RetiredKey.objects.get_or_create(key=instance.key)


def category_changed(instance: Category, **kwargs: Any) -> None:
    outbox.touch(categories=[instance.pk])


def category_going(instance: Category, **kwargs: Any) -> None:
    """Before the deletion: afterwards nobody knows which videos it was on."""
    outbox.touch(nodes=[f"category:{instance.slug}"], videos=videos_using(categories=instance.pk))


def tag_changed(instance: Tag, **kwargs: Any) -> None:
    outbox.touch(tags=[instance.pk])


def tag_going(instance: Tag, **kwargs: Any) -> None:
    outbox.touch(nodes=[f"tag:{instance.slug}"], videos=videos_using(tagged_items__tag=instance.pk))


def tagging_changed(instance: VideoTag, **kwargs: Any) -> None:
    outbox.touch(videos=[instance.content_object_id], tags=[instance.tag_id])


def site_changed(instance: Site, **kwargs: Any) -> None:
    outbox.touch(site=True)


def connect() -> None:
    """Connect every handler; called once, when the app is ready."""
    pages: tuple[type[Model], ...] = (VideoPage, UnitPage, HomePage)
    for model in pages:
        post_save.connect(page_changed, sender=model)
        post_delete.connect(page_deleted, sender=model)
        page_published.connect(page_changed, sender=model)
        page_published.connect(unit_visibility_changed, sender=model)
        page_unpublished.connect(page_changed, sender=model)
        page_unpublished.connect(unit_visibility_changed, sender=model)
        post_page_move.connect(page_moved, sender=model)
    pre_save.connect(video_saving, sender=VideoPage)
    for media in (Asset, Ladder, Captions):
        post_save.connect(media_changed, sender=media)
    post_delete.connect(media_changed, sender=Captions)
    pre_save.connect(captions_changing, sender=Captions)
    post_delete.connect(captions_deleted, sender=Captions)
    post_save.connect(category_changed, sender=Category)
    pre_delete.connect(category_going, sender=Category)
    post_save.connect(tag_changed, sender=Tag)
    pre_delete.connect(tag_going, sender=Tag)
    post_save.connect(tagging_changed, sender=VideoTag)
    post_delete.connect(tagging_changed, sender=VideoTag)
    post_save.connect(site_changed, sender=Site)
    for signal in (post_save, post_delete):
        signal.connect(restriction_changed, sender=PageViewRestriction)
