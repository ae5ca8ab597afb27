"""What every publication of a unit answers, and by what lists of them are narrowed."""

from __future__ import annotations

from typing import Any

import graphene

from cms.api.loaders import loader
from cms.api.types.node import Item
from cms.api.types.scalars import IsoDate, IsoDateTime
from cms.api.types.taxonomy import Category, Tag
from cms.api.types.unit import Unit


class Rights(graphene.ObjectType):
    """Terms under which the publication may be used."""

    code = graphene.String(required=True)
    label = graphene.String(required=True)
    url = graphene.String(required=True)


class Publication:
    """Fields that all kinds share."""

    publicId = graphene.String(required=True)  # noqa: N815
    slug = graphene.String(required=True)
    path = graphene.String(required=True)
    title = graphene.String(required=True)
    synopsis = graphene.String(required=True)
    bodyHtml = graphene.String(  # noqa: N815
        required=True, description="Sanitised HTML of the body."
    )
    incidentDate = IsoDate()  # noqa: N815
    incidentPlace = graphene.String(required=True)  # noqa: N815
    publishedAt = IsoDateTime(required=True)  # noqa: N815
    updatedAt = IsoDateTime(required=True)  # noqa: N815
    credit = graphene.String(required=True)
    rights = graphene.Field(Rights, required=True)
    language = graphene.String(
        required=True, description="BCP 47 language of what is spoken and written."
    )
    unit = graphene.Field(Unit, required=True)
    categories = graphene.List(graphene.NonNull(Category), required=True)
    tags = graphene.List(graphene.NonNull(Tag), required=True)

    @staticmethod
    def resolve_unit(root: Item, info: graphene.ResolveInfo) -> Item | None:
        return loader(info).get(f"unit:{root['unit']}")

    @staticmethod
    def resolve_categories(root: Item, info: graphene.ResolveInfo) -> list[Item]:
        return loader(info).get_many(f"category:{slug}" for slug in root["categories"])

    @staticmethod
    def resolve_tags(root: Item, info: graphene.ResolveInfo) -> list[Item]:
        return loader(info).get_many(f"tag:{slug}" for slug in root["tags"])


def list_field(connection: type, what: str) -> graphene.Field:
    """A list of publications of one kind, with the filters that all have."""
    return graphene.Field(
        connection,
        required=True,
        description=f"Published {what}, newest first, by keyset cursor; at most 100 a page.",
        first=graphene.Int(default_value=20),
        after=graphene.String(),
        unit=graphene.String(),
        includeSubunits=graphene.Boolean(default_value=True),
        category=graphene.String(),
        tag=graphene.String(),
        publishedFrom=IsoDate(),
        publishedTo=IsoDate(),
        incidentFrom=IsoDate(),
        incidentTo=IsoDate(),
    )


def one_field(kind: type, what: str) -> graphene.Field:
    """One publication of a kind."""
    return graphene.Field(
        kind,
        description=f"One published {what} by its public ID or by its path on the site.",
        publicId=graphene.String(),
        path=graphene.String(),
    )


FILTERS = ("unit", "category", "tag", "publishedFrom", "publishedTo", "incidentFrom", "incidentTo")


def filters_of(given: dict[str, Any]) -> dict[str, Any]:
    """Every filter of a list, None where it was not given."""
    return {name: given.get(name) for name in FILTERS}
