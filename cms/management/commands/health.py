"""The health page for cron and for monitoring."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import translation

from cms.health.interface import Level, Sign, signs, take, worst


class Command(BaseCommand):
    help = (
        "Look at the whole chain: outbox, log, publications, media queue, processes, storage, "
        "targets and edge. Ends within seconds, whatever is down. Exit status: 0, all is well; 1, "
        "something is to be looked at; 2, something is bad."
    )
    # What checks find wrong would hide what else is.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="tell it as one JSON object")
        parser.add_argument(
            "--seconds", type=float, help="how long to wait for what may not answer (4)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with translation.override("en"):
                reading = take(deadline=options["seconds"])
                found = signs(reading)
        except DatabaseError as error:
            raise CommandError(
                f"The database does not answer: {error}. See DATABASE_URL.",
                returncode=Level.BAD,
            ) from error
        if options["json"]:
            whole = {
                "level": worst(found).name.lower(),
                "at": reading.at.isoformat(),
                "signs": [_as_json(sign) for sign in found],
            }
            self.stdout.write(json.dumps(whole, indent=1, ensure_ascii=False))
        else:
            for sign in sorted(found, key=lambda one: -one.level):
                self.stdout.write(f"{sign.level.name:<5}  {sign.title}: {sign.value}")
                if sign.advice:
                    self.stdout.write(f"       {sign.advice}")
        if level := worst(found):
            sys.exit(level)


def _as_json(sign: Sign) -> dict[str, str]:
    return {
        "code": sign.code,
        "group": sign.group,
        "level": sign.level.name.lower(),
        "title": sign.title,
        "value": sign.value,
        "advice": sign.advice,
    }
