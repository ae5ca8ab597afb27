"""What may be public at this moment, decided in SQL and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Left
from django.db.models.lookups import In
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet

from cms.publishing.models import PublicState
from content_models.models import (
    Asset,
    AssetKind,
    AssetState,
    HomePage,
    Ladder,
    Placement,
    Publication,
    StoryPage,
    StoryPhotograph,
    UnitPage,
    VideoPage,
    unusable,
)

PUBLICATIONS: tuple[type[Publication], ...] = (VideoPage, StoryPage)
Kind = TypeVar("Kind", bound=Publication)
_NOT_PUBLIC = tuple(place for place in Placement if place != Placement.PUBLIC)
# Terms that only the database can give, by what makes them; None where each question asks anew.
_seen: ContextVar[dict[Callable[[], Q], Q] | None] = ContextVar("seen", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Read once for a whole block or call which places are restricted and which units are public.

    For comparisons and answers: they ask for every kind of node, and change neither.
    """
    token = _seen.set({} if (seen := _seen.get()) is None else seen)
    try:
        yield
    finally:
        _seen.reset(token)


def _once(look: Callable[[], Q]) -> Q:
    """What the function finds; within one look, what it found there."""
    if (seen := _seen.get()) is None:
        return look()
    if look not in seen:
        seen[look] = look()
    return seen[look]


def released_pages(pages: PageQuerySet) -> PageQuerySet:
    """Pages that are live, not past their expiry, and restricted neither here nor above."""
    return (
        pages.live()
        .exclude(_once(_restricted))
        .filter(Q(expire_at__isnull=True) | Q(expire_at__gt=timezone.now()))
    )


def _restricted() -> Q:
    """At and below a restricted page, and at and below its aliases.

    Wagtail serves an alias under the restrictions of its source, which its own `public()` forgets.
    """
    return _below(paths_sharing(PageViewRestriction.objects.values_list("page_id", flat=True)))


def _below(paths: Iterable[str]) -> Q:
    """At and below some places: a term for each depth, for SQLite's parser takes no thousand."""
    by_length: dict[int, list[str]] = {}
    for path in paths:
        by_length.setdefault(len(path), []).append(path)
    found = Q(pk__in=[])
    for length, same in sorted(by_length.items()):
        found |= Q(In(Left("path", length), same))
    return found


def paths_sharing(keys: Iterable[int]) -> list[str]:
    """Tree paths of pages and of all their aliases, which share their restrictions."""
    paths: set[str] = set()
    pages = dict(Page.objects.filter(pk__in=list(keys)).values_list("pk", "path"))
    while pages:
        paths.update(pages.values())
        pages = {
            pk: path
            for pk, path in Page.objects.filter(alias_of__in=pages).values_list("pk", "path")
            if path not in paths
        }
    return sorted(paths)


@one_look()
def released(kind: type[Kind]) -> QuerySet[Kind]:
    """Publications of a kind that ought to be public as far as their page goes.

    Their media may not be yet. One that was made live past Wagtail has no date to be listed under
    until the sweep dates it.
    """
    dated = kind._default_manager.filter(first_published_at__isnull=False)
    return released_pages(dated).filter(_once(_below_a_public_unit))


def _below_a_public_unit() -> Q:
    """A page is the public's only as a unit's; the highest public units cover all below them."""
    found, units = Q(pk__in=[]), public_units()
    while top := units.exclude(found).order_by("path").first():
        found |= Q(path__startswith=top.path)
    return found


def undated(kind: type[Kind]) -> QuerySet[Kind]:
    """Publications of a kind that are live although nobody ever published them."""
    return kind._default_manager.filter(live=True, first_published_at__isnull=True)


def shown(kind: type[Kind]) -> QuerySet[Kind]:
    """Released publications that are public, or will be once their files are."""
    return released(kind).filter(_SHOWABLE[kind]())


def public(kind: type[Kind]) -> QuerySet[Kind]:
    """Publications that are public: released, and every file of theirs verified in public.

    Captions alone may follow: a video is shown without those that are not there yet.
    """
    return in_public(shown(kind))


def in_public(pages: QuerySet[Kind]) -> QuerySet[Kind]:
    """Those of the shown publications of a kind whose files are all there."""
    return pages.filter(_IN_PUBLIC[pages.model]())


def waiting(kind: type[Kind]) -> QuerySet[Kind]:
    """Released ones whose files are not public yet: what was told of them before still holds."""
    return shown(kind).exclude(_IN_PUBLIC[kind]())


def recorded(pages: QuerySet[Kind]) -> QuerySet[Kind]:
    """Those of the publications that the world was told of."""
    prefix = Value(f"{pages.model.address}:")
    told = PublicState.objects.filter(pk=Concat(prefix, OuterRef("public_id")))
    return pages.filter(Exists(told))


