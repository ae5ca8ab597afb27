"""Return the public site to an earlier release."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import static_export
from cms.publishing.past import go_back, kept


class Command(BaseCommand):
    help = (
        "Return the public site to an earlier release, minus all that is not public now; without a "
        "number, list what can be returned to. For a look or a build that went wrong: the next "
        "publication brings the site forward again, so mend that first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("sequence", type=int, nargs="?", help="the change it ended with")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
        parser.add_argument(
            "--undo-corrections",
            action="store_true",
            help="also bring back texts that were corrected since",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["sequence"] is None:
                self._list()
            else:
                self._go_back(options)
        except static_export.ExportError as error:
            raise CommandError(f"{error.code}: {error}") from error

    def _list(self) -> None:
        for one in kept():
            earlier = ", ".join(map(str, reversed(one.sequences))) or "none"
            self.stdout.write(f"{one.target}: live is change {one.live}; before: {earlier}")

    def _go_back(self, options: dict[str, Any]) -> None:
        for report in go_back(
            options["sequence"],
            undo_corrections=options["undo_corrections"],
            dry_run=options["dry_run"],
        ):
            # From what the target keeps, and from the build that is live or was.
            back = (*report.restored, *report.uploaded)
            if options["dry_run"]:
                for key, _reason in back:
                    self.stdout.write(f"restore {key}")
            self.stdout.write(
                f"{report.target}: {len(back)} files as of change "
                f"{options['sequence']}{' (dry run)' if options['dry_run'] else ''}"
            )
            for path, seen in report.unverified:
                self.stderr.write(f"NOT SEEN at the edge: {path}: {seen}")
