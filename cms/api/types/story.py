"""Published stories: news with photographs."""

from __future__ import annotations

import graphene

from cms.api.loaders import loader
from cms.api.types.node import Item, Node, connection_of
from cms.api.types.publication import Publication
from cms.api.types.scalars import BigInt
from cms.api.types.video import Video


class PhotographCopy(graphene.ObjectType):
    """One size of a photograph. Pixels, bytes, hex SHA-256; the URL is absolute."""

    url = graphene.String(required=True)
    contentType = graphene.String(required=True)  # noqa: N815
    width = graphene.Int(required=True)
    height = graphene.Int(required=True)
    size = BigInt(required=True)
    sha256 = graphene.String(required=True)


class Photograph(graphene.ObjectType):
    """A photograph of a story, with what is said of it there."""

    alternativeText = graphene.String(  # noqa: N815
        required=True, description="What is to be seen, for those who cannot see it."
    )
    caption = graphene.String(required=True)
    credit = graphene.String(required=True, description="Empty: the story's own credit holds.")
    originalSha256 = graphene.String(  # noqa: N815
        required=True, description="SHA-256 of the private original, taken at upload."
    )
    copies = graphene.List(
        graphene.NonNull(PhotographCopy),
        required=True,
        description="JPEG first, then WebP where it is smaller; of each the largest first.",
    )


class Story(Publication, graphene.ObjectType):
    """A published story: what happened, in words and photographs."""

    class Meta:
        interfaces = (Node,)

    photographs = graphene.List(
        graphene.NonNull(Photograph),
        required=True,
        description="In the editor's order, at least one and at most 20; the first leads.",
    )
    relatedVideos = graphene.List(  # noqa: N815
        graphene.NonNull(Video),
        required=True,
        description="Published videos that its editor chose, at most 6.",
    )

    @staticmethod
    def resolve_relatedVideos(  # noqa: N802
        root: Item, info: graphene.ResolveInfo
    ) -> list[Item]:
        return loader(info).get_many(f"video:{name}" for name in root["relatedVideos"])


StoryConnection = connection_of("StoryConnection", Story, "A page of stories.")
