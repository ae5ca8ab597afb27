"""Read again what is public, mend it where that is possible, and tell what is not."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Min
from django.utils import timezone

from cms.media.interface import Audit, MediaError, audit
from content_models.models import Asset, AssetState, Ladder, Placement

FAULTS = 1
TROUBLE = 2
MEGABYTE = 1_000_000
# A ladder unseen for longer tells that no audit comes round.
STALE = timedelta(days=30)


class Command(BaseCommand):
    help = (
        "Read every public media file again and compare size, SHA-256, content type and whether "
        "viewers reach it; look for files that should not be there. What is missing or spoilt is "
        "copied again from staging. Goes on where the last run was stopped. Exit status 1: "
        "something is wrong that could not be mended; 2: storage or the public address is down."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, help="stop after so long; at least one video")
        parser.add_argument(
            "--rate",
            type=float,
            default=settings.MEDIA_AUDIT_BYTES_PER_SECOND / MEGABYTE,
            help="megabytes to read a second, 0 for no limit (%(default)s)",
        )
        parser.add_argument(
            "--again", action="store_true", help="also what was read in the last hours"
        )
        parser.add_argument("--no-repair", action="store_true", help="change nothing")
        parser.add_argument("--json", action="store_true", help="tell it as one JSON object")
        parser.add_argument(
            "--report", action="store_true", help="read nothing; tell what earlier audits found"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["report"]:
            self._report(as_json=options["json"])
            return
        try:
            found = audit(
                seconds=options["seconds"],
                rate=options["rate"] * MEGABYTE,
                again=options["again"],
                mend=not options["no_repair"],
                on_ladder=self._show,
            )
        except MediaError as error:
            raise CommandError(str(error), returncode=TROUBLE) from error
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), indent=1))
        else:
            self._tell(found)
        if found.standing:
            sys.exit(FAULTS)

    def _show(self, done: int, left: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done} of {done + left} ladders", ending="")
            self.stderr.flush()

    def _tell(self, found: Audit) -> None:
        for fault in found.faults:
            state = "mended" if fault.repaired else "STANDS"
            self.stdout.write(f"{state}  {fault.kind:<11}  {fault.key}: {fault.detail}")
        self.stdout.write(
            f"{found.ladders} ladders, {found.files} files, {found.bytes / MEGABYTE:.1f} MB read; "
            f"{len(found.faults)} faults, {len(found.standing)} stand; "
            f"{found.remaining} ladders are still to be read"
        )

    def _report(self, *, as_json: bool) -> None:
        public = Ladder.objects.filter(placement=Placement.PUBLIC)
        standing = [fault for row in public.exclude(faults=[]) for fault in row.faults]
        stale = public.exclude(audited_at__gt=timezone.now() - STALE).count()
        oldest = public.aggregate(oldest=Min("audited_at"))["oldest"]
        failed = Asset.objects.filter(state=AssetState.FAILED).count()
        if as_json:
            told = {
                "standing": standing,
                "unread_for_a_month": stale,
                "oldest_audit": oldest and oldest.isoformat(),
                "failed_files": failed,
            }
            self.stdout.write(json.dumps(told, indent=1))
        else:
            for fault in standing:
                self.stdout.write(f"STANDS  {fault['kind']:<11}  {fault['key']}: {fault['detail']}")
            self.stdout.write(
                f"{len(standing)} faults stand; {stale} public ladders were not read for "
                f"{STALE.days} days; the oldest audit is of {oldest or 'no day yet'}; "
                f"{failed} files failed and wait for “try again”"
            )
        if standing:
            sys.exit(FAULTS)
