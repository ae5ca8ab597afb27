"""Compile the catalogues; the same as `python -m cms.i18n compile`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cms import i18n


class Command(BaseCommand):
    help = "Compile the Indonesian catalogues (.po) into what Django reads (.mo)."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path in i18n.compile_catalogues():
            self.stdout.write(str(path.relative_to(i18n.ROOT)))
