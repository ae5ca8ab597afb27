"""Wagtail's `publish_scheduled`, page by page: each is told as it goes, none stops another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.db.models import Model
from django.utils import timezone
from wagtail.management.commands import publish_scheduled
from wagtail.models import DraftStateMixin, Page, Revision

from cms.publishing.interface import outer_transaction

logger = logging.getLogger(__name__)

# What to do, and to which row.
Deed = tuple[Callable[[type[Model], Any], None], type[Model], Any]


class Command(publish_scheduled.Command):
    help = "Publish and unpublish what is due. What fails is logged and tried again next time."

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dryrun"]:
            super().handle(*args, **options)
            return
        failed = []
        for act, model, key in [*_expired(), *_approved()]:
            try:
                with outer_transaction("schedule"):
                    act(model, key)
            except Exception:
                logger.exception("%s %s: not done; it is tried again", model.__name__, key)
                failed.append(f"{model.__name__} {key}")
        if failed:
            raise CommandError(f"Not published or unpublished, see the log: {', '.join(failed)}.")


def _expired() -> Iterator[Deed]:
    others = [
        model
        for model in apps.get_models()
        if issubclass(model, DraftStateMixin) and not issubclass(model, Page)
    ]
    for model in (Page, *others):
        due = model._default_manager.filter(live=True, expire_at__lt=timezone.now())
        for key in due.order_by("expire_at").values_list("pk", flat=True):
            yield _unpublish, model, key


def _approved() -> Iterator[Deed]:
    due = Revision.objects.filter(approved_go_live_at__lt=timezone.now())
    for key in due.order_by("approved_go_live_at").values_list("pk", flat=True):
        yield _publish, Revision, key


def _unpublish(model: type[Model], key: Any) -> None:
    """Unless an editor has given it more time since it was found."""
    rows = model._default_manager.select_for_update(of=("self",))
    row: Any = rows.filter(pk=key, live=True, expire_at__lt=timezone.now()).first()
    if row is not None:
        row.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled")


def _publish(model: type[Model], key: Any) -> None:
    """Unless an editor has called it off since it was found."""
    rows = Revision.objects.select_for_update(of=("self",))
    row = rows.filter(pk=key, approved_go_live_at__lt=timezone.now()).first()
    if row is not None:
        row.publish(log_action="wagtail.publish.scheduled")
