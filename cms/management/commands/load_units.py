"""Load the units of Polri, their collections and the categories; safe to run again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from cms.editorial import tree
from cms.publishing.interface import outer_transaction
from content_models.data import category_rows, unit_rows


class Command(BaseCommand):
    help = "Load the unit tree, collections and categories. What is already there stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        with outer_transaction(), translation.override(settings.LANGUAGE_CODE):
            grown = tree.grow(
                unit_rows(),
                category_rows(),
                site_url=settings.SITE_BASE_URL,
                site_name=settings.WAGTAIL_SITE_NAME,
            )
        self.stdout.write(
            f"Units: {grown.units} new. Collections: {grown.collections} new. "
            f"Categories: {grown.categories} new."
        )
