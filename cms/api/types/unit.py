"""Units of the police."""

from __future__ import annotations

import graphene

from cms.api.loaders import loader
from cms.api.types.node import Item, Node, connection_of


class UnitLevel(graphene.Enum):
    """Levels from headquarters down; a satker is a function unit."""

    MABES = "MABES"
    POLDA = "POLDA"
    POLRES = "POLRES"
    POLSEK = "POLSEK"
    SATKER = "SATKER"


class Unit(graphene.ObjectType):
    """A node of the police hierarchy."""

    class Meta:
        interfaces = (Node,)

    code = graphene.String(required=True)
    name = graphene.String(required=True)
    level = UnitLevel(required=True)
    regionCode = graphene.String(  # noqa: N815
        required=True,
        description="Region code of the Ministry of Home Affairs (Kemendagri); empty where none "
        "applies.",
    )
    summary = graphene.String(required=True)
    path = graphene.String(required=True)
    parent = graphene.Field(lambda: Unit, description="Nearest public unit above; null at the top.")
    ancestors = graphene.List(
        graphene.NonNull(lambda: Unit),
        required=True,
        description="From the top down, without the unit itself.",
    )

    @staticmethod
    def resolve_parent(root: Item, info: graphene.ResolveInfo) -> Item | None:
        return loader(info).get(f"unit:{root['parent']}") if root["parent"] else None

    @staticmethod
    def resolve_ancestors(root: Item, info: graphene.ResolveInfo) -> list[Item]:
        return loader(info).ancestors(root)


UnitConnection = connection_of("UnitConnection", Unit, "A page of units.")
