"""The public ledger: what became of things after they were published."""

from __future__ import annotations

from typing import Any

import graphene
from graphql import GraphQLResolveInfo as Info

from cms.api.loaders import loader
from cms.api.types.node import Item, connection_of
from cms.api.types.scalars import IsoDateTime
from cms.api.types.unit import Unit
from cms.publishing.interface import Change as LoggedChange
from cms.publishing.interface import LedgerField, LedgerKind


class LedgerEntryKind(graphene.Enum):
    """CORRECTION: its public record changed; WITHDRAWAL: it is public no more; RETURN: it is public
    again after a withdrawal. A first publication is no entry."""

    CORRECTION = LedgerKind.CORRECTION.value
    WITHDRAWAL = LedgerKind.WITHDRAWAL.value
    RETURN = LedgerKind.RETURN.value


LedgerEntryField = graphene.Enum(
    "LedgerEntryField",
    [(field.name, field.value) for field in LedgerField if field != LedgerField.FILES],
    description="A part of an item that can be corrected. Files encoded anew from the same "
    "original are no correction and stand on no ledger.",
)


class LedgerEntry(graphene.ObjectType):
    """One correction, withdrawal or return; it never changes and is never taken back.

    It holds nothing of the item but IDs and dates: what is withdrawn is told nowhere again.
    """

    sequence = graphene.Int(required=True, description="Number of the change it tells of.")
    kind = LedgerEntryKind(required=True)
    nodeId = graphene.ID(required=True, description="ID of the item's node.")  # noqa: N815
    publicId = graphene.String(required=True, description="The item's public ID.")  # noqa: N815
    at = IsoDateTime(required=True)
    changedFields = graphene.List(  # noqa: N815
        graphene.NonNull(LedgerEntryField),
        required=True,
        description="What was corrected; empty unless it is a correction.",
    )
    publishedAt = IsoDateTime(description="When the item was first published.")  # noqa: N815
    unitCode = graphene.String(  # noqa: N815
        required=True, description="Code of the unit that it was published by, public now or not."
    )
    unit = graphene.Field(Unit, description="That unit; null if it is not public now.")

    @staticmethod
    def resolve_unit(root: Item, info: Info) -> Item | None:
        return loader(info).get(f"unit:{root['unitCode']}")


LedgerConnection = connection_of("LedgerConnection", LedgerEntry, "A page of the ledger.")


def entry_of(change: LoggedChange) -> dict[str, Any] | None:
    """A change's entry on the ledger, if it has one."""
    if not change.ledger:
        return None
    keys = change.after or change.before or {}
    is_correction = change.ledger == LedgerKind.CORRECTION
    return {
        "sequence": change.sequence,
        "kind": change.ledger,
        "nodeId": change.node_id,
        "publicId": change.node_id.partition(":")[2],
        "at": change.at,
        "changedFields": [
            field for field in change.changed or () if is_correction and field != LedgerField.FILES
        ],
        "publishedAt": keys.get("publishedAt"),
        "unitCode": keys.get("unit") or "",
    }
