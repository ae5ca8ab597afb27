"""Signals only say what may have changed; the outbox finds out whether it did."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone
from taggit.models import Tag, TaggedItemBase
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import page_published, page_unpublished, post_page_move

from cms.publishing import outbox, visibility
from cms.publishing.kinds import KINDS
from cms.publishing.models import PublicState, RetiredKey
from cms.publishing.reality import using
from cms.publishing.receipts import MEDIA_PUBLIC
from content_models.models import (
    Asset,
    Captions,
    Category,
    EmergencyBanner,
    HomePage,
    Ladder,
    Placement,
    Poster,
    Publication,
    RelatedVideo,
    StoryPhotograph,
    UnitPage,
)

PAGES_BEFORE = "_pages_before"
PATHS_BEFORE = "_paths_before"


def publication_saving(instance: Publication, **kwargs: Any) -> None:
    """Made live past Wagtail (`add_child(live=True)`): it is dated as a publication would be."""
    if instance.live and instance.first_published_at is None:
        instance.first_published_at = instance.last_published_at = timezone.now()


def page_changed(instance: Page, **kwargs: Any) -> None:
    """A page was saved, published or unpublished."""
    if isinstance(instance, Publication):
        outbox.touch(publications=[instance.pk])
    elif isinstance(instance, UnitPage):
        # Known to the world by its code: with another one, what was told under the old must go.
        told = PublicState.objects.filter(page_id=instance.pk, node_id__startswith="unit:")
        outbox.touch(units=[instance.pk], nodes=told.values_list("pk", flat=True))
    elif isinstance(instance, HomePage):
        outbox.touch(site=True)


def page_deleted(instance: Page, **kwargs: Any) -> None:
    if isinstance(instance, Publication):
        outbox.touch(nodes=[instance.node_id])
    elif isinstance(instance, UnitPage):
        outbox.touch(nodes=[f"unit:{instance.code}"])
    elif isinstance(instance, HomePage):
        outbox.touch(site=True)


def page_moved(instance: Page, **kwargs: Any) -> None:
    moved = Page.objects.filter(pk=instance.pk).values_list("path", flat=True).first()
    if moved is not None:
        outbox.touch(subtrees=[moved])


def restriction_changed(instance: PageViewRestriction, **kwargs: Any) -> None:
    outbox.touch(subtrees=visibility.paths_sharing([instance.page_id]), site=True)


def restriction_lifted(instance: PageViewRestriction, origin: object, **kwargs: Any) -> None:
    """Mirrors got a copy when they were made; no page of the admin would ever lift it."""
    if isinstance(origin, PageViewRestriction) and instance.pk == origin.pk:
        for copied in PageViewRestriction.objects.filter(page__alias_of=instance.page_id):
            copied.delete()


def media_changed(instance: Asset | Ladder | Captions | Poster, **kwargs: Any) -> None:
    asset_id = instance.pk if isinstance(instance, Asset) else instance.asset_id
    reason = MEDIA_PUBLIC if isinstance(instance, Ladder) else "edit"
    outbox.touch(assets=[asset_id], reason=reason)


def ladder_going(instance: Ladder, **kwargs: Any) -> None:
    """Before the deletion: afterwards nobody knows which of its files are public."""
    if instance.placement != Placement.PRIVATE:
        files = instance.files.select_related("ladder")
        rows = [RetiredKey(key=file.key) for file in files]
        RetiredKey.objects.bulk_create(rows, ignore_conflicts=True)


def captions_changing(instance: Captions, **kwargs: Any) -> None:
    """Before the change: another text or language is another key, and the old one must go."""
    before = Captions.objects.filter(pk=instance.pk).select_related("asset").first()
    if before is not None and before.key != instance.key:
        instance.is_public = False
        RetiredKey.objects.get_or_create(key=before.key)
        # A text that comes back is public again under its old key: it is no longer to be deleted.
        RetiredKey.objects.filter(key=instance.key).delete()


def poster_changing(instance: Poster, **kwargs: Any) -> None:
    """Before the change: other bytes are another key, and the old one must go."""
    before = Poster.objects.filter(pk=instance.pk).select_related("asset").first()
    if before is not None and before.key != instance.key:
        instance.is_public = False
        RetiredKey.objects.get_or_create(key=before.key)
    RetiredKey.objects.filter(key=instance.key).delete()


def retire(instance: Captions | Poster, **kwargs: Any) -> None:
    RetiredKey.objects.get_or_create(key=instance.key)


def category_changed(instance: Category, **kwargs: Any) -> None:
    """The list is short: what was told under a slug that is no longer there must go."""
    told = PublicState.objects.filter(node_id__startswith="category:").values_list("pk", flat=True)
    there = {f"category:{slug}" for slug in Category.objects.values_list("slug", flat=True)}
    outbox.touch(categories=[instance.pk], nodes=set(told) - there)


def categories_of_page_changed(
    instance: Model, action: str, pk_set: set[int] | None, **kwargs: Any
) -> None:
    """From the page's side or the category's."""
    if isinstance(instance, Publication):
        outbox.touch(publications=[instance.pk])
    elif action == "pre_clear":
        _remember(instance, using(categories=instance.pk))
    elif action == "post_clear":
        outbox.touch(publications=_remembered(instance))
    elif action in {"post_add", "post_remove"}:
        outbox.touch(publications=pk_set or ())


def category_going(instance: Category, **kwargs: Any) -> None:
    """Before the deletion: afterwards nobody knows which pages it was on."""
    _remember(instance, using(categories=instance.pk))


def category_gone(instance: Category, **kwargs: Any) -> None:
    outbox.touch(nodes=[f"category:{instance.slug}"], publications=_remembered(instance))


def tag_changed(instance: Tag, **kwargs: Any) -> None:
    outbox.touch(tags=[instance.pk])


def tag_going(instance: Tag, **kwargs: Any) -> None:
    _remember(instance, using(tagged_items__tag=instance.pk))


def tag_gone(instance: Tag, **kwargs: Any) -> None:
    outbox.touch(nodes=[f"tag:{instance.slug}"], publications=_remembered(instance))


def tagging_changed(instance: TaggedItemBase, **kwargs: Any) -> None:
    outbox.touch(publications=[instance.content_object_id], tags=[instance.tag_id])


def part_changed(instance: StoryPhotograph | RelatedVideo, **kwargs: Any) -> None:
    outbox.touch(publications=[instance.page_id])


def site_changed(instance: Site, **kwargs: Any) -> None:
    outbox.touch(site=True)


def banner_changed(instance: EmergencyBanner, **kwargs: Any) -> None:
    outbox.touch(banner=True)


def redirect_changing(instance: Redirect, **kwargs: Any) -> None:
    """Before the change: with another address, what was told of the old one must go."""
    before = Redirect.objects.filter(pk=instance.pk).values_list("old_path", flat=True)
    vars(instance)[PATHS_BEFORE] = set(before)


def redirect_changed(instance: Redirect, **kwargs: Any) -> None:
    outbox.touch(redirects={instance.old_path, *vars(instance).pop(PATHS_BEFORE, ())})


def _remember(instance: Model, pages: set[int]) -> None:
    """Keep on the row itself what is known only before the change and told after it."""
    vars(instance)[PAGES_BEFORE] = pages


def _remembered(instance: Model) -> set[int]:
    return vars(instance).pop(PAGES_BEFORE, set())


def connect() -> None:
    """Connect every handler; called once, when the app is ready."""
    pages: tuple[type[Model], ...] = (*(kind.model for kind in KINDS), UnitPage, HomePage)
    for model in pages:
        post_save.connect(page_changed, sender=model)
        post_delete.connect(page_deleted, sender=model)
        page_published.connect(page_changed, sender=model)
        page_unpublished.connect(page_changed, sender=model)
        post_page_move.connect(page_moved, sender=model)
    for kind in KINDS:
        pre_save.connect(publication_saving, sender=kind.model)
        through = kind.model._meta.get_field("categories").remote_field.through
        m2m_changed.connect(categories_of_page_changed, sender=through)
        for signal in (post_save, post_delete):
            signal.connect(tagging_changed, sender=kind.tagging)
    for part in (StoryPhotograph, RelatedVideo):
        for signal in (post_save, post_delete):
            signal.connect(part_changed, sender=part)
    for media in (Asset, Ladder, Captions, Poster):
        post_save.connect(media_changed, sender=media)
    pre_delete.connect(ladder_going, sender=Ladder)
    for media in (Ladder, Captions, Poster):
        post_delete.connect(media_changed, sender=media)
    pre_save.connect(captions_changing, sender=Captions)
    pre_save.connect(poster_changing, sender=Poster)
    for media in (Captions, Poster):
        post_delete.connect(retire, sender=media)
    post_save.connect(category_changed, sender=Category)
    pre_delete.connect(category_going, sender=Category)
    post_delete.connect(category_gone, sender=Category)
    post_save.connect(tag_changed, sender=Tag)
    pre_delete.connect(tag_going, sender=Tag)
    post_delete.connect(tag_gone, sender=Tag)
    post_save.connect(site_changed, sender=Site)
    for signal in (post_save, post_delete):
        signal.connect(banner_changed, sender=EmergencyBanner)
    pre_save.connect(redirect_changing, sender=Redirect)
    for signal in (post_save, post_delete):
        signal.connect(redirect_changed, sender=Redirect)
    for signal in (post_save, post_delete):
        signal.connect(restriction_changed, sender=PageViewRestriction)
    post_delete.connect(restriction_lifted, sender=PageViewRestriction)
