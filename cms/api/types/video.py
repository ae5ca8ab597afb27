"""Published videos."""

from __future__ import annotations

import graphene

from cms.api.types.media import Media
from cms.api.types.node import Node, connection_of
from cms.api.types.publication import Publication


class Video(Publication, graphene.ObjectType):
    """A published video."""

    class Meta:
        interfaces = (Node,)

    media = graphene.Field(Media, required=True)


VideoConnection = connection_of("VideoConnection", Video, "A page of videos.")
