"""Write the GraphQL contract, or check that the committed one is current and nothing broke."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from graphql import build_schema
from graphql.utilities import find_breaking_changes

from cms.api.schema import schema


class Command(BaseCommand):
    help = "Write schema.graphql; with --check, only compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.ROOT / "schema.graphql"
        current = str(schema).strip() + "\n"
        if not options["check"]:
            path.write_text(current, encoding="utf-8")
            self.stdout.write(f"{path.name} written.")
            return
        committed = path.read_text(encoding="utf-8")
        if committed == current:
            self.stdout.write("schema.graphql is current.")
            return
        broken = find_breaking_changes(build_schema(committed), build_schema(current))
        for change in broken:
            self.stderr.write(f"breaking: {change.description}")
        raise CommandError("schema.graphql is not current: run `python manage.py export_schema`.")
