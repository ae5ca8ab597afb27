"""What a push of many files makes way for."""

from __future__ import annotations

import time

from django.db.models import Q

from cms.publishing import relay
from cms.publishing.models import Takedown

LOOKED_EVERY = 0.5  # seconds


class Urgent:
    """Whether something was withdrawn of which a build does not know: lists still lead to it."""

    def __init__(self, sequence: int) -> None:
        self._sequence = sequence
        self._looked_at = time.monotonic()

    def __call__(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at < LOOKED_EVERY:
            return False
        self._looked_at = now
        # Verified or not: page and files are gone, but lists still lead to them. Only if there is a
        # change to build: of another epoch, whose numbers may be higher, nothing is.
        later = Q(sequence__gt=self._sequence, sequence__lte=relay.head().sequence)
        unnumbered = Q(sequence__isnull=True, due__isnull=False)
        waiting = Takedown.objects.filter(cancelled_at__isnull=True)
        return waiting.filter(later | unnumbered).exists()
