"""Commands that write pages: ours, Wagtail's, Django's."""

from __future__ import annotations

from datetime import timedelta

from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from wagtail.models import Revision

from content_models.models import VideoPage
from tests.kills.changes import world
from tests.kills.changes.scenario import Facts, How, scenario

AN_HOUR = timedelta(hours=1)
TABLES_OF_A_UNIT = (
    ("content_models_unitpage", "page_ptr_id"),
    ("wagtailcore_page", "id"),
)


def _due(facts: Facts) -> None:
    """A draft whose hour has come."""
    draft = world.with_draft(facts)
    draft.go_live_at = timezone.now() + AN_HOUR
    draft.save_revision().publish()
    content = Revision.objects.get(pk=VideoPage.objects.get(pk=draft.pk).latest_revision_id)
    past = timezone.now() - AN_HOUR
    content.content["go_live_at"] = past.isoformat()
    content.approved_go_live_at = past
    content.save()


@scenario("UPSERT video:{draft}", arrange=_due, alone=True)
def what_is_due_is_published(facts: Facts) -> None:
    call_command("publish_scheduled")


@scenario("UPSERT video:{draft}", arrange=_due, alone=True)
def what_is_due_is_published_by_the_old_name(facts: Facts) -> None:
    call_command("publish_scheduled_pages")


@scenario("REMOVE video:{video}", "REMOVE tag:{tag}", how=How.SIGNALLED)
def what_has_expired_is_unpublished(facts: Facts) -> None:
    """Time itself is the silent part: the date passes without anybody's transaction."""
    past = timezone.now() - AN_HOUR
    VideoPage.objects.filter(pk=facts["video_pk"]).update(expire_at=past)
    call_command("publish_scheduled")


@scenario("UPSERT video:{second}", "UPSERT unit:{lower}", arrange=world.with_second)
def the_pages_of_a_unit_are_moved(facts: Facts) -> None:
    call_command("move_pages", facts["upper_pk"], facts["other_pk"])


@scenario(
    "REMOVE unit:{upper}",
    "REMOVE unit:{lower}",
    "REMOVE video:{video}",
    "REMOVE tag:{tag}",
    how=How.SIGNALLED,
    alone=True,
)
def a_broken_tree_is_mended(facts: Facts) -> None:
    """Somebody deleted a unit's rows by hand; all that stood below it hangs in the air."""
    with connection.cursor() as cursor:
        for table, column in TABLES_OF_A_UNIT:
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [facts["upper_pk"]])
    call_command("fixtree", interactive=False, delete_orphans=True)


@scenario()
def addresses_in_the_tree_are_set_anew(facts: Facts) -> None:
    call_command("set_url_paths")
