"""References to stored things → what is public of them now, in a fixed number of queries."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Model, Q, QuerySet
from taggit.models import Tag
from wagtail.models import Page

from cms.publishing import redirects, visibility
from cms.publishing.kinds import KINDS, Kind
from cms.publishing.models import PublicState
from cms.publishing.records import (
    IncompleteError,
    Record,
    category_record,
    site_record,
    tag_record,
    unit_record,
)
from content_models.models import Category, Publication, UnitPage

logger = logging.getLogger(__name__)

SITE_NODE = "site:site"
BATCH = 200


@dataclass(slots=True)
class Touched:
    """What may have changed: primary keys by kind, tree paths of whole subtrees, node IDs."""

    publications: set[int] = field(default_factory=set)
    units: set[int] = field(default_factory=set)
    categories: set[int] = field(default_factory=set)
    tags: set[int] = field(default_factory=set)
    assets: set[int] = field(default_factory=set)
    subtrees: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    # Paths, as Wagtail has them.
    redirects: set[str] = field(default_factory=set)
    site: bool = False
    banner: bool = False
    # Why nodes are about to go, as far as somebody said so; of itself it touches nothing.
    withdrawals: dict[str, Record] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(
            self.publications
            or self.units
            or self.categories
            or self.tags
            or self.assets
            or self.subtrees
            or self.nodes
            or self.redirects
            or self.site
            or self.banner
        )


def public_nodes(touched: Touched) -> Iterator[tuple[str, Record | None]]:
    """Node ID and its record, or None where nothing of it is public.

    Bare node IDs come first, so that what was deleted and made again counts as present.
    """
    for node_id in touched.nodes:
        yield node_id, None
    publications, units = set(touched.publications), set(touched.units)
    # Asked now, not when the signal came: another editor may have chosen it meanwhile.
    if touched.assets:
        publications |= showing(touched.assets)
    if unknown := _untold("category", Category, touched.categories):
        publications |= using(categories__in=unknown)
    if unknown := _untold("tag", Tag, touched.tags):
        publications |= using(tagged_items__tag__in=unknown)
    for path in touched.subtrees:
        publications |= using(path__startswith=path)
        units.update(UnitPage.objects.filter(path__startswith=path).values_list("pk", flat=True))
    if touched.site:
        yield SITE_NODE, site_record(visibility.public_home())
    yield from _units(units)
    yield from _categories(touched.categories)
    for kind in KINDS:
        yield from _publications(kind, publications)


def tag_nodes(slugs: Iterable[str]) -> Iterator[tuple[str, Record | None]]:
    """Tags by slug; a tag is public while a publication that is shown carries it."""
    for batch in _batches(sorted(slugs)):
        tags = _tags_in_use().filter(slug__in=batch)
        found = {tag.slug: tag_record(tag) for tag in tags}
        for slug in batch:
            yield f"tag:{slug}", found.get(slug)


def everything() -> Touched:
    """References to all there is, for the sweep."""
    return Touched(
        publications={
            pk
            for kind in KINDS
            for pk in visibility.released(kind.model).values_list("pk", flat=True)
        },
        units=set(visibility.public_units().values_list("pk", flat=True)),
        categories=set(Category.objects.values_list("pk", flat=True)),
        site=True,
    )


def _units(keys: set[int]) -> Iterator[tuple[str, Record | None]]:
    for batch in _batches(sorted(keys)):
        units = list(UnitPage.objects.filter(pk__in=batch))
        public = {u.pk for u in visibility.public_units().filter(pk__in=batch).only("pk")}
        codes = _public_codes_above(unit.path for unit in units)
        for unit in units:
            parent = _nearest(unit.path[: -unit.steplen], codes, unit.steplen)
            yield (
                f"unit:{unit.code}",
                unit_record(unit, parent) if unit.pk in public else None,
            )


def _categories(keys: set[int]) -> Iterator[tuple[str, Record | None]]:
    for category in Category.objects.filter(pk__in=keys):
        yield f"category:{category.slug}", category_record(category)


def _publications(kind: Kind, keys: set[int]) -> Iterator[tuple[str, Record | None]]:
    for batch in _batches(sorted(keys)):
        ours = kind.model._default_manager.filter(pk__in=batch)
        # Often all are of another kind; what is public of none costs as much as of many.
        if not (there := dict(ours.values_list("pk", "public_id"))):
            continue
        shown = visibility.shown(kind.model).filter(pk__in=there)
        pages = visibility.in_public(shown).select_related(*kind.related)
        public = {page.pk: page for page in pages.prefetch_related(*kind.prefetched())}
        # Released, but its new file is not public yet: what was told of it before still holds.
        waiting = set[int]()
        if len(public) < len(there):
            waiting.update(shown.exclude(pk__in=public).values_list("pk", flat=True))
        codes = _public_codes_above(page.path for page in public.values())
        for pk, public_id in there.items():
            node_id = kind.prefix + public_id
            if pk in waiting:
                yield from _shown_before(kind, pk, node_id)
                continue
            page = public.get(pk)
            unit = _nearest(page.path, codes, page.steplen) if page else None
            yield node_id, _record(kind, page, unit) if page and unit else None


def _record(kind: Kind, page: Publication, unit: str) -> Record | None:
    """One that cannot be shown is not public; an operator reads why, and the others go on."""
    try:
        return kind.record(page, unit)
    except IncompleteError as error:
        logger.error("%s is not public: %s. Encode its file again.", page.node_id, error)
        return None


def _shown_before(kind: Kind, pk: int, node_id: str) -> Iterator[tuple[str, Record | None]]:
    """One whose new file is not public yet is shown as before, under the unit it has now."""
    told = PublicState.objects.filter(pk=node_id).values_list("record", flat=True).first()
    if told is not None:
        path = Page.objects.values_list("path", flat=True).get(pk=pk)
        unit = _nearest(path, _public_codes_above([path]), Page.steplen)
        listed = {
            "unit": unit,
            "categories": _existing(Category, told["categories"]),
            "tags": _existing(Tag, told["tags"]),
        }
        yield node_id, told | listed | kind.left(pk, told) if unit else None


def _existing(model: type[Model], slugs: list[str]) -> list[str]:
    return sorted(model._default_manager.filter(slug__in=slugs).values_list("slug", flat=True))


def _untold(kind: str, model: type[Model], keys: set[int]) -> set[int]:
    """Those with a slug that the world does not know: what bears them has to be told anew."""
    if not keys:
        return set()
    slugs = dict(model._default_manager.filter(pk__in=keys).values_list("pk", "slug"))
    told = PublicState.objects.filter(pk__in=[f"{kind}:{slug}" for slug in slugs.values()])
    known = set(told.values_list("pk", flat=True))
    return {pk for pk, slug in slugs.items() if f"{kind}:{slug}" not in known}


def tags_in_use() -> set[str]:
    """Slugs of the tags that a publication which is shown carries."""
    return set(_tags_in_use().values_list("slug", flat=True))


def _tags_in_use() -> QuerySet[Tag]:
    carried, kept = Q(), set()
    for kind in KINDS:
        used = kind.tagging.objects.filter(content_object__in=visibility.public(kind.model))
        carried |= Q(pk__in=used.values("tag_id"))
        # One whose new file is on its way is shown as before, with the tags it had.
        waiting = visibility.recorded(visibility.waiting(kind.model))
        names = [kind.prefix + name for name in waiting.values_list("public_id", flat=True)]
        told = PublicState.objects.filter(pk__in=names).values_list("keys", flat=True)
        kept |= {slug for keys in told for slug in keys.get("tags", ())}
    return Tag.objects.filter(carried | Q(slug__in=kept))


def _public_codes_above(paths: Iterable[str]) -> dict[str, str]:
    """Tree path → code of the public units on or above the given paths."""
    step = UnitPage.steplen
    wanted = {path[:end] for path in paths for end in range(step, len(path) + 1, step)}
    units = visibility.public_units().filter(path__in=wanted)
    return dict(units.values_list("path", "code"))


def _nearest(path: str, codes: dict[str, str], step: int) -> str | None:
    """Code of the lowest public unit on or above `path`."""
    while path:
        if path in codes:
            return codes[path]
        path = path[:-step]
    return None


def _batches(items: list) -> Iterator[list]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def showing(assets: Iterable[int]) -> set[int]:
    """Primary keys of the publications that play or show some assets."""
    keys = list(assets)
    return {pk for kind in KINDS for pk in _matching(kind, kind.shows(keys))}


def using(**lookup: object) -> set[int]:
    """Primary keys of the publications of any kind that match a lookup."""
    return {pk for kind in KINDS for pk in _matching(kind, Q(**lookup))}


def _matching(kind: Kind, wanted: Q) -> Iterable[int]:
    return kind.model._default_manager.filter(wanted).values_list("pk", flat=True)


def touched_by_nodes(node_ids: Iterable[str]) -> Touched:
    """References to what the nodes are about; a node of which nothing is left, by its ID."""
    names: dict[str, set[str]] = {}
    for node_id in node_ids:
        kind, _, name = node_id.partition(":")
        names.setdefault(kind, set()).add(name)

    def keys(kind: str, model: type[Model], field: str) -> set[int]:
        rows = dict(
            model._default_manager.filter(**{f"{field}__in": names.get(kind, ())}).values_list(
                field, "pk"
            )
        )
        names[kind] = names.get(kind, set()) - rows.keys()
        return set(rows.values())

    known = redirects.paths_by_name() if "redirect" in names else {}
    from_paths = known.keys() & names.get("redirect", set())
    names["redirect"] = names.get("redirect", set()) - from_paths
    return Touched(
        redirects={known[name] for name in from_paths},
        site="site" in names,
        banner="banner" in names,
        publications={
            pk for kind in KINDS for pk in keys(kind.model.address, kind.model, "public_id")
        },
        units=keys("unit", UnitPage, "code"),
        categories=keys("category", Category, "slug"),
        # By now only the names that nothing answers to are left.
        nodes={f"{kind}:{name}" for kind, left in names.items() for name in left} - {SITE_NODE},
    )
