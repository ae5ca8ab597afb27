"""What every public thing has in common."""

from __future__ import annotations

from typing import Any

import graphene

# A public record with its identity: the shape every resolver hands on.
Item = dict[str, Any]


class Node(graphene.Interface):
    """Anything with an ID: `site:site`, `video:{publicId}`, `story:{publicId}`, `unit:{code}`,
    `category:{slug}`, `tag:{slug}`, `redirect:{digest of its address}`, `banner:banner`."""

    id = graphene.ID(required=True)
    version = graphene.String(
        required=True, description="Changes whenever any public field of the node changes."
    )


class PageInfo(graphene.ObjectType):
    """Where a page of a list ends."""

    hasNextPage = graphene.Boolean(required=True)  # noqa: N815 - the name in the contract
    endCursor = graphene.String()  # noqa: N815


def page_of(nodes: list[Item], *, has_next: bool, end_cursor: str | None) -> dict[str, Any]:
    """A connection's value."""
    return {
        "nodes": nodes,
        "pageInfo": {"hasNextPage": has_next, "endCursor": end_cursor},
    }


def connection_of(name: str, node_type: Any, description: str) -> type[graphene.ObjectType]:
    """A connection type: `nodes` and `pageInfo`."""
    return type(
        name,
        (graphene.ObjectType,),
        {
            "__doc__": description,
            "nodes": graphene.List(graphene.NonNull(node_type), required=True),
            "pageInfo": graphene.Field(PageInfo, required=True),
        },
    )
