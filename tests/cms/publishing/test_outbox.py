"""What reaches the log, and what does not."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db import transaction as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from taggit.models import Tag
from wagtail.models import PageViewRestriction

from cms.publishing import outbox
from cms.publishing.models import Change, OutboxRow, PublicState
from cms.publishing.relay import relay
from cms.publishing.sweep import sweep
from content_models.models import Captions, Category, Placement, UnitPage, VideoPage
from tests.cms.factories import (
    make_asset,
    make_captions,
    make_draft,
    make_unit,
    make_video,
    publish,
)

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str]]:
    """What the outbox says since last asked, sorted."""
    relay()
    rows = [(c.operation, c.node_id) for c in Change.objects.order_by("sequence")]
    Change.objects.all().delete()
    return sorted(rows)


@pytest.fixture(autouse=True)
def quiet(newsroom: SimpleNamespace) -> None:
    told()


def test_a_draft_says_nothing(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali)
    page.title = "Judul rahasia"
    page.save_revision()
    assert told() == []


def test_publishing_says_it_once(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    assert told() == [("UPSERT", f"video:{page.public_id}")]
    publish(page)
    # A second publication moves `updatedAt`, which is public.
    assert told() == [("UPSERT", f"video:{page.public_id}")]


def test_saving_without_a_change_says_nothing(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    page.save()
    assert told() == []


def test_a_page_whose_media_is_private_is_not_public(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali, make_asset(placement=Placement.PRIVATE))
    assert told() == []
    page.asset.ladder.placement = Placement.PUBLIC
    page.asset.ladder.save()
    assert told() == [("UPSERT", f"video:{page.public_id}")]


def test_unpublishing_removes(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    page.unpublish()
    assert told() == [("REMOVE", f"video:{page.public_id}")]
    assert not PublicState.objects.filter(pk=f"video:{page.public_id}").exists()


def test_deleting_removes(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    page.delete()
    assert told() == [("REMOVE", f"video:{page.public_id}")]


def test_deleting_a_unit_removes_all_below(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.denpasar)
    told()
    newsroom.bali.delete()
    assert told() == [
        ("REMOVE", "unit:polda-bali"),
        ("REMOVE", "unit:polresta-denpasar"),
        ("REMOVE", f"video:{page.public_id}"),
    ]


def test_moving_a_video_tells_its_new_unit(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    page.move(newsroom.jabar, pos="last-child")
    assert told() == [("UPSERT", f"video:{page.public_id}")]
    assert PublicState.objects.get(pk=f"video:{page.public_id}").record["unit"] == "polda-jabar"


def test_moving_a_unit_tells_the_unit_alone(newsroom: SimpleNamespace) -> None:
    for _ in range(3):
        make_video(newsroom.denpasar)
    told()
    newsroom.denpasar.move(newsroom.jabar, pos="last-child")
    assert told() == [("UPSERT", "unit:polresta-denpasar")]


def test_unpublishing_a_unit_gives_its_videos_to_the_unit_above(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.denpasar)
    told()
    newsroom.denpasar.unpublish()
    assert told() == [("REMOVE", "unit:polresta-denpasar"), ("UPSERT", f"video:{page.public_id}")]
    assert PublicState.objects.get(pk=f"video:{page.public_id}").record["unit"] == "polda-bali"


def test_a_slug_change_tells_the_new_path(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    page.slug = "judul-baru"
    publish(page)
    told()
    state = PublicState.objects.get(pk=f"video:{page.public_id}")
    assert state.record["path"] == f"/video/{page.public_id}/judul-baru/"


def test_renaming_a_category_tells_the_category_alone(newsroom: SimpleNamespace) -> None:
    category = Category.objects.create(name="Lalu Lintas", slug="lalu-lintas")
    page = make_draft(newsroom.bali)
    page.categories = [category]
    publish(page)
    told()
    category.name = "Lalu lintas dan jalan"
    category.save()
    assert told() == [("UPSERT", "category:lalu-lintas")]


def test_deleting_a_category_tells_its_videos(newsroom: SimpleNamespace) -> None:
    category = Category.objects.create(name="Lalu Lintas", slug="lalu-lintas")
    page = make_draft(newsroom.bali)
    page.categories = [category]
    publish(page)
    told()
    with outbox.transaction():
        category.delete()
    assert told() == [("REMOVE", "category:lalu-lintas"), ("UPSERT", f"video:{page.public_id}")]


def test_a_tag_is_public_while_a_public_video_carries_it(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali)
    page.tags.add("Operasi Lilin")
    assert told() == []
    publish(page)
    assert told() == [("UPSERT", "tag:operasi-lilin"), ("UPSERT", f"video:{page.public_id}")]
    page.unpublish()
    assert told() == [("REMOVE", "tag:operasi-lilin"), ("REMOVE", f"video:{page.public_id}")]


def test_deleting_a_tag_tells_its_videos(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali)
    page.tags.add("lilin")
    publish(page)
    told()
    with outbox.transaction():
        Tag.objects.get(slug="lilin").delete()
    assert told() == [("REMOVE", "tag:lilin"), ("UPSERT", f"video:{page.public_id}")]


def test_restricting_a_unit_hides_all_below_and_lifting_shows_it_again(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.denpasar)
    told()
    restriction = PageViewRestriction.objects.create(
        page=newsroom.bali, restriction_type=PageViewRestriction.LOGIN
    )
    expected = ["unit:polda-bali", "unit:polresta-denpasar", f"video:{page.public_id}"]
    assert told() == [("REMOVE", node_id) for node_id in expected]
    restriction.delete()
    assert told() == [("UPSERT", node_id) for node_id in expected]


def test_captions_are_told_once_they_are_in_the_public_bucket(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    captions = make_captions(page.asset, is_public=False)
    assert told() == []
    captions.is_public = True
    captions.save()
    assert told() == [("UPSERT", f"video:{page.public_id}")]
    Captions.objects.all().delete()
    assert told() == [("UPSERT", f"video:{page.public_id}")]


def test_an_alias_is_told_as_a_video_of_its_own(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    alias = page.create_alias(parent=newsroom.jabar)
    assert alias.public_id != page.public_id
    assert told() == [("UPSERT", f"video:{alias.public_id}")]


def test_the_sweep_finds_what_no_signal_told(newsroom: SimpleNamespace) -> None:
    gone, renamed = make_video(newsroom.bali), make_video(newsroom.bali)
    told()
    VideoPage.objects.filter(pk=gone.pk).update(live=False)
    VideoPage.objects.filter(pk=renamed.pk).update(title="Diganti di shell")
    UnitPage.objects.filter(pk=newsroom.jabar.pk).update(title="Polda Jabar baru")
    assert told() == []
    assert sweep() == 3
    assert told() == [
        ("REMOVE", f"video:{gone.public_id}"),
        ("UPSERT", "unit:polda-jabar"),
        ("UPSERT", f"video:{renamed.public_id}"),
    ]
    assert sweep() == 0


def test_the_sweep_finds_an_expired_page(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    told()
    VideoPage.objects.filter(pk=page.pk).update(expire_at=timezone.now() - timedelta(seconds=1))
    sweep()
    assert told() == [("REMOVE", f"video:{page.public_id}")]


def test_a_rolled_back_edit_leaves_no_trace(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali)

    def fail_at_the_end() -> None:
        with outbox.transaction():
            publish(page)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_end()
    assert told() == []
    page = VideoPage.objects.get(pk=page.pk)
    with database.atomic(), outbox.transaction():
        publish(page)
        database.set_rollback(True)
    assert OutboxRow.objects.count() == 0


def test_one_transaction_tells_an_item_once(newsroom: SimpleNamespace) -> None:
    with outbox.transaction():
        page = make_video(newsroom.bali)
        for title in ("Satu", "Dua", "Tiga"):
            page.title = title
            publish(page)
        assert OutboxRow.objects.count() == 0
    assert OutboxRow.objects.count() == 1


def test_a_sweep_costs_the_same_queries_for_few_as_for_many(newsroom: SimpleNamespace) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert sweep() == 0
        return len(captured)

    make_video(newsroom.bali)
    few = queries()
    for _ in range(30):
        make_video(newsroom.bali)
    assert queries() == few


def test_a_unit_that_comes_in_between_takes_its_place(newsroom: SimpleNamespace) -> None:
    new = make_unit(newsroom.mabes, "polda-papua")
    assert told() == [("UPSERT", "unit:polda-papua")]
    assert PublicState.objects.get(pk=f"unit:{new.code}").record["parent"] == "mabes-polri"


def test_a_body_links_to_public_pages_only(newsroom: SimpleNamespace) -> None:
    shown, draft = make_video(newsroom.bali), make_draft(newsroom.bali, slug="rahasia-besar")
    links = "".join(
        f'<p><a linktype="page" id="{key}">di sini</a></p>' for key in (shown.pk, draft.pk, 999_999)
    )
    page = make_video(newsroom.jabar, body=links)
    body = PublicState.objects.get(pk=f"video:{page.public_id}").record["bodyHtml"]
    assert f'<a href="/video/{shown.public_id}/{shown.slug}/">' in body
    assert "rahasia-besar" not in body
    assert draft.public_id not in body
    assert body.count("<a>") == 2


def test_the_cms_links_to_the_site_by_its_full_address(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    expected = f"http://127.0.0.1:8080/video/{page.public_id}/{page.slug}/"
    assert page.url == page.full_url == page.get_url() == expected
