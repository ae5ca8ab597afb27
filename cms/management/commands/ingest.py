"""Take a file from this machine into the CMS."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from wagtail.models import Collection

from cms.media.interface import MediaError, describe, send_file
from cms.media.pipeline import process
from content_models.models import UNUSABLE_STATES, Asset

BAR = 30


class Command(BaseCommand):
    help = (
        "Store a video file as an asset, in parts and checked as an upload in the admin. After a "
        "break, the same command goes on where it was; a file that is here already is not stored "
        "twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the file")
        parser.add_argument("--title", default="", help="title; the file's name if absent")
        parser.add_argument("--collection", default="", help="name of a collection")
        parser.add_argument(
            "--process", action="store_true", help="convert it now, here, with a progress bar"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            asset = send_file(
                options["path"],
                title=options["title"],
                collection=_collection(options["collection"]),
            )
        except OSError as error:
            raise CommandError(f"{options['path']}: {error.strerror}") from error
        except MediaError as error:
            raise CommandError(str(error)) from error
        if options["process"]:
            process(asset.pk, self._show)
            self.stderr.write("")
        asset = Asset.objects.get(pk=asset.pk)
        status = describe(asset)
        self.stdout.write(f"{asset.pk} {asset.uuid} {status.state} {status.message}".strip())
        if asset.state in UNUSABLE_STATES:
            raise CommandError(status.message, returncode=2)

    def _show(self, stage: str, progress: int) -> None:
        filled = BAR * progress // 100
        self.stderr.write(
            f"\r[{'#' * filled}{'.' * (BAR - filled)}] {progress:3d} % {stage:<10}", ending=""
        )
        self.stderr.flush()


def _collection(name: str) -> Collection | None:
    if not name:
        return None
    found = Collection.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"There is no collection “{name}”.")
    return found
