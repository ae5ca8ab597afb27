"""The log of public changes."""

from __future__ import annotations

import graphene

from cms.api.types.ledger import LedgerEntry
from cms.api.types.scalars import IsoDateTime


class ChangeOperation(graphene.Enum):
    """What happened to the node, as the public sees it."""

    UPSERT = "UPSERT"
    REMOVE = "REMOVE"


class Change(graphene.ObjectType):
    """One numbered change."""

    sequence = graphene.Int(required=True)
    nodeId = graphene.ID(required=True, description="ID of the node that changed.")  # noqa: N815
    operation = ChangeOperation(required=True)
    at = IsoDateTime(required=True)
    hash = graphene.String(
        required=True, description="SHA-256 over the previous change's hash and this change."
    )
    ledgerEntry = graphene.Field(  # noqa: N815
        LedgerEntry, description="What the public ledger says of it; null where it says nothing."
    )


class Changes(graphene.ObjectType):
    """A slice of the gap-free log of public changes."""

    epoch = graphene.String(
        required=True,
        description="Identity of the database the sequence belongs to; a cursor from another is "
        "worthless.",
    )
    head = graphene.Int(required=True, description="The highest sequence there is.")
    nodes = graphene.List(graphene.NonNull(Change), required=True)
    hasNextPage = graphene.Boolean(required=True)  # noqa: N815
