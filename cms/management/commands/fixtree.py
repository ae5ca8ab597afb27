"""Wagtail's `fixtree`, told in the transaction that mends."""

from __future__ import annotations

from typing import Any

from wagtail.management.commands import fixtree

from cms.publishing.interface import outer_transaction, sweep


class Command(fixtree.Command):
    """It deletes and moves past all signals; so everything is compared at its end."""

    def handle(self, **options: Any) -> None:
        if options.get("interactive", True):
            # It asks before it deletes: nobody else may have to wait for the answer.
            super().handle(**options)
            sweep()
            return
        with outer_transaction("fixtree"):
            super().handle(**options)
            sweep()
