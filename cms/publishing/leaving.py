"""Which ladders may have to leave the public bucket: those that changes name, and now and then all.

To look at every ladder there is takes time that grows with the site, and each publication would
wait for it. What no change names, because somebody edited rows past the pipeline or a process
died, is found when all are looked at again.
"""

from __future__ import annotations

from cms.publishing import relay
from cms.publishing.models import Change, OutboxRow
from cms.publishing.records import shown_keys

# Names beyond which one look at all of them costs less.
MANY = 1000


class Leaving:
    """Prefixes of ladders to look at, remembered from cycle to cycle; at first all."""

    def __init__(self) -> None:
        self._every = True
        self._named: set[str] = set()
        self._sequence = 0

    def name(self, *prefixes: str) -> None:
        """Look at these, too, which nobody has been told of."""
        self._named.update(prefixes)

    def every(self) -> None:
        """Look at all of them next time."""
        self._every = True

    def named(self) -> set[str] | None:
        """The prefixes to look at; None for all there are."""
        sequence = relay.head().sequence
        # Another database begins anew.
        if self._every or sequence < self._sequence:
            self._sequence = sequence
            return None
        waiting = OutboxRow.objects.values_list("before", flat=True)
        numbered = Change.objects.filter(sequence__gt=self._sequence)
        before = [*waiting, *numbered.values_list("before", flat=True)]
        self._sequence = sequence
        self._named = self._named.union(*(shown_keys(keys) for keys in before if keys))
        return self._named if len(self._named) <= MANY else None

    def looked(self, left: set[str]) -> None:
        """They were looked at; those that are left must leave and have not yet."""
        self._every, self._named = False, left
