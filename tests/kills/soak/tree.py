"""What editors do to the tree: units come, move and go, and whole branches with them."""

from __future__ import annotations

from wagtail.actions.unpublish_page import UnpublishPageAction

from content_models.models import UnitLevel, UnitPage, VideoPage
from tests.kills.soak.desk import Desk, NothingToDoError, chief
from tests.kills.soak.writing import latest

# Deleting or copying more than this in one go would empty or flood the house.
BRANCH = 12


def small_branch(desk: Desk) -> UnitPage:
    unit = desk.new_unit()
    if unit.get_descendant_count() > BRANCH:
        raise NothingToDoError
    return unit


def create_unit(desk: Desk) -> str:
    parent = desk.unit()
    code = f"satker-{desk.number}"
    unit = UnitPage(title=f"Satker {desk.number}", slug=code, code=code, level=UnitLevel.SATKER)
    unit.live = desk.happens(0.7)
    parent.add_child(instance=unit)
    unit.save_revision()
    return f"unit {unit.pk} below {parent.pk}"


def rename_unit(desk: Desk) -> str:
    page = latest(desk.unit())
    page.title = f"Satuan {desk.number}"
    page.save_revision().publish()
    return f"unit {page.pk}"


def publish_unit(desk: Desk) -> str:
    page = desk.unit(live=False)
    (page.get_latest_revision() or page.save_revision()).publish()
    return f"unit {page.pk}"


def unpublish_unit(desk: Desk) -> str:
    page = desk.unit(live=True)
    page.unpublish()
    return f"unit {page.pk}"


def unpublish_branch(desk: Desk) -> str:
    """A unit with everything below it."""
    page = desk.new_unit()
    action = UnpublishPageAction(page, user=chief(), include_descendants=True)
    action.execute(skip_permission_checks=True)
    return f"unit {page.pk} and all below"


def move_video(desk: Desk) -> str:
    page = desk.one(VideoPage.objects.all())
    target = desk.unit()
    page.move(target, pos="last-child")
    return f"page {page.pk} below {target.pk}"


def move_unit(desk: Desk) -> str:
    page = desk.new_unit()
    target = desk.one(UnitPage.objects.exclude(path__startswith=page.path))
    page.move(target, pos="last-child")
    return f"unit {page.pk} below {target.pk}"


def copy_video(desk: Desk) -> str:
    page, target = desk.video(), desk.unit()
    copy = page.copy(
        to=target,
        update_attrs={"slug": f"salinan-{desk.number}", "title": f"Salinan {desk.number}"},
        keep_live=desk.happens(0.5),
        copy_revisions=desk.happens(0.5),
    )
    return f"page {page.pk} as {copy.pk}"


def make_alias(desk: Desk) -> str:
    page, target = desk.video(), desk.unit()
    alias = page.create_alias(parent=target, update_slug=f"alias-{desk.number}")
    return f"page {page.pk} as {alias.pk}"


def delete_page(desk: Desk) -> str:
    page = desk.one(VideoPage.objects.all())
    said = f"page {page.pk}"
    page.delete()
    return said


def delete_branch(desk: Desk) -> str:
    unit = small_branch(desk)
    said = f"unit {unit.pk} and all below"
    unit.delete()
    return said


def reorder(desk: Desk) -> str:
    """A page goes to the front of its siblings."""
    page = desk.one(VideoPage.objects.all())
    first = page.get_parent().get_first_child()
    if first.pk != page.pk:
        page.move(first, pos="first-sibling")
    return f"page {page.pk}"
