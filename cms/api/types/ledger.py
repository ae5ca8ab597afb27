"""The public ledger: what became of things after they were published."""

from __future__ import annotations

from typing import Any

import graphene
from django.conf import settings
from django.utils import translation
from graphql import GraphQLResolveInfo as Info

from cms.api.loaders import loader
from cms.api.types.node import Item, connection_of
from cms.api.types.scalars import IsoDateTime
from cms.api.types.unit import Unit
from cms.publishing.interface import Change as LoggedChange
from cms.publishing.interface import LedgerField, LedgerKind
from content_models.models import WithdrawalReason as Reasons


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


WithdrawalReasonCode = graphene.Enum(
    "WithdrawalReasonCode",
    [(reason.name, reason.value) for reason in Reasons],
    description="COURT_ORDER: a court or another authority ordered it; PRIVACY: it touched the "
    "privacy or safety of a person; WRONG_FACTS: something in it was wrong; RIGHTS: it held what "
    "others have rights in; SECURITY: it endangered an operation or investigation; MISTAKE: it was "
    "published by mistake; OTHER: what the explanation says.",
)


class WithdrawalReason(graphene.ObjectType):
    """Why something was withdrawn, as given when it was; it never changes."""

    code = WithdrawalReasonCode(required=True)
    label = graphene.String(required=True, description="The code in the site's language.")
    explanation = graphene.String(
        required=True, description="In the publisher's own words, plain text; may be empty."
    )


class LedgerEntry(graphene.ObjectType):
    """One correction, withdrawal or return; it never changes and is never taken back.

    It holds nothing of the item but IDs and dates, and the reason of a withdrawal where one was
    given: what is withdrawn is told nowhere again.
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
    withdrawalReason = graphene.Field(  # noqa: N815
        WithdrawalReason,
        description="Why it was withdrawn; null where nobody gave a reason (its time was over, its "
        "unit was hidden, its page deleted), and on every other kind of entry.",
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
        "withdrawalReason": _reason_of(change),
        "publishedAt": keys.get("publishedAt"),
        "unitCode": keys.get("unit") or "",
    }


def _reason_of(change: LoggedChange) -> dict[str, str] | None:
    if not change.withdrawal:
        return None
    with translation.override(settings.SITE_LANGUAGE):
        label = str(Reasons(change.withdrawal["code"]).label)
    return {**change.withdrawal, "label": label}
