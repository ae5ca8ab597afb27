"""Django's `loaddata`: told when all rows are there, not one by one."""

from __future__ import annotations

from django.core.management.commands import loaddata

from cms.management.telling import InOneTransaction


class Command(InOneTransaction, loaddata.Command):
    pass
