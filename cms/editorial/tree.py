"""Grow the unit tree: home page, units, one collection per unit that keeps files, categories."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.models import Collection, Page, Site

from content_models.data import CategoryRow, UnitRow
from content_models.models import Category, HomePage, UnitLevel, UnitPage

# Units of these levels keep video files of their own; the others use those of the unit above.
LEVELS_WITH_COLLECTION = frozenset({UnitLevel.MABES, UnitLevel.POLDA, UnitLevel.POLRES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """How many of each kind were made; what was there stayed as it was."""

    units: int
    collections: int
    categories: int


def grow(
    units: Iterable[UnitRow], categories: Iterable[CategoryRow], *, site_url: str, site_name: str
) -> Grown:
    """Make what is missing, touch nothing that exists. Call it inside one transaction."""
    home = ensure_home(site_url=site_url, site_name=site_name)
    made_units = made_collections = 0
    pages = {unit.code: unit for unit in UnitPage.objects.select_related("collection")}
    for row in units:
        unit, parent = pages.get(row.code), pages.get(row.parent)
        collection = unit.collection if unit else None
        if collection is None and row.level in LEVELS_WITH_COLLECTION:
            above = parent.collection if parent else Collection.get_first_root_node()
            collection = above.add_child(instance=Collection(name=unit.title if unit else row.name))
            made_collections += 1
            if unit:
                unit.collection = collection
                unit.save(update_fields=["collection"], clean=False)
        if unit is None:
            pages[row.code] = _add_unit(parent or home, row, collection)
            made_units += 1
    made_categories = 0
    for category in categories:
        _found, created = Category.objects.get_or_create(
            slug=category.slug,
            defaults={"name": category.name, "description": category.description},
        )
        made_categories += created
    return Grown(units=made_units, collections=made_collections, categories=made_categories)


def ensure_home(*, site_url: str, site_name: str) -> HomePage:
    """The home page and the site record that points to it at the public address."""
    address = urlsplit(site_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    home = HomePage.objects.first()
    site = Site.objects.filter(is_default_site=True).first()
    if home is None:
        root = Page.get_first_root_node()
        if root is None:
            raise RuntimeError("The page tree has no root: run `manage.py migrate` first.")
        home = root.add_child(
            instance=HomePage(
                title=site_name,
                slug="beranda",
                description=_("Official videos of the Indonesian National Police."),
                about=_(
                    "<p>Policetube is the official video site of the Public Relations Division "
                    "of the Indonesian National Police. Every video is released by the unit "
                    "named beside it.</p>"
                ),
                live=True,
                first_published_at=timezone.now(),
                last_published_at=timezone.now(),
            )
        )
    welcome = site.root_page if site else None
    site = site or Site(is_default_site=True)
    wanted = (address.hostname or "localhost", port, site_name, home.pk)
    if (site.hostname, site.port, site.site_name, site.root_page_id) != wanted:
        site.hostname, site.port, site.site_name, site.root_page_id = wanted
        site.save()
    if welcome is not None and welcome.specific_class is Page and welcome.is_leaf():
        # The page that Wagtail's first migration leaves behind.
        Page.objects.get(pk=welcome.pk).delete()
    return home


def collection_of(unit: UnitPage) -> Collection | None:
    """Where the unit's video files are kept: its own collection or the nearest above it."""
    if unit.collection_id:
        return unit.collection
    above = (
        UnitPage.objects.ancestor_of(unit)
        .filter(collection__isnull=False)
        .order_by("-depth")
        .select_related("collection")
        .first()
    )
    return above.collection if above else None


def _add_unit(parent: Page, row: UnitRow, collection: Collection | None) -> UnitPage:
    now = timezone.now()
    return parent.add_child(
        instance=UnitPage(
            title=row.name,
            slug=row.code,
            level=row.level,
            code=row.code,
            region_code=row.region_code,
            summary=row.summary,
            collection=collection,
            live=True,
            first_published_at=now,
            last_published_at=now,
        )
    )
