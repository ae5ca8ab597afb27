"""The groups and the workflow of a unit; safe to run again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from cms.editorial import roles
from cms.editorial.roles import Role
from cms.publishing.interface import outer_transaction
from content_models.models import UnitLevel, UnitPage


class Command(BaseCommand):
    help = (
        "Make the group of editors, the group of releasers and the workflow of each unit named. "
        "Put people into the groups in the admin. Groups that are there get their role's grants "
        "again; a workflow that is there stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("codes", nargs="+", metavar="CODE", help="Such as polda-bali.")

    def handle(self, *args: Any, **options: Any) -> None:
        codes = list(dict.fromkeys(options["codes"]))
        with outer_transaction("ensure_roles"), translation.override(settings.LANGUAGE_CODE):
            units = UnitPage.objects.in_bulk(codes, field_name="code")
            if missing := [code for code in codes if code not in units]:
                raise CommandError(
                    f"No unit has the code {', '.join(missing)}. Codes are in the units' addresses "
                    "on the site; units are loaded by `manage.py load_units`."
                )
            for code in codes:
                self._ensure(units[code])

    def _ensure(self, unit: UnitPage) -> None:
        editors = roles.ensure_group(Role.EDITOR, unit)
        releasers = roles.ensure_group(Role.RELEASER, unit)
        workflow = roles.ensure_workflow(unit, releasers)
        if unit.level == UnitLevel.MABES:
            roles.allow_headquarters(releasers)
        self.stdout.write(f"{unit.code}: {editors.name}, {releasers.name}, “{workflow.name}”")
