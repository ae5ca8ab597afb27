"""Units, the top of the site, who may see what: everything that hangs on the tree."""

from __future__ import annotations

from wagtail.models import PageViewRestriction, Site

from content_models.models import HomePage, UnitPage
from tests.cms.factories import make_unit
from tests.kills.changes import world
from tests.kills.changes.scenario import Facts, scenario

VIDEO_GONE = ("REMOVE video:{video}", "REMOVE tag:{tag}")
VIDEO_BACK = ("UPSERT video:{video}", "UPSERT tag:{tag}")
ALL_GONE = ("REMOVE unit:{upper}", "REMOVE unit:{lower}", *VIDEO_GONE)
ALL_BACK = ("UPSERT unit:{upper}", "UPSERT unit:{lower}", *VIDEO_BACK)


@scenario(
    "REMOVE unit:{lower}",
    "UPSERT video:{video}",
    keys={"video:{video}": ({"unit": "{lower}"}, {"unit": "{upper}"})},
)
def a_unit_is_unpublished_alone(facts: Facts) -> None:
    world.post("wagtailadmin_pages:unpublish", facts["lower_pk"])


@scenario(
    "REMOVE unit:{upper}",
    "UPSERT unit:{lower}",
    keys={"unit:{lower}": ({"parent": "{upper}"}, {"parent": "mabes-polri"})},
)
def a_unit_with_units_below_is_unpublished_alone(facts: Facts) -> None:
    world.post("wagtailadmin_pages:unpublish", facts["upper_pk"])


@scenario(*ALL_GONE)
def a_unit_is_unpublished_with_all_below(facts: Facts) -> None:
    data = {"include_descendants": "on"}
    world.post("wagtailadmin_pages:unpublish", facts["upper_pk"], data=data)


def _hidden_unit(facts: Facts) -> None:
    lower = world.unit(facts, "lower")
    lower.save_revision()
    lower.unpublish()
    world.edit_form(facts, "lower")


@scenario(
    "UPSERT unit:{lower}",
    "UPSERT video:{video}",
    arrange=_hidden_unit,
    keys={"video:{video}": ({"unit": "{upper}"}, {"unit": "{lower}"})},
)
def a_unit_is_published_again(facts: Facts) -> None:
    world.published(facts, "lower")


@scenario(
    "UPSERT unit:{lower}",
    keys={"unit:{lower}": ({"parent": "{upper}"}, {"parent": "{other}"})},
)
def a_unit_is_moved(facts: Facts) -> None:
    world.post("wagtailadmin_pages:move_confirm", facts["lower_pk"], facts["other_pk"])


@scenario(*ALL_GONE)
def a_unit_is_deleted_with_all_below(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["upper_pk"])


def _unit_form(facts: Facts) -> None:
    world.edit_form(facts, "upper")


@scenario("UPSERT unit:{upper}", arrange=_unit_form)
def a_unit_is_renamed(facts: Facts) -> None:
    world.published(facts, "upper", title="Polda dengan nama baru")


def _lower_form(facts: Facts) -> None:
    world.edit_form(facts, "lower")


@scenario(
    "REMOVE unit:{lower}",
    "UPSERT unit:{lower}-baru",
    "UPSERT video:{video}",
    arrange=_lower_form,
    keys={"video:{video}": ({"unit": "{lower}"}, {"unit": "{lower}-baru"})},
)
def a_unit_gets_another_code(facts: Facts) -> None:
    world.published(facts, "lower", code=f"{facts['lower']}-baru")


@scenario(
    "REMOVE unit:{upper}",
    "UPSERT unit:{upper}-baru",
    "UPSERT unit:{lower}",
    arrange=_unit_form,
    keys={"unit:{lower}": ({"parent": "{upper}"}, {"parent": "{upper}-baru"})},
)
def a_unit_with_units_below_gets_another_code(facts: Facts) -> None:
    world.published(facts, "upper", code=f"{facts['upper']}-baru")


def _new_unit_form(facts: Facts) -> None:
    url = "wagtailadmin_pages:add"
    facts["form"] = world.form(url, "content_models", "unitpage", facts["upper_pk"])


@scenario("UPSERT unit:polres-{token}-dua", arrange=_new_unit_form)
def a_new_unit_is_published(facts: Facts) -> None:
    code = f"polres-{facts['token']}-dua"
    data = facts["form"] | {
        "title": "Polres Dua",
        "slug": code,
        "code": code,
        "level": "polres",
        "action-publish": "action-publish",
    }
    args = ("content_models", "unitpage", facts["upper_pk"])
    world.post("wagtailadmin_pages:add", *args, data=data)


