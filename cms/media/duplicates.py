"""The same file again: found among what the sender may put on a page, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from wagtail.models import Collection
from wagtail.permission_policies.collections import CollectionPermissionPolicy

from content_models.models import Asset, AssetState, Upload, UploadState

# What did not become anything may be tried again with the same bytes.
_USELESS = (AssetState.REFUSED, AssetState.FAILED, AssetState.CANCELLED)


def same_bytes(
    user: Any, *, sha256: str, size: int, collection: Collection, but_not: Iterable[int] = ()
) -> Asset | None:
    """The oldest usable file with these bytes that the user may choose; None: it is new to them.

    Without a user it is the operator, who says which unit it is for: only there is it the same.
    """
    found = _choosable(user).filter(sha256=sha256, size=size)
    if user is None:
        found = found.filter(collection=collection)
    return found.exclude(pk__in=but_not).order_by("pk").first()


def held_already(user: Any, *, fingerprint: str, size: int) -> Asset | None:
    """A file that seems to be the same, before a single byte of it is sent."""
    arrived = Upload.objects.filter(
        state=UploadState.DONE, fingerprint=fingerprint, size=size
    ).values("asset")
    return _choosable(user).filter(pk__in=arrived, size=size).order_by("pk").first()


def _choosable(user: Any) -> QuerySet[Asset]:
    """Without a user it is the operator, who may see everything."""
    found = Asset.objects.exclude(state__in=_USELESS)
    if user is None:
        return found
    policy = CollectionPermissionPolicy(Asset)
    mine = policy.instances_user_has_any_permission_for(user, ["choose"])
    return found.filter(pk__in=mine.values("pk"))
