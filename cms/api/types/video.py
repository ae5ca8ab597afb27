"""Published videos."""

from __future__ import annotations

import graphene

from cms.api.loaders import loader
from cms.api.types.media import Media
from cms.api.types.node import Item, Node, connection_of
from cms.api.types.scalars import IsoDate, IsoDateTime
from cms.api.types.taxonomy import Category, Tag
from cms.api.types.unit import Unit


class Rights(graphene.ObjectType):
    """Terms under which the video may be used."""

    code = graphene.String(required=True)
    label = graphene.String(required=True)
    url = graphene.String(required=True)


class Video(graphene.ObjectType):
    """A published video."""

    class Meta:
        interfaces = (Node,)

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
    media = graphene.Field(Media, required=True)

    @staticmethod
    def resolve_unit(root: Item, info: graphene.ResolveInfo) -> Item | None:
        return loader(info).get(f"unit:{root['unit']}")

    @staticmethod
    def resolve_categories(root: Item, info: graphene.ResolveInfo) -> list[Item]:
        return loader(info).get_many(f"category:{slug}" for slug in root["categories"])

    @staticmethod
    def resolve_tags(root: Item, info: graphene.ResolveInfo) -> list[Item]:
        return loader(info).get_many(f"tag:{slug}" for slug in root["tags"])


VideoConnection = connection_of("VideoConnection", Video, "A page of videos.")
