"""What may be public at this moment, decided in SQL and nowhere else."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone
from wagtail.query import PageQuerySet

from content_models.models import Asset, HomePage, Ladder, Placement, UnitPage, VideoPage


def released_pages(pages: PageQuerySet) -> PageQuerySet:
    """Pages that are live, not past their expiry, and restricted neither here nor above."""
    return pages.live().public().filter(Q(expire_at__isnull=True) | Q(expire_at__gt=timezone.now()))


def released_videos() -> QuerySet[VideoPage]:
    """Videos that ought to be public as far as their page goes; their media may not be yet."""
    return released_pages(VideoPage.objects.all())


def public_videos() -> PageQuerySet:
    """Videos that are public: released, and every file of theirs verified in the public bucket."""
    return released_videos().filter(asset__ladder__placement=Placement.PUBLIC)


def public_units() -> PageQuerySet:
    return released_pages(UnitPage.objects.all())


def public_home() -> HomePage | None:
    return released_pages(HomePage.objects.all()).first()


def assets_to_show() -> QuerySet[Asset]:
    """Assets that some released page or alias uses."""
    return Asset.objects.filter(pk__in=released_videos().values("asset_id"))


def ladders_to_promote() -> QuerySet[Ladder]:
    """Ladders in use by a released page and not yet wholly public, captions included."""
    wanted = Ladder.objects.filter(pk__in=assets_to_show().values("ladder_id"))
    return wanted.exclude(placement=Placement.PUBLIC) | wanted.filter(
        asset__captions__is_public=False
    )


def ladders_to_withdraw() -> QuerySet[Ladder]:
    """Ladders that lie in the public bucket and whose asset no released page uses."""
    return Ladder.objects.exclude(placement=Placement.PRIVATE).exclude(
        asset__in=assets_to_show().values("pk")
    )


def ladders_replaced() -> QuerySet[Ladder]:
    """Public ladders of assets in use that have been replaced by a newer, public one."""
    return (
        Ladder.objects.exclude(placement=Placement.PRIVATE)
        .filter(asset__ladder__placement=Placement.PUBLIC)
        .exclude(pk__in=Asset.objects.filter(ladder__isnull=False).values("ladder_id"))
    )
