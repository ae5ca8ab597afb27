"""A role at a unit: one group, one grant at the unit's page, one at its collection (DESIGN D10)."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

from cms.editorial.tree import collection_of
from content_models.models import Asset, Category, EmergencyBanner, UnitPage


class Role(models.TextChoices):
    """What somebody may do in a unit and in all below it."""

    EDITOR = "editor", _("Editor: writes and submits")
    RELEASER = "releaser", _("Releaser: reviews and publishes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """Actions a role may take on pages and on video files."""

    pages: frozenset[str]
    assets: frozenset[str]


GRANTS = {
    Role.EDITOR: Grants(
        pages=frozenset({"add", "change"}), assets=frozenset({"add", "change", "choose"})
    ),
    Role.RELEASER: Grants(
        pages=frozenset({"add", "change", "publish", "lock", "unlock"}),
        assets=frozenset({"add", "change", "choose", "delete"}),
    ),
}


def group_name(role: Role, unit: UnitPage) -> str:
    """Stable, as the unit's code is: `polda-metro-jaya:editor`."""
    return f"{unit.code}:{role.value}"


def ensure_group(role: Role, unit: UnitPage) -> Group:
    """The group of a role at a unit with exactly the role's grants."""
    group, _created = Group.objects.get_or_create(name=group_name(role, unit))
    grants = GRANTS[role]
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    _set_page_grants(group, unit, grants.pages)
    collection = collection_of(unit)
    if collection is not None:
        _set_collection_grants(group, collection, grants.assets)
    return group


def allow_headquarters(group: Group) -> None:
    """Let a headquarters group keep categories, announce emergencies and see how all stands."""
    for model, actions in ((Category, ("add", "change", "delete")), (EmergencyBanner, ("change",))):
        content_type = ContentType.objects.get_for_model(model)
        names = [f"{action}_{model._meta.model_name}" for action in actions]
        group.permissions.add(
            *Permission.objects.filter(content_type=content_type, codename__in=names)
        )
    see_health = Permission.objects.filter(content_type__app_label="health", codename="see_health")
    group.permissions.add(*see_health)


def ensure_workflow(unit: UnitPage, releasers: Group) -> Workflow:
    """Below this unit, unless a unit nearer says otherwise, these people release."""
    assigned = WorkflowPage.objects.filter(page_id=unit.pk).select_related("workflow").first()
    if assigned is not None:
        return assigned.workflow
    task = GroupApprovalTask.objects.create(name=str(_("Release by %s")) % unit.title)
    task.groups.add(releasers)
    workflow = Workflow.objects.create(name=str(_("Release: %s")) % unit.title)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowPage.objects.create(workflow=workflow, page_id=unit.pk)
    return workflow


def _set_page_grants(group: Group, page: Page, actions: frozenset[str]) -> None:
    wanted = set(
        Permission.objects.filter(
            content_type=ContentType.objects.get_for_model(Page),
            codename__in=[f"{action}_page" for action in actions],
        )
    )
    kept = GroupPagePermission.objects.filter(group=group)
    kept.exclude(page_id=page.pk, permission__in=wanted).delete()
    for permission in wanted:
        GroupPagePermission.objects.get_or_create(
            group=group, page_id=page.pk, permission=permission
        )


def _set_collection_grants(group: Group, collection: Collection, actions: frozenset[str]) -> None:
    wanted = set(
        Permission.objects.filter(
            content_type=ContentType.objects.get_for_model(Asset),
            codename__in=[f"{action}_asset" for action in actions],
        )
    )
    kept = GroupCollectionPermission.objects.filter(group=group)
    kept.exclude(collection=collection, permission__in=wanted).delete()
    for permission in wanted:
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=permission
        )
