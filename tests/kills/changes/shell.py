"""By hand, in a shell: with signals, and past them."""

from __future__ import annotations

from taggit.models import Tag
from wagtail.models import Page, PageViewRestriction

from content_models.models import (
    Asset,
    Captions,
    Category,
    HomePage,
    Ladder,
    UnitPage,
    VideoPage,
    VideoTag,
)
from tests.cms.factories import make_captions, make_draft
from tests.kills.changes import world
from tests.kills.changes.scenario import Facts, How, scenario

GONE = ("REMOVE video:{video}", "REMOVE tag:{tag}")


@scenario("UPSERT video:{new[0]}", how=How.SIGNALLED)
def a_child_is_added_that_is_live(facts: Facts) -> None:
    asset = Asset.objects.get(pk=facts["asset_pk"])
    make_draft(world.unit(facts, "lower"), asset, live=True, slug="langsung")


@scenario("UPSERT video:{video}", how=How.SIGNALLED)
def a_page_is_saved(facts: Facts) -> None:
    page = world.video(facts)
    page.title = "Disimpan di shell"
    page.save()


@scenario(*GONE, how=How.SIGNALLED)
def a_page_is_saved_as_not_live(facts: Facts) -> None:
    page = world.video(facts)
    page.live = False
    page.save()


@scenario("REMOVE unit:{lower}", "UPSERT video:{video}", how=How.SIGNALLED)
def a_unit_is_saved_as_not_live(facts: Facts) -> None:
    unit = world.unit(facts, "lower")
    unit.live = False
    unit.save()


@scenario(*GONE, how=How.SIGNALLED)
def a_page_is_deleted_in_a_shell(facts: Facts) -> None:
    world.video(facts).delete()


@scenario("UPSERT unit:{lower}", how=How.SIGNALLED)
def a_unit_is_moved_in_a_shell(facts: Facts) -> None:
    world.unit(facts, "lower").move(world.unit(facts, "other"), pos="last-child")


@scenario("REMOVE category:{category}", "UPSERT video:{video}", how=How.SIGNALLED)
def a_category_is_deleted_in_a_shell(facts: Facts) -> None:
    Category.objects.get(pk=facts["category_pk"]).delete()


@scenario("REMOVE tag:{tag}", "UPSERT video:{video}", how=How.SIGNALLED)
def a_tag_is_deleted(facts: Facts) -> None:
    Tag.objects.get(slug=facts["tag"]).delete()


@scenario("UPSERT tag:{tag}", how=How.SIGNALLED)
def a_tag_is_renamed(facts: Facts) -> None:
    tag = Tag.objects.get(slug=facts["tag"])
    tag.name = f"Lilin besar {facts['token']}"
    tag.save()


@scenario(
    "REMOVE tag:{tag}", "UPSERT tag:operasi-{token}", "UPSERT video:{video}", how=How.SIGNALLED
)
def a_tag_gets_another_slug(facts: Facts) -> None:
    tag = Tag.objects.get(slug=facts["tag"])
    tag.slug = f"operasi-{facts['token']}"
    tag.save()


@scenario(
    "REMOVE tag:{tag}", "UPSERT tag:ketupat-{token}", "UPSERT video:{video}", how=How.SIGNALLED
)
def tags_are_merged(facts: Facts) -> None:
    other = Tag.objects.create(name=f"Ketupat {facts['token']}", slug=f"ketupat-{facts['token']}")
    for item in VideoTag.objects.filter(tag__slug=facts["tag"]):
        item.tag = other
        item.save()


def _another_category(facts: Facts) -> None:
    token = facts["token"]
    facts["second_category_pk"] = Category.objects.create(name=token, slug=f"lain-{token}").pk


@scenario("UPSERT video:{video}", arrange=_another_category, how=How.SIGNALLED)
def a_page_is_put_into_a_category_from_the_other_side(facts: Facts) -> None:
    category = Category.objects.get(pk=facts["second_category_pk"])
    category.videos.add(world.video(facts))


@scenario("UPSERT video:{video}", how=How.SIGNALLED)
def a_category_is_emptied(facts: Facts) -> None:
    Category.objects.get(pk=facts["category_pk"]).videos.clear()


@scenario("UPSERT video:{video}", arrange=_another_category, how=How.SIGNALLED)
def a_page_with_another_category_is_saved(facts: Facts) -> None:
    page = world.video(facts)
    page.categories = [Category.objects.get(pk=facts["second_category_pk"])]
    page.save()


@scenario(*GONE, how=How.SIGNALLED)
def restrictions_are_created_in_a_shell(facts: Facts) -> None:
    PageViewRestriction.objects.create(page_id=facts["video_pk"], restriction_type="login")


