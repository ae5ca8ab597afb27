"""The public schema; its printed form is the committed contract `schema.graphql`."""

from __future__ import annotations

import re
from typing import Any

import graphene
from graphql import GraphQLError
from graphql import GraphQLResolveInfo as Info

from cms.api import cursors, lists
from cms.api.loaders import loader
from cms.api.types.banner import Banner
from cms.api.types.changes import Changes
from cms.api.types.ledger import LedgerConnection
from cms.api.types.node import Item, Node
from cms.api.types.publication import filters_of, list_field, one_field
from cms.api.types.redirect import Redirect, RedirectConnection
from cms.api.types.scalars import IsoDate
from cms.api.types.site import Site
from cms.api.types.story import Story, StoryConnection
from cms.api.types.taxonomy import Category, CategoryConnection, Tag, TagConnection
from cms.api.types.unit import Unit, UnitConnection, UnitLevel
from cms.api.types.video import Video, VideoConnection
from cms.publishing.interface import Change, banner, log_head
from content_models.models import Publication, StoryPage, VideoPage

NODES_AT_ONCE = 100
CHANGES_AT_ONCE = 1000


class Query(graphene.ObjectType):
    """Everything the public may read."""

    site = graphene.Field(
        Site, required=True, description="The site itself: its name, what it says of itself."
    )
    banner = graphene.Field(
        Banner,
        description="What headquarters announces in an emergency, above every page of the site; "
        "null while there is nothing.",
    )
    videos = list_field(VideoConnection, "videos")
    video = one_field(Video, "video")
    stories = list_field(StoryConnection, "stories")
    story = one_field(Story, "story")
    units = graphene.Field(
        UnitConnection,
        required=True,
        description="Units in tree order (a parent before its children); at most 500 a page.",
        first=graphene.Int(default_value=100),
        after=graphene.String(),
        level=UnitLevel(),
        parent=graphene.String(),
    )
    unit = graphene.Field(Unit, code=graphene.String(required=True))
    categories = graphene.Field(
        CategoryConnection,
        required=True,
        first=graphene.Int(default_value=100),
        after=graphene.String(),
    )
    tags = graphene.Field(
        TagConnection,
        required=True,
        first=graphene.Int(default_value=100),
        after=graphene.String(),
    )
    redirects = graphene.Field(
        RedirectConnection,
        required=True,
        description="Addresses that lead elsewhere, in no order that means anything; at most 100 "
        "a page.",
        first=graphene.Int(default_value=100),
        after=graphene.String(),
    )
    changes = graphene.Field(
        Changes,
        required=True,
        description="What changed, in order. `after` is the last sequence the reader has "
        "(0 = from the start).",
        after=graphene.Int(required=True),
        first=graphene.Int(default_value=100),
    )
    ledger = graphene.Field(
        LedgerConnection,
        required=True,
        description="The public ledger of corrections, withdrawals and returns, oldest first, at "
        "most 100 a page; `from` and `to` are days on the site's clocks, both included.",
        first=graphene.Int(default_value=100),
        after=graphene.String(),
        **{"from": IsoDate(), "to": IsoDate()},
    )
    nodes = graphene.List(
        Node,
        required=True,
        description="Current public state of up to 100 nodes by ID; null where the node is not "
        "public.",
        ids=graphene.List(graphene.NonNull(graphene.ID), required=True),
    )

    @staticmethod
    def resolve_site(root: None, info: Info) -> Item:
        item = loader(info).get("site:site")
        if item is None:
            raise GraphQLError(
                "The site has no published home page yet.", extensions={"code": "NO_SITE"}
            )
        return item

    @staticmethod
    def resolve_banner(root: None, info: Info) -> Item | None:
        return loader(info).get(banner.NODE)

    @staticmethod
    def resolve_videos(root: None, info: Info, **given: Any) -> Item:
        return _list(info, VideoPage, **given)

    @staticmethod
    def resolve_video(root: None, info: Info, **given: Any) -> Item | None:
        return _one(info, VideoPage, **given)

    @staticmethod
    def resolve_stories(root: None, info: Info, **given: Any) -> Item:
        return _list(info, StoryPage, **given)

    @staticmethod
    def resolve_story(root: None, info: Info, **given: Any) -> Item | None:
        return _one(info, StoryPage, **given)

    @staticmethod
    def resolve_units(
        root: None,
        info: Info,
        first: int,
        after: str | None = None,
        level: Any = None,
        parent: str | None = None,
    ) -> Item:
        name = getattr(level, "value", level)
        return lists.units(loader(info), first=first, after=after, level=name, parent=parent)

    @staticmethod
    def resolve_unit(root: None, info: Info, code: str) -> Item | None:
        return loader(info).get(f"unit:{code}")

    @staticmethod
    def resolve_categories(root: None, info: Info, first: int, after: str | None = None) -> Item:
        return lists.terms(loader(info), "category:", first=first, after=after)

    @staticmethod
    def resolve_tags(root: None, info: Info, first: int, after: str | None = None) -> Item:
        return lists.terms(loader(info), "tag:", first=first, after=after)

    @staticmethod
    def resolve_redirects(root: None, info: Info, first: int, after: str | None = None) -> Item:
        return lists.terms(loader(info), "redirect:", first=first, after=after)

    @staticmethod
    def resolve_changes(root: None, info: Info, after: int, first: int) -> Item:
        size = cursors.page_size(first, CHANGES_AT_ONCE)
        head = log_head()
        rows = list(
            Change.objects.filter(sequence__gt=after, sequence__lte=head.sequence).order_by(
                "sequence"
            )[: size + 1]
        )
        shown = rows[:size]
        return {
            "epoch": str(head.epoch),
            "head": head.sequence,
            "nodes": [
                {
                    "sequence": row.sequence,
                    "nodeId": row.node_id,
                    "operation": row.operation,
                    "at": row.at,
                    "hash": row.hash,
                    "ledgerEntry": entry,
                }
                for row, entry in zip(shown, lists.entries(loader(info), shown), strict=True)
            ],
            "hasNextPage": len(rows) > size,
        }

    @staticmethod
    def resolve_ledger(
        root: None, info: Info, first: int, after: str | None = None, **days: Any
    ) -> Item:
        since, until = days.get("from"), days.get("to")
        return lists.ledger(loader(info), first=first, after=after, since=since, until=until)

    @staticmethod
    def resolve_nodes(root: None, info: Info, ids: list[str]) -> list[Item | None]:
        if len(ids) > NODES_AT_ONCE:
            raise GraphQLError(
                f"Ask for at most {NODES_AT_ONCE} nodes at once.", extensions={"code": "PAGE_SIZE"}
            )
        return loader(info).get_list(ids)


def _list(
    info: Info,
    kind: type[Publication],
    *,
    first: int,
    includeSubunits: bool,  # noqa: N803 - the argument's name in the contract
    after: str | None = None,
    **given: Any,
) -> Item:
    return lists.publications(
        loader(info),
        kind,
        first=first,
        after=after,
        includeSubunits=includeSubunits,
        **filters_of(given),
    )


def _one(
    info: Info,
    kind: type[Publication],
    *,
    publicId: str | None = None,  # noqa: N803
    path: str | None = None,
) -> Item | None:
    if publicId is None:
        if path is None:
            raise GraphQLError(
                "Give `publicId` or `path`.", extensions={"code": "MISSING_ARGUMENT"}
            )
        match = re.match(rf"/{kind.address}/([a-z0-9]+)/", path)
        if match is None:
            return None
        publicId = match.group(1)  # noqa: N806
    return loader(info).get_list([f"{kind.address}:{publicId}"])[0]


schema = graphene.Schema(
    query=Query,
    types=[Site, Unit, Category, Tag, Video, Story, Redirect, Banner],
    auto_camelcase=False,
)
