"""What the rest of the CMS may use of publishing."""

from cms.publishing import banner, visibility
from cms.publishing.corrections import LedgerField, LedgerKind
from cms.publishing.kinds import KIND_OF, KINDS, Kind
from cms.publishing.models import Change, LogHead, PublicState, Takedown
from cms.publishing.orders import waiting as waiting_takedowns
from cms.publishing.outbox import touch
from cms.publishing.outbox import transaction as outer_transaction
from cms.publishing.receipts import Receipt, forget_pushes, receipts
from cms.publishing.redirects import goes_round as redirect_goes_round
from cms.publishing.redirects import shown as shown_redirects
from cms.publishing.relay import head as log_head
from cms.publishing.speed import Speed, Timed, last_publications, speed_of_the_last_day
from cms.publishing.standing import (
    LogStanding,
    TakedownStanding,
    log_standing,
    takedown_standing,
    target_standing,
)
from cms.publishing.status import PublicationStatus, publication_status
from cms.publishing.sweep import sweep
from cms.publishing.tallies import Histogram, histogram, tallies
from cms.publishing.withdrawals import (
    WITHDRAWN,
    Reason,
    is_told,
    mirrors,
    withdraw,
    withdrawal_of,
)

__all__ = [
    "KINDS",
    "KIND_OF",
    "WITHDRAWN",
    "Change",
    "Histogram",
    "Kind",
    "LedgerField",
    "LedgerKind",
    "LogHead",
    "LogStanding",
    "PublicState",
    "PublicationStatus",
    "Reason",
    "Receipt",
    "Speed",
    "Takedown",
    "TakedownStanding",
    "Timed",
    "banner",
    "forget_pushes",
    "histogram",
    "is_told",
    "last_publications",
    "log_head",
    "log_standing",
    "mirrors",
    "outer_transaction",
    "publication_status",
    "receipts",
    "redirect_goes_round",
    "shown_redirects",
    "speed_of_the_last_day",
    "sweep",
    "takedown_standing",
    "tallies",
    "target_standing",
    "touch",
    "visibility",
    "waiting_takedowns",
    "withdraw",
    "withdrawal_of",
]
