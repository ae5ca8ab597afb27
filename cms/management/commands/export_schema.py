"""Write the GraphQL contract, or check that it is current and that the builder's queries fit it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from graphql import GraphQLSyntaxError, build_schema, parse, validate
from graphql.utilities import find_breaking_changes

from cms.api.schema import schema
from site_builder import documents


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
            self._check_queries(committed)
            return
        broken = find_breaking_changes(build_schema(committed), build_schema(current))
        for change in broken:
            self.stderr.write(f"breaking: {change.description}")
        raise CommandError("schema.graphql is not current: run `python manage.py export_schema`.")

    def _check_queries(self, contract: str) -> None:
        """Each query document of the builder, with its fragments, against the contract."""
        known = build_schema(contract)
        faults: list[str] = []
        for name in documents.NAMES:
            try:
                found = validate(known, parse(documents.document(name)))
            except GraphQLSyntaxError as error:
                found = [error]
            faults += [f"site_builder/queries/{name}.graphql: {fault.message}" for fault in found]
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError("The builder's queries do not fit schema.graphql: see above.")
        self.stdout.write(f"{len(documents.NAMES)} query documents fit it.")
