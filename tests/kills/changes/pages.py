"""Videos: written, published, withdrawn, moved, copied, mirrored, brought back."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from wagtail.models import Revision

from cms.editorial import roles
from content_models.models import VideoPage
from tests.cms.factories import publish
from tests.kills.changes import world
from tests.kills.changes.scenario import Facts, scenario

GONE = ("REMOVE video:{video}", "REMOVE tag:{tag}")


def _drafted(facts: Facts) -> None:
    world.with_draft(facts)
    world.edit_form(facts, "draft")


@scenario("UPSERT video:{draft}", arrange=_drafted)
def a_draft_is_published(facts: Facts) -> None:
    world.published(facts, "draft", title="Operasi malam")


def _creating(facts: Facts) -> None:
    url = "wagtailadmin_pages:add"
    facts["form"] = world.form(url, "content_models", "videopage", facts["lower_pk"])


@scenario("UPSERT video:{new[0]}", arrange=_creating)
def a_new_page_is_published_at_once(facts: Facts) -> None:
    data = facts["form"] | {
        "title": "Razia gabungan",
        "slug": "razia-gabungan",
        "asset": facts["asset_pk"],
        "synopsis": "Razia di tiga tempat.",
        "action-publish": "action-publish",
    }
    args = ("content_models", "videopage", facts["lower_pk"])
    world.post("wagtailadmin_pages:add", *args, data=data)


@scenario("UPSERT video:{video}", arrange=world.edit_form)
def a_public_page_is_edited_and_published(facts: Facts) -> None:
    world.published(facts, title="Judul yang lebih baik")


@scenario(arrange=world.edit_form)
def a_public_page_is_edited_and_kept_as_a_draft(facts: Facts) -> None:
    world.post(
        "wagtailadmin_pages:edit",
        facts["video_pk"],
        data=facts["form"] | {"title": "Belum untuk umum", "slug": "belum-untuk-umum"},
    )


@scenario(
    "UPSERT video:{video}",
    arrange=world.edit_form,
    keys={
        "video:{video}": (
            {"path": "/video/{video}/patroli-{token}/"},
            {"path": "/video/{video}/nama-baru/"},
        )
    },
)
def a_slug_is_changed(facts: Facts) -> None:
    world.published(facts, slug="nama-baru")


@scenario(*GONE)
def a_page_is_unpublished(facts: Facts) -> None:
    world.post("wagtailadmin_pages:unpublish", facts["video_pk"], data=world.REASON)


@scenario(*GONE)
def a_page_is_deleted(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["video_pk"])


@scenario(
    "UPSERT video:{video}",
    keys={"video:{video}": ({"unit": "{lower}"}, {"unit": "{other}"})},
)
def a_video_is_moved_to_another_unit(facts: Facts) -> None:
    world.post("wagtailadmin_pages:move_confirm", facts["video_pk"], facts["other_pk"])


@scenario(arrange=world.with_second)
def pages_are_put_in_another_order(facts: Facts) -> None:
    world.post("wagtailadmin_pages:set_page_position", facts["second_pk"], query="?position=0")


def _copied(facts: Facts, **choices: str) -> None:
    data = {
        "new_title": "Salinan",
        "new_slug": "salinan",
        "new_parent_page": facts["other_pk"],
        **choices,
    }
    world.post("wagtailadmin_pages:copy", facts["video_pk"], data=data)


@scenario()
def a_page_is_copied_as_a_draft(facts: Facts) -> None:
    _copied(facts)


@scenario("UPSERT video:{new[0]}")
def a_page_is_copied_and_the_copy_published(facts: Facts) -> None:
    _copied(facts, publish_copies="on")


@scenario("UPSERT video:{new[0]}")
def an_alias_is_made(facts: Facts) -> None:
    _copied(facts, alias="on")


def _mirrored(facts: Facts) -> None:
    world.with_alias(facts)
    world.edit_form(facts)


@scenario("UPSERT video:{video}", "UPSERT video:{alias}", arrange=_mirrored)
def the_source_of_an_alias_is_edited(facts: Facts) -> None:
    world.published(facts, title="Judul untuk dua halaman")


@scenario(*GONE, "REMOVE video:{alias}", arrange=world.with_alias)
def the_source_of_an_alias_is_unpublished(facts: Facts) -> None:
    world.post("wagtailadmin_pages:unpublish", facts["video_pk"], data=world.REASON)


@scenario(*GONE, "REMOVE video:{alias}", arrange=world.with_alias)
def the_source_of_an_alias_is_deleted(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["video_pk"])


@scenario(arrange=world.with_alias)
def an_alias_becomes_a_page_of_its_own(facts: Facts) -> None:
    world.post("wagtailadmin_pages:convert_alias", facts["alias_pk"])


@scenario("REMOVE video:{alias}", arrange=world.with_alias)
def an_alias_is_deleted(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["alias_pk"])


def _revised(facts: Facts) -> None:
    page = world.video(facts)
    facts["old_revision"] = page.latest_revision_id
    page.title = "Judul yang salah"
    publish(page)
    facts["form"] = world.form(
        "wagtailadmin_pages:revisions_revert", page.pk, facts["old_revision"]
    )


@scenario("UPSERT video:{video}", arrange=_revised)
def an_old_revision_is_published_again(facts: Facts) -> None:
    world.published(facts, revision=facts["old_revision"])
    if VideoPage.objects.get(pk=facts["video_pk"]).title != f"Patroli {facts['token']}":
        raise world.RefusedError("The old title is not back.")


@scenario(arrange=_drafted)
def a_draft_is_scheduled(facts: Facts) -> None:
    world.published(facts, "draft", go_live_at="2099-01-01 08:00")
    if not Revision.objects.filter(approved_go_live_at__isnull=False, object_id=facts["draft_pk"]):
        raise world.RefusedError("Nothing is scheduled.")


@scenario(arrange=world.edit_form)
def a_change_of_a_public_page_is_scheduled(facts: Facts) -> None:
    world.published(facts, go_live_at="2099-01-01 08:00", title="Untuk tahun 2099")


def _with_second_and_draft(facts: Facts) -> None:
    world.with_second(facts)
    world.with_draft(facts)


def _bulk(action: str, keys: list[int], **data: object) -> None:
    named = "&".join(f"id={key}" for key in keys)
    world.post("wagtail_bulk_action", "wagtailcore", "page", action, data=data, query=f"?{named}")


@scenario("UPSERT video:{draft}", "UPSERT video:{second}", arrange=_with_second_and_draft)
def pages_are_published_in_bulk(facts: Facts) -> None:
    _bulk("publish", [facts["draft_pk"], facts["second_pk"]])


@scenario(*GONE, "REMOVE video:{second}", arrange=world.with_second)
def pages_are_unpublished_in_bulk(facts: Facts) -> None:
    _bulk("unpublish", [facts["video_pk"], facts["second_pk"]], **world.REASON)


@scenario(*GONE, "REMOVE video:{second}", arrange=world.with_second)
def pages_are_deleted_in_bulk(facts: Facts) -> None:
    _bulk("delete", [facts["video_pk"], facts["second_pk"]])


@scenario("UPSERT video:{video}", "UPSERT video:{second}", arrange=world.with_second)
def pages_are_moved_in_bulk(facts: Facts) -> None:
    _bulk("move", [facts["video_pk"], facts["second_pk"]], chooser=facts["other_pk"])


def _submitted(facts: Facts) -> None:
    upper = world.unit(facts, "upper")
    workflow = roles.ensure_workflow(upper, roles.ensure_group(roles.Role.RELEASER, upper))
    draft = world.with_draft(facts)
    world.admin()
    workflow.start(draft, get_user_model().objects.get(username="kepala"))
    draft.refresh_from_db()
    facts["task_state_pk"] = draft.current_workflow_task_state.pk


@scenario("UPSERT video:{draft}", arrange=_submitted)
def a_draft_is_approved(facts: Facts) -> None:
    args = (facts["draft_pk"], "approve", facts["task_state_pk"])
    world.post("wagtailadmin_pages:workflow_action", *args, data={"comment": ""})


@scenario(arrange=_submitted)
def a_draft_is_rejected(facts: Facts) -> None:
    args = (facts["draft_pk"], "reject", facts["task_state_pk"])
    world.post("wagtailadmin_pages:workflow_action", *args, data={"comment": "Kurang jelas."})


def _linked(facts: Facts) -> None:
    """Another page whose text leads to the video."""
    page = world.with_second(facts)
    page.body = f'<p><a linktype="page" id="{facts["video_pk"]}">Lihat juga</a></p>'
    publish(page)
    world.edit_form(facts)


@scenario(*GONE, "UPSERT video:{second}", arrange=_linked)
def a_page_that_others_link_to_is_unpublished(facts: Facts) -> None:
    world.post("wagtailadmin_pages:unpublish", facts["video_pk"], data=world.REASON)


@scenario("UPSERT video:{video}", "UPSERT video:{second}", arrange=_linked)
def a_page_that_others_link_to_gets_another_slug(facts: Facts) -> None:
    world.published(facts, slug="alamat-lain")


@scenario(*GONE, "UPSERT video:{second}", arrange=_linked)
def a_page_that_others_link_to_is_deleted(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["video_pk"])
