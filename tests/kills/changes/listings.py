"""Categories and tags: of themselves, and on pages."""

from __future__ import annotations

from content_models.models import Category
from tests.kills.changes import world
from tests.kills.changes.scenario import Facts, scenario

VIEW = "wagtailsnippets_content_models_category"


def _saved(facts: Facts, **changes: str) -> None:
    category = Category.objects.get(pk=facts["category_pk"])
    data = {"name": category.name, "slug": category.slug, "description": category.description}
    world.post(f"{VIEW}:edit", category.pk, data=data | changes)


@scenario("UPSERT category:{category}")
def a_category_is_renamed(facts: Facts) -> None:
    _saved(facts, name=f"Nama baru {facts['token']}")


@scenario(
    "REMOVE category:{category}",
    "UPSERT category:alamat-{token}",
    "UPSERT video:{video}",
    keys={"video:{video}": ({"categories": ["{category}"]}, {"categories": ["alamat-{token}"]})},
)
def a_category_gets_another_slug(facts: Facts) -> None:
    _saved(facts, slug=f"alamat-{facts['token']}")


@scenario("UPSERT category:baru-{token}")
def a_category_is_added(facts: Facts) -> None:
    data = {"name": f"Baru {facts['token']}", "slug": f"baru-{facts['token']}", "description": ""}
    world.post(f"{VIEW}:add", data=data)


@scenario(
    "REMOVE category:{category}",
    "UPSERT video:{video}",
    keys={"video:{video}": ({"categories": ["{category}"]}, {"categories": []})},
)
def a_category_is_deleted(facts: Facts) -> None:
    world.post(f"{VIEW}:delete", facts["category_pk"])


@scenario(
    "REMOVE category:{category}",
    "UPSERT video:{video}",
)
def categories_are_deleted_in_bulk(facts: Facts) -> None:
    args = ("content_models", "category", "delete")
    world.post("wagtail_bulk_action", *args, query=f"?id={facts['category_pk']}")


@scenario(
    "UPSERT video:{video}",
    arrange=world.edit_form,
    keys={"video:{video}": ({"categories": ["{category}"]}, {"categories": []})},
)
def a_page_is_taken_out_of_its_category(facts: Facts) -> None:
    facts["form"].pop("categories")
    world.published(facts)


@scenario(
    "UPSERT video:{video}",
    "REMOVE tag:{tag}",
    "UPSERT tag:ketupat-{token}",
    arrange=world.edit_form,
    keys={"video:{video}": ({"tags": ["{tag}"]}, {"tags": ["ketupat-{token}"]})},
)
def a_page_gets_another_tag(facts: Facts) -> None:
    world.published(facts, tags=f'"ketupat {facts["token"]}"')


@scenario(arrange=world.edit_form)
def a_tag_is_tried_in_a_draft(facts: Facts) -> None:
    data = facts["form"] | {"tags": f'"coba {facts["token"]}"'}
    world.post("wagtailadmin_pages:edit", facts["video_pk"], data=data)
