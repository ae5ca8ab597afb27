"""The former name of `publish_scheduled`, which some crontabs still use."""

from __future__ import annotations

from cms.management.commands import publish_scheduled


class Command(publish_scheduled.Command):
    pass
