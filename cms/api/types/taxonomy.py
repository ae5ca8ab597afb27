"""Categories and tags."""

from __future__ import annotations

import graphene

from cms.api.types.node import Node, connection_of


class Category(graphene.ObjectType):
    """What a video is about; a short list kept by headquarters."""

    class Meta:
        interfaces = (Node,)

    slug = graphene.String(required=True)
    name = graphene.String(required=True)
    description = graphene.String(required=True)
    path = graphene.String(required=True)


class Tag(graphene.ObjectType):
    """A free keyword that some published video carries."""

    class Meta:
        interfaces = (Node,)

    slug = graphene.String(required=True)
    name = graphene.String(required=True)
    path = graphene.String(required=True)


CategoryConnection = connection_of("CategoryConnection", Category, "A page of categories.")
TagConnection = connection_of("TagConnection", Tag, "A page of tags.")