@scenario(*GONE, how=How.SILENT)
def pages_are_updated_as_not_live(facts: Facts) -> None:
    VideoPage.objects.filter(pk=facts["video_pk"]).update(live=False)


@scenario("UPSERT video:{video}", how=How.SILENT)
def pages_are_updated(facts: Facts) -> None:
    Page.objects.filter(pk=facts["video_pk"]).update(title="Diganti di shell")


@scenario("UPSERT unit:{upper}", how=How.SILENT)
def units_are_updated(facts: Facts) -> None:
    UnitPage.objects.filter(pk=facts["upper_pk"]).update(summary="Diganti di shell")


@scenario(
    "REMOVE unit:{lower}",
    "UPSERT unit:{lower}-baru",
    "UPSERT video:{video}",
    how=How.SILENT,
)
def codes_of_units_are_updated(facts: Facts) -> None:
    UnitPage.objects.filter(pk=facts["lower_pk"]).update(code=f"{facts['lower']}-baru")


@scenario("REMOVE unit:{lower}", "UPSERT video:{video}", how=How.SILENT)
def units_are_updated_as_not_live(facts: Facts) -> None:
    UnitPage.objects.filter(pk=facts["lower_pk"]).update(live=False)


@scenario("UPSERT category:{category}", how=How.SILENT)
def categories_are_updated(facts: Facts) -> None:
    Category.objects.filter(pk=facts["category_pk"]).update(description="Diganti di shell")


@scenario(
    "REMOVE category:{category}",
    "UPSERT category:lain-{token}",
    "UPSERT video:{video}",
    how=How.SILENT,
)
def slugs_of_categories_are_updated(facts: Facts) -> None:
    Category.objects.filter(pk=facts["category_pk"]).update(slug=f"lain-{facts['token']}")


@scenario("UPSERT category:massal-{token}", how=How.SILENT)
def categories_are_created_in_bulk(facts: Facts) -> None:
    name = f"massal-{facts['token']}"
    Category.objects.bulk_create([Category(name=name, slug=name)])


@scenario("UPSERT tag:{tag}", how=How.SILENT)
def tags_are_updated(facts: Facts) -> None:
    Tag.objects.filter(slug=facts["tag"]).update(name=f"Besar {facts['token']}")


@scenario("REMOVE tag:{tag}", "UPSERT video:{video}", how=How.SILENT)
def tags_are_taken_off_past_the_signals(facts: Facts) -> None:
    VideoTag.objects.filter(content_object=facts["video_pk"])._raw_delete("default")


@scenario("UPSERT tag:massal-{token}", "UPSERT video:{video}", how=How.SILENT)
def tags_are_put_on_in_bulk(facts: Facts) -> None:
    name = f"massal-{facts['token']}"
    tag = Tag.objects.create(name=name, slug=name)
    VideoTag.objects.bulk_create([VideoTag(content_object_id=facts["video_pk"], tag=tag)])


@scenario("UPSERT video:{video}", how=How.SILENT)
def rows_between_videos_and_categories_are_deleted(facts: Facts) -> None:
    VideoPage.categories.through.objects.filter(videopage_id=facts["video_pk"]).delete()


@scenario("UPSERT video:{video}", how=How.SILENT)
def assets_are_updated(facts: Facts) -> None:
    Asset.objects.filter(pk=facts["asset_pk"]).update(duration=99.0)


@scenario("UPSERT video:{video}", how=How.SILENT)
def ladders_are_updated(facts: Facts) -> None:
    Ladder.objects.filter(asset=facts["asset_pk"]).update(
        storyboard={"columns": 1, "rows": 1, "tile_width": 16, "tile_height": 9, "interval": 12.0}
    )


@scenario(*GONE, how=How.SILENT)
def a_page_is_left_without_a_file(facts: Facts) -> None:
    VideoPage.objects.filter(pk=facts["video_pk"]).update(asset=None)


def _captioned(facts: Facts) -> None:
    make_captions(Asset.objects.get(pk=facts["asset_pk"]))


@scenario("UPSERT video:{video}", arrange=_captioned, how=How.SILENT)
def captions_are_deleted_past_the_signals(facts: Facts) -> None:
    Captions.objects.filter(asset=facts["asset_pk"])._raw_delete("default")


@scenario("UPSERT site:site", how=How.SILENT)
def the_home_page_is_updated(facts: Facts) -> None:
    HomePage.objects.update(description=f"Di shell {facts['token']}.")


@scenario(*GONE, how=How.SILENT)
def a_restriction_is_written_past_the_signals(facts: Facts) -> None:
    row = PageViewRestriction(page_id=facts["video_pk"], restriction_type="login")
    PageViewRestriction.objects.bulk_create([row])
