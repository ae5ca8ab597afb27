"""Wagtail's `move_pages`, told in the transaction that moves."""

from __future__ import annotations

from wagtail.management.commands import move_pages

from cms.management.telling import InOneTransaction


class Command(InOneTransaction, move_pages.Command):
    pass