def _video_showable() -> Q:
    """One whose file is ready, but without a ladder, never will be: somebody deleted it.

    Nor will one whose file turned out to be a photograph, or its signer to be no video.
    """
    empty = Q(asset__state=AssetState.READY, asset__ladder__isnull=True)
    empty |= Q(signer__state=AssetState.READY, signer__ladder__isnull=True)
    wrong = Q(asset__kind=AssetKind.PHOTO)
    wrong |= Q(signer__kind__in=[AssetKind.AUDIO, AssetKind.PHOTO])
    return Q(asset__isnull=False) & ~(empty | wrong)


def _video_in_public() -> Q:
    """The ladder of what is played, its chosen poster, and its sign-language video's ladder."""
    signed = Q(signer__isnull=True) | Q(signer__ladder__placement=Placement.PUBLIC)
    chosen = Q(asset__poster__isnull=True) | Q(asset__poster__is_public=True)
    return Q(asset__ladder__placement=Placement.PUBLIC) & chosen & signed


def photographs() -> QuerySet[StoryPhotograph]:
    """Photographs that stories show, or will once they were processed; the others are left out.

    So are those of which nobody has said what is to be seen: a page published past its form (from
    a list, on a schedule) would leave out the blind instead.
    """
    settled = Q(asset__state=AssetState.READY)
    empty = settled & Q(asset__ladder__isnull=True)
    wrong = (settled | Q(asset__ladder__isnull=False)) & ~Q(asset__kind=AssetKind.PHOTO)
    return (
        StoryPhotograph.objects.filter(asset__isnull=False)
        .exclude(alternative_text="")
        .exclude(unusable("asset__"))
        .exclude(empty | wrong)
    )


def _story_showable() -> Q:
    return Q(Exists(photographs().filter(page=OuterRef("pk"))))


def _story_in_public() -> Q:
    """Each of its photographs: a story that is told twice would be read once."""
    private = photographs().exclude(
        asset__kind=AssetKind.PHOTO, asset__ladder__placement=Placement.PUBLIC
    )
    return ~Q(Exists(private.filter(page=OuterRef("pk"))))


Rules = dict[type[Publication], Callable[[], Q]]
_SHOWABLE: Rules = {VideoPage: _video_showable, StoryPage: _story_showable}
_IN_PUBLIC: Rules = {VideoPage: _video_in_public, StoryPage: _story_in_public}


def released_videos() -> QuerySet[VideoPage]:
    return released(VideoPage)


def public_videos() -> QuerySet[VideoPage]:
    return public(VideoPage)


def public_units() -> PageQuerySet:
    return released_pages(UnitPage.objects.all())


def public_home() -> HomePage | None:
    return released_pages(HomePage.objects.all()).first()


def assets_to_show() -> QuerySet[Asset]:
    """Assets that some released page or alias shows, as what it plays, beside it or in its text.

    Each is looked up by its own pages: who asks for a few does not pay for the site.
    """
    with one_look():
        videos, stories = shown(VideoPage).order_by(), shown(StoryPage).order_by()
    played = Exists(videos.filter(asset=OuterRef("pk")))
    signed = Exists(videos.filter(signer=OuterRef("pk")))
    pictures = photographs().filter(asset=OuterRef("pk"))
    seen = Exists(pictures.filter(Exists(stories.filter(pk=OuterRef("page_id")))))
    return Asset.objects.filter(Q(played) | Q(signed) | Q(seen, kind=AssetKind.PHOTO))


def is_to_show(asset: Asset) -> bool:
    """Whether `assets_to_show` has it."""
    return assets_to_show().filter(pk=asset.pk).exists()


def ladders_to_promote() -> QuerySet[Ladder]:
    """Ladders in use by a released page and not yet wholly public, captions and poster included.

    Begins with what is not public, of which there is less.
    """
    private = Ladder.objects.filter(placement__in=_NOT_PUBLIC).order_by().values("pk")
    assets = Asset.objects.filter(ladder__isnull=False).order_by()
    beside = [
        assets.filter(**{name: False}).values("ladder_id")
        for name in ("captions__is_public", "poster__is_public")
    ]
    shows = assets_to_show().filter(ladder=OuterRef("pk"))
    return Ladder.objects.filter(Exists(shows), pk__in=private.union(*beside))


def ladders_to_withdraw(among: Iterable[str] | None = None) -> QuerySet[Ladder]:
    """Ladders that lie in the public bucket and that no released page uses any more.

    That is: of an asset no page shows, or replaced by a newer, public one of the same asset.
    `among`: only those with these prefixes.
    """
    there = Ladder.objects.exclude(placement=Placement.PRIVATE)
    if among is not None:
        there = there.filter(prefix__in=list(among))
    shows = assets_to_show().filter(pk=OuterRef("asset_id"))
    newer = Asset.objects.filter(
        pk=OuterRef("asset_id"), ladder__placement=Placement.PUBLIC
    ).exclude(ladder=OuterRef("pk"))
    return there.filter(~Exists(shows) | Exists(newer))