def _restrict(key: int, kind: str = PageViewRestriction.LOGIN) -> None:
    data = {"restriction_type": kind, "password": "rahasia"}
    world.post("wagtailadmin_pages:set_privacy", key, data=data)


@scenario(*VIDEO_GONE)
def a_page_is_restricted(facts: Facts) -> None:
    _restrict(facts["video_pk"])


@scenario(*ALL_GONE)
def a_page_above_is_restricted(facts: Facts) -> None:
    _restrict(facts["upper_pk"])


@scenario(*VIDEO_GONE, "REMOVE video:{alias}", arrange=world.with_alias)
def the_source_of_an_alias_is_restricted(facts: Facts) -> None:
    _restrict(facts["video_pk"])


def _restricted_page(facts: Facts) -> None:
    PageViewRestriction.objects.create(page_id=facts["video_pk"], restriction_type="login")


def _restricted_above(facts: Facts) -> None:
    PageViewRestriction.objects.create(page_id=facts["upper_pk"], restriction_type="login")


def _restricted_source(facts: Facts) -> None:
    world.with_alias(facts)
    _restricted_page(facts)


@scenario(arrange=_restricted_page)
def a_restriction_is_changed(facts: Facts) -> None:
    _restrict(facts["video_pk"], PageViewRestriction.PASSWORD)


@scenario(*VIDEO_BACK, arrange=_restricted_page)
def a_restriction_is_lifted(facts: Facts) -> None:
    _restrict(facts["video_pk"], PageViewRestriction.NONE)


@scenario(*ALL_BACK, arrange=_restricted_above)
def a_restriction_above_is_lifted(facts: Facts) -> None:
    _restrict(facts["upper_pk"], PageViewRestriction.NONE)


@scenario(*VIDEO_BACK, "UPSERT video:{alias}", arrange=_restricted_source)
def a_restriction_of_the_source_of_an_alias_is_lifted(facts: Facts) -> None:
    _restrict(facts["video_pk"], PageViewRestriction.NONE)


@scenario(arrange=_restricted_above)
def a_restricted_unit_is_deleted(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["upper_pk"])


@scenario(*VIDEO_BACK, arrange=_restricted_above)
def a_video_is_moved_out_of_a_restricted_unit(facts: Facts) -> None:
    world.post("wagtailadmin_pages:move_confirm", facts["video_pk"], facts["other_pk"])


def _restricted_other(facts: Facts) -> None:
    PageViewRestriction.objects.create(page_id=facts["other_pk"], restriction_type="login")


@scenario("REMOVE unit:{lower}", *VIDEO_GONE, arrange=_restricted_other)
def a_unit_is_moved_below_a_restricted_one(facts: Facts) -> None:
    world.post("wagtailadmin_pages:move_confirm", facts["lower_pk"], facts["other_pk"])


def _home_form(facts: Facts) -> None:
    facts["home_pk"] = HomePage.objects.get().pk
    world.edit_form(facts, "home")


@scenario("UPSERT site:site", arrange=_home_form)
def the_home_page_is_edited(facts: Facts) -> None:
    world.published(facts, "home", description=f"Situs {facts['token']}.")


@scenario("UPSERT site:site", arrange=_home_form)
def the_site_gets_another_name(facts: Facts) -> None:
    world.published(facts, "home", title=f"Policetube {facts['token']}")


@scenario()
def the_site_record_is_edited(facts: Facts) -> None:
    """Public addresses come from settings; nothing of this row is public."""
    site = Site.objects.get()
    data = {
        "hostname": "cms.policetube.example",
        "port": site.port,
        "site_name": facts["token"],
        "root_page": site.root_page_id,
        "is_default_site": "on",
    }
    world.post("wagtailsites:edit", site.pk, data=data)


def _empty_unit(facts: Facts) -> None:
    empty = make_unit(world.unit(facts, "upper"), f"polres-{facts['token']}-kosong", "polres")
    facts |= {"empty": empty.code, "empty_pk": empty.pk}


@scenario("REMOVE unit:{empty}", arrange=_empty_unit)
def an_empty_unit_is_deleted(facts: Facts) -> None:
    world.post("wagtailadmin_pages:delete", facts["empty_pk"])


@scenario()
def a_unit_is_asked_to_be_copied(facts: Facts) -> None:
    """It is refused: the code stands for one unit alone."""
    before = UnitPage.objects.count()
    data = {
        "new_title": "Salinan",
        "new_slug": f"salinan-{facts['token']}",
        "new_parent_page": facts["mabes_pk"],
        "copy_subpages": "on",
    }
    world.post("wagtailadmin_pages:copy", facts["upper_pk"], data=data)
    if UnitPage.objects.count() != before:
        raise world.RefusedError("There is a unit more.")
