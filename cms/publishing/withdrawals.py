"""Taking a publication back with a public reason: one transaction, one line of the ledger.

What follows (media, tombstone, purge, listings) follows from the outbox's row, as for whatever else
is public no more. A page that goes in another way (on a schedule, with its unit, deleted) goes as
fast, and its line says that nobody gave a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from wagtail.log_actions import log

from cms.publishing import outbox
from cms.publishing.models import PublicState
from content_models.models import Publication, Withdrawal, WithdrawalReason

# What Wagtail's history calls it.
WITHDRAWN = "policetube.withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """`code` and `explanation` are for everybody and for ever; the `note` never leaves the CMS."""

    code: WithdrawalReason
    explanation: str = ""
    note: str = ""

    @property
    def told(self) -> dict[str, str]:
        """What the ledger keeps of it."""
        return {"code": self.code.value, "explanation": self.explanation}


def withdraw(page: Publication, reason: Reason, *, by: User | None) -> None:
    """Unpublish a live page and its mirrors; the reason goes with them.

    Raises `PermissionDenied` for somebody who may not unpublish the page.
    """
    if not page.live:
        raise ValueError(f"{page.node_id} is not live: there is nothing to be taken back.")
    with outbox.transaction():
        going = [page, *mirrors(page)]
        page.unpublish(user=by, log_action=False)
        for gone in going:
            Withdrawal.objects.create(
                node_id=gone.node_id,
                public_id=gone.public_id,
                page_id=gone.pk,
                reason=reason.code,
                explanation=reason.explanation,
                note=reason.note,
                by=by,
            )
            outbox.give_reason(gone.node_id, reason.told)
        log(instance=page, action=WITHDRAWN, user=by, data={"withdrawal": reason.told})


def mirrors(page: Publication) -> Iterator[Publication]:
    """Live aliases of a page and theirs, which Wagtail unpublishes with it."""
    for alias in page.aliases.filter(live=True).order_by("pk"):
        mirror: Publication = alias.specific
        yield mirror
        yield from mirrors(mirror)


def is_told(page: Publication) -> bool:
    """Whether the world was told of the page: only then there is something to be taken back."""
    return PublicState.objects.filter(pk=page.node_id).exists()


def withdrawal_of(page: Publication) -> Withdrawal | None:
    """Why the page is not public, if that was given as a reason when it went, and went last."""
    if page.live:
        return None
    found = Withdrawal.objects.filter(node_id=page.node_id).select_related("by").last()
    if found is None:
        return None
    # Public again since, and gone in another way: that reason was another time's.
    returned = page.last_published_at
    return None if returned and returned > found.at else found
