"""taggit's `remove_orphaned_tags`, told in the transaction that deletes."""

from __future__ import annotations

from taggit.management.commands import remove_orphaned_tags

from cms.management.telling import InOneTransaction


class Command(InOneTransaction, remove_orphaned_tags.Command):
    pass
