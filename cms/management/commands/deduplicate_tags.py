"""taggit's `deduplicate_tags`, told in the transaction that deletes."""

from __future__ import annotations

from taggit.management.commands import deduplicate_tags

from cms.management.telling import InOneTransaction


class Command(InOneTransaction, deduplicate_tags.Command):
    pass
