"""The site itself."""

from __future__ import annotations

import graphene

from cms.api.types.node import Node


class Site(graphene.ObjectType):
    """The site: its name, what it says of itself."""

    class Meta:
        interfaces = (Node,)

    name = graphene.String(required=True)
    description = graphene.String(required=True)
    aboutHtml = graphene.String(required=True)  # noqa: N815
    language = graphene.String(required=True)
