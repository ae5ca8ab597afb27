"""Make a restored database the truth."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cms.publishing.interface import LogHead, outer_transaction, visibility


class Command(BaseCommand):
    help = (
        "Give the log of changes a new identity, after the database was restored from a backup "
        "and while publish_worker stands still. Refuses as long as the database calls a video "
        "or story public that the last build knows as withdrawn, and lists them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--republish",
            action="store_true",
            help="Let what is listed become public again.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        manifest = settings.SITE_BUILD_DIR / "manifest"
        if not manifest.is_dir() and not options["republish"]:
            raise CommandError(
                f"There is no build in {settings.SITE_BUILD_DIR}, so nobody can say what was "
                "withdrawn after the backup. Run this where publish_worker runs, with its "
                "STATE_DIR; or look through the pages yourself and add --republish."
            )
        withdrawn = sorted(_withdrawn(manifest))
        if withdrawn and not options["republish"]:
            raise CommandError(
                "Withdrawn after the backup, and public in the restored database:\n"
                + "\n".join(withdrawn)
                + "\nUnpublish each of them in the admin, then run this again; --republish makes "
                "them public again."
            )
        with outer_transaction("new_epoch"):
            head = LogHead.objects.select_for_update().get(pk=1)
            former, head.epoch = head.epoch, uuid.uuid4()
            head.live_at = None
            head.save(update_fields=["epoch", "live_at"])
        self.stdout.write(
            f"The log was {former} and is {head.epoch}. Start publish_worker: it renders every "
            "page and takes away what this database does not know."
        )


def _withdrawn(manifest: Path) -> Iterator[str]:
    """Addresses that the last build answers with 410, of pages that the database shows."""
    for kind in visibility.PUBLICATIONS:
        released = set(visibility.released(kind).values_list("public_id", flat=True))
        for shard in manifest.glob(f"{kind.address}-*.json"):
            for path in json.loads(shard.read_text(encoding="utf-8"))["gone"]:
                if path.split("/")[2] in released:
                    yield path
