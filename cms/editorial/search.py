"""What is said in a video finds its file, so its file is indexed anew when captions change."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save
from modelsearch.tasks import insert_or_update_object_task

from content_models.models import Asset, Captions


def captions_changed(instance: Captions, origin: object = None, **kwargs: Any) -> None:
    """Queue it in the same transaction; not where the file itself is going."""
    if getattr(origin, "model", type(origin)) is not Asset:
        options = Asset._meta
        insert_or_update_object_task.enqueue(
            options.app_label, options.model_name, str(instance.asset_id)
        )


def connect() -> None:
    """Connect the handler; called once, when the app is ready."""
    for signal in (post_save, post_delete):
        signal.connect(captions_changed, sender=Captions)
