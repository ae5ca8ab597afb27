"""A target seen by a push: nothing comes back through it that was taken down meanwhile."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial

from static_export.manifest import Artifact, Gone, Item, Root
from static_export.paths import url_path
from static_export.taken import Taken
from static_export.targets.base import ObjectTarget, Pending, Puts, one_by_one
from static_export.verify import BodySource


class Watched:
    """An object target for one push; all but `put` and `restore` is the target's own."""

    def __init__(self, target: ObjectTarget, taken: Taken, root: Root, bodies: BodySource) -> None:
        self.name, self.parallel = target.name, target.parallel
        self.together = target.together
        self.copies_gone_page = target.copies_gone_page
        self.prepare, self.close = target.prepare, target.close
        self.read_state, self.write_state = target.read_state, target.write_state
        self.delete_state = target.delete_state
        self.delete, self.compare = target.delete, target.compare
        self.keep, self.has, self.all_keys = target.keep, target.has, target.all_keys
        self._target, self._taken = target, taken
        self._root, self._bodies = root, bodies

    def put(self, item: Item, body: bytes) -> None:
        """Put `item`, or the tombstone of a key that this build does not know to be down."""
        with self._taken.passing(item.key):
            is_down = self._is_down(item)
            if not is_down:
                self._target.put(item, body)
        # A takedown may have had no time to wait for this put.
        if is_down or self._is_down(item):
            gone = tombstone(item.key)
            self._target.put(gone, self._bodies.of(gone))
            sys.audit("policetube.step", "push.tombstoned")

    def put_all(self, artifacts: Puts) -> Pending:
        """The same with several at once, by themselves if any of them may be down.

        The gates are passed when somebody has waited for the puts.
        """
        keys = [item.key for item, _ in artifacts]
        with ExitStack() as passing:
            passing.enter_context(self._taken.passing(*keys))
            if self._taken.holds_any(keys, self._root):
                return partial(one_by_one, self, artifacts)
            pending = self._target.put_all(artifacts)
            gates = passing.pop_all()

        def ended() -> list[Exception | None]:
            with gates:
                found = pending()
            down = self._taken.holds_any(keys, self._root)
            return one_by_one(self, artifacts) if down else found

        return ended

    def restore(self, item: Artifact, place: str) -> bool:
        """The same with bytes that are kept; there is no need of them where the key is down."""
        with self._taken.passing(item.key):
            is_down = self._is_down(item)
            found = is_down or self._target.restore(item, place)
        if is_down or self._is_down(item):
            gone = tombstone(item.key)
            self._target.put(gone, self._bodies.of(gone))
        return found

    def _is_down(self, item: Item) -> bool:
        return not isinstance(item, Gone) and self._taken.holds(item.key, self._root)


def tombstone(key: str) -> Gone:
    """What answers 410 for a key."""
    return Gone(path=url_path(key))
