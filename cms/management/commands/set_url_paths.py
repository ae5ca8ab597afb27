"""Wagtail's `set_url_paths`, in one transaction."""

from __future__ import annotations

from wagtail.management.commands import set_url_paths

from cms.management.telling import InOneTransaction


class Command(InOneTransaction, set_url_paths.Command):
    pass
