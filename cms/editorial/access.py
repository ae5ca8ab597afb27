"""Who may see and touch which video files: by collection subtree, everywhere the same."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from wagtail.permission_policies.collections import CollectionPermissionPolicy

from cms.publishing.interface import KINDS, visibility
from content_models.models import Asset

User = AbstractBaseUser | AnonymousUser
SEE = ("add", "change", "choose")

policy = CollectionPermissionPolicy(Asset)


def visible_assets(user: User) -> QuerySet[Asset]:
    """Video files in the collections where the user may do anything at all."""
    return policy.instances_user_has_any_permission_for(user, SEE)


def choosable_assets(user: User) -> QuerySet[Asset]:
    """Video files that the user may put on a page."""
    return policy.instances_user_has_any_permission_for(user, ["choose"])


def asset_or_404(user: User, pk: int, *, action: str | None = None) -> Asset:
    """The video file; 404 for one the user may not see, 403 for what they may not do to it."""
    beside = ("collection", "uploaded_by", "ladder", "poster")
    found = visible_assets(user).select_related(*beside).filter(pk=pk).first()
    if found is None:
        raise Http404
    if action and not policy.user_has_permission_for_instance(user, action, found):
        raise PermissionDenied
    return found


def may_change_released(user: User, asset: Asset) -> bool:
    """Whether no released page shows the file but those that the user may publish."""
    return all(
        page.permissions_for_user(user).can_publish()
        for kind in KINDS
        for page in visibility.released(kind.model).filter(kind.shows([asset.pk])).distinct()
    )
