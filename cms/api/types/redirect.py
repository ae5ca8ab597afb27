"""Redirects: addresses of the site that lead elsewhere."""

from __future__ import annotations

import graphene

from cms.api.types.node import Item, Node, connection_of


class Redirect(graphene.ObjectType):
    """An address that leads elsewhere, set by an administrator; not needed for former paths of
    videos, which lead on by themselves."""

    class Meta:
        interfaces = (Node,)

    from_ = graphene.String(
        name="from",
        required=True,
        description="URL path on the site; a page at the same address wins.",
    )
    to = graphene.String(
        required=True, description="Path of a public page, or an absolute URL elsewhere."
    )

    @staticmethod
    def resolve_from_(root: Item, info: graphene.ResolveInfo) -> str:
        return root["from"]


RedirectConnection = connection_of("RedirectConnection", Redirect, "A page of redirects.")
