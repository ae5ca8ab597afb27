"""Every column that a public record is made from, as one digest that the database computes.

Equal digests, equal columns (and as many rows beside it, with the same sum of keys): so a whole
site is compared in one query, without a row of it leaving the database. What two exchanged tags
leave alike, the rounds find. The digest is of this database alone; after a move to another it
differs everywhere once, which costs one comparison of everything and tells nobody anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import (
    Aggregate,
    CharField,
    Count,
    Expression,
    F,
    Func,
    IntegerField,
    Model,
    OuterRef,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import MD5, Cast, Coalesce

from content_models.models import (
    Captions,
    Publication,
    RelatedVideo,
    StoryPage,
    StoryPhotograph,
    StoryTag,
    UnitPage,
    VideoPage,
    VideoTag,
)

BATCH = 500
SEPARATOR = Value("\x1f")
PUBLICATION_COLUMNS = (
    "path",
    "title",
    "slug",
    "synopsis",
    "body",
    "incident_date",
    "incident_place",
    "credit",
    "rights",
    "language",
    "first_published_at",
    "last_published_at",
)
VIDEO_COLUMNS = (
    *PUBLICATION_COLUMNS,
    "asset_id",
    "asset__sha256",
    "asset__kind",
    "asset__duration",
    "asset__has_audio",
    "asset__ladder_id",
    "asset__ladder__placement",
    "signer_id",
    "signer__sha256",
    "signer__kind",
    "signer__duration",
    "signer__ladder_id",
    "signer__ladder__placement",
    "asset__poster__sha256",
    "asset__poster__is_public",
)
PHOTOGRAPH_COLUMNS = (
    "pk",
    "sort_order",
    "alternative_text",
    "caption",
    "credit",
    "asset_id",
    "asset__kind",
    "asset__state",
    "asset__sha256",
    "asset__ladder_id",
    "asset__ladder__placement",
)
UNIT_COLUMNS = ("path", "title", "code", "level", "region_code", "summary")


def of_videos() -> Expression:
    """For a query of `VideoPage`."""
    chosen = VideoPage.categories.through
    return _digest(
        *(F(name) for name in VIDEO_COLUMNS),
        *_rows(chosen, "videopage", "category_id"),
        *_rows(VideoTag, "content_object", "tag_id"),
        *_rows(Captions, "asset", "pk", outer="asset_id", is_public=True),
    )


def of_stories() -> Expression:
    """For a query of `StoryPage`."""
    chosen = StoryPage.categories.through
    return _digest(
        *(F(name) for name in PUBLICATION_COLUMNS),
        *_rows(chosen, "storypage", "category_id"),
        *_rows(StoryTag, "content_object", "tag_id"),
        *_rows(RelatedVideo, "page", "video_id"),
        _texts(StoryPhotograph, "page", PHOTOGRAPH_COLUMNS),
    )


DIGESTS: dict[type[Publication], Callable[[], Expression]] = {
    VideoPage: of_videos,
    StoryPage: of_stories,
}


def of_units() -> Expression:
    """For a query of `UnitPage`."""
    return _digest(*(F(name) for name in UNIT_COLUMNS))


def of_nodes(node_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Node ID → primary key of its page and digest; of publications and units."""
    found: dict[str, tuple[int, str]] = {}
    names: dict[str, list[str]] = {}
    for node_id in node_ids:
        kind, _, name = node_id.partition(":")
        names.setdefault(kind, []).append(name)
    for model, digest_of in DIGESTS.items():
        for batch in batched(names.get(model.address, [])):
            pages = model._default_manager.filter(public_id__in=batch)
            for public_id, pk, digest in pages.values_list("public_id", "pk", digest_of()):
                found[f"{model.address}:{public_id}"] = pk, digest
    for batch in batched(names.get("unit", [])):
        units = UnitPage.objects.filter(code__in=batch)
        for code, pk, digest in units.values_list("code", "pk", of_units()):
            found[f"unit:{code}"] = pk, digest
    return found


def batched(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


class _Joined(Func):
    """Texts one after another, in one flat expression: SQLite's parser takes no deep nesting."""

    template = "(%(expressions)s)"
    arg_joiner = " || "
    output_field = TextField()


class _Listed(Aggregate):
    """The texts of several rows one after another, in whatever order the database reads them."""

    function = "GROUP_CONCAT"
    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        template = "STRING_AGG(%(expressions)s, ',')"
        return self.as_sql(compiler, connection, template=template, **extra)


def _digest(*parts: F | Subquery) -> Expression:
    return MD5(_joined(*parts), output_field=CharField(max_length=32))


def _joined(*parts: F | Subquery) -> Expression:
    texts: list[Expression] = []
    for part in parts:
        texts += [Coalesce(Cast(part, TextField()), Value("")), SEPARATOR]
    return _Joined(*texts)


def _rows(
    model: type[Model], owner: str, column: str, *, outer: str = "pk", **only: bool
) -> tuple[Subquery, Subquery]:
    """How many rows point to the owner, and the sum of what they point from."""
    rows = (
        model._default_manager.filter(**{owner: OuterRef(outer)}, **only).order_by().values(owner)
    )
    return (
        Subquery(rows.values(n=Count("pk")), output_field=IntegerField()),
        Subquery(rows.values(n=Sum(column)), output_field=IntegerField()),
    )


def _texts(model: type[Model], owner: str, columns: Iterable[str]) -> Subquery:
    """Every column of the rows that point to the owner."""
    rows = model._default_manager.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    texts = rows.annotate(texts=_Listed(_joined(*map(F, columns)))).values("texts")
    return Subquery(texts, output_field=TextField())
