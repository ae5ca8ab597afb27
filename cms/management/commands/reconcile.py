"""One pass over what dead workers left."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cms.media.interface import reconcile, reconcile_uploads


class Command(BaseCommand):
    help = "Queue again every asset and upload that waits without a worker. Run it every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        found = reconcile()
        uploads = reconcile_uploads()
        self.stdout.write(
            f"{len(found.enqueued)} queued again, {len(uploads)} uploads too, "
            f"{found.folders_removed} folders and "
            f"{found.tasks_removed} task rows of dead workers removed"
        )
