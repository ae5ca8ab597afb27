"""Media follow pages: public when a released page uses them, private again when none does."""

from __future__ import annotations

import logging

from cms.media.interface import demote, promote
from cms.publishing import outbox, relay, visibility
from cms.publishing.models import OutboxRow
from cms.publishing.reality import videos_using

logger = logging.getLogger(__name__)


def withdraw_media() -> int:
    """Take out of the public bucket what no released page uses; number of ladders."""
    ladders = list(visibility.ladders_to_withdraw().select_related("asset"))
    for ladder in ladders:
        logger.info("withdrawing %s: no released page uses it", ladder.prefix)
        demote(ladder)
    return len(ladders)


def promote_media() -> int:
    """Copy to the public bucket what a released page waits for; number of ladders."""
    ladders = list(visibility.ladders_to_promote().select_related("asset").distinct())
    for ladder in ladders:
        logger.info("promoting %s: a released page uses it", ladder.prefix)
        promote(ladder)
        outbox.touch(videos=videos_using(asset=ladder.asset_id), reason="media public")
    return len(ladders)


def withdraw_replaced_media() -> int:
    """Once the pages with the new ladder are live, take the old one away."""
    head = relay.head()
    if head.live_sequence < head.sequence or OutboxRow.objects.exists():
        return 0
    ladders = list(visibility.ladders_replaced().select_related("asset"))
    for ladder in ladders:
        logger.info("withdrawing %s: replaced", ladder.prefix)
        demote(ladder)
    return len(ladders)
