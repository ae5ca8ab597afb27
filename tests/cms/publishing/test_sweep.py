"""What no signal told is found by a glance of the database; what a glance misses, by the rounds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from taggit.models import Tag
from wagtail.models import PageViewRestriction

from cms.publishing.models import OutboxRow, PublicState
from cms.publishing.relay import relay
from cms.publishing.sweep import Rounds, glance, sweep
from content_models.models import (
    Captions,
    Category,
    Ladder,
    Placement,
    UnitPage,
    VideoPage,
    VideoTag,
)
from tests.cms.factories import make_asset, make_captions, make_draft, make_video, publish

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str]]:
    rows = sorted(OutboxRow.objects.values_list("operation", "node_id"))
    relay()
    return rows


@pytest.fixture
def page(newsroom: SimpleNamespace) -> VideoPage:
    """A live video with a category, a tag and captions; nothing of it waits in the outbox."""
    draft = make_draft(newsroom.denpasar)
    draft.categories = [Category.objects.create(name="Lalu Lintas", slug="lalu-lintas")]
    draft.tags.add("patroli")
    make_captions(draft.asset)
    page = publish(draft)
    sweep()
    told()
    return page


def in_shell(page: VideoPage, **values: object) -> Callable[[], object]:
    return lambda: VideoPage.objects.filter(pk=page.pk).update(**values)


def edits(page: VideoPage) -> dict[str, Callable[[], object]]:
    past = timezone.now() - timedelta(days=1)
    other = make_asset()
    other_tag = Tag.objects.create(name="Lilin", slug="lilin")
    return {
        "title": in_shell(page, title="Judul dari shell"),
        "slug": in_shell(page, slug="slug-dari-shell"),
        "body": in_shell(page, body="<p>Isi dari shell.</p>"),
        "synopsis": in_shell(page, synopsis="Ringkasan dari shell."),
        "place": in_shell(page, incident_place="Sanur"),
        "date": in_shell(page, incident_date=past.date()),
        "rights": in_shell(page, rights="cc-by-4.0"),
        "asset": in_shell(page, asset=other),
        "first publication": in_shell(page, first_published_at=past),
        "categories": VideoPage.categories.through.objects.all().delete,
        "tags": lambda: VideoTag.objects.update(tag=other_tag),
        "captions withdrawn": lambda: Captions.objects.update(is_public=False),
    }


CHANGING = sorted(
    [
        *("title", "slug", "body", "synopsis", "place", "date", "rights", "asset"),
        *("first publication", "categories", "tags", "captions withdrawn"),
    ]
)


@pytest.mark.parametrize("name", CHANGING)
def test_a_glance_sees_a_column_changed_in_the_shell(page: VideoPage, name: str) -> None:
    edits(page)[name]()
    told()
    glance()
    assert ("UPSERT", f"video:{page.public_id}") in told()
    assert glance() == 0


@pytest.mark.parametrize("way", ["unpublished", "expired", "restricted", "without media"])
def test_a_glance_sees_what_is_no_longer_public(page: VideoPage, way: str) -> None:
    if way == "unpublished":
        in_shell(page, live=False)()
    elif way == "expired":
        in_shell(page, expire_at=timezone.now() - timedelta(seconds=1))()
    elif way == "restricted":
        PageViewRestriction.objects.bulk_create(
            [PageViewRestriction(page=page, restriction_type=PageViewRestriction.LOGIN)]
        )
    else:
        in_shell(page, live=False, asset=None)()
    assert told() == []
    glance()
    assert told() == [("REMOVE", "tag:patroli"), ("REMOVE", f"video:{page.public_id}")]


def test_a_glance_sees_media_that_became_public(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali, make_asset(placement=Placement.PRIVATE))
    told()
    assert glance() == 0
    Ladder.objects.filter(pk=page.asset.ladder_id).update(placement=Placement.PUBLIC)
    assert glance() == 1
    assert told() == [("UPSERT", f"video:{page.public_id}")]


def test_a_unit_taken_away_in_the_shell_gives_its_videos_to_the_unit_above(
    page: VideoPage, newsroom: SimpleNamespace
) -> None:
    UnitPage.objects.filter(pk=newsroom.denpasar.pk).update(live=False)
    glance()
    assert told() == [("REMOVE", "unit:polresta-denpasar"), ("UPSERT", f"video:{page.public_id}")]
    record = PublicState.objects.get(pk=f"video:{page.public_id}").record
    assert record["unit"] == "polda-bali"


def test_a_glance_sees_categories_changed_in_the_shell(page: VideoPage) -> None:
    Category.objects.filter(slug="lalu-lintas").update(name="Jalan raya")
    glance()
    assert told() == [("UPSERT", "category:lalu-lintas")]
    Category.objects.filter(slug="lalu-lintas").update(slug="jalan-raya")
    glance()
    assert told() == [
        ("REMOVE", "category:lalu-lintas"),
        ("UPSERT", "category:jalan-raya"),
        ("UPSERT", f"video:{page.public_id}"),
    ]


def test_a_glance_costs_the_same_queries_and_moves_no_rows_however_many_pages_there_are(
    page: VideoPage, newsroom: SimpleNamespace
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert glance() == 0
        return len(captured)

    few = queries()
    for _ in range(30):
        make_video(newsroom.bali)
    assert queries() == few <= 28


def test_the_rounds_find_what_a_glance_cannot_see_slice_by_slice(
    page: VideoPage, newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cms.publishing.sweep.SLICE", 2)
    others = [make_video(newsroom.bali) for _ in range(5)]
    told()
    Tag.objects.filter(slug="patroli").update(name="Patroli malam")
    for number, other in enumerate(others):
        record = PublicState.objects.get(pk=f"video:{other.public_id}")
        PublicState.objects.filter(pk=record.pk).update(version=f"lain {number}")
    assert glance() == 0
    rounds = Rounds()
    found = [rounds.slice() for _ in range(4)]
    assert found == [1, 2, 2, 1]
    assert rounds.after == 0
    assert sweep() == 0


def test_a_link_in_a_text_follows_the_page_it_leads_to(newsroom: SimpleNamespace) -> None:
    target = make_video(newsroom.bali, slug="tujuan")
    source = make_video(
        newsroom.jabar, body=f'<p><a linktype="page" id="{target.pk}">di sini</a></p>'
    )
    told()

    def body() -> str:
        return PublicState.objects.get(pk=f"video:{source.public_id}").record["bodyHtml"]

    assert f"/video/{target.public_id}/tujuan/" in body()
    target.unpublish()
    assert ("UPSERT", f"video:{source.public_id}") in told()
    assert target.public_id not in body()
    publish(target)
    assert ("UPSERT", f"video:{source.public_id}") in told()
    target.slug = "tujuan-baru"
    publish(target)
    assert "/tujuan-baru/" in body()
    source.body = "<p>Tanpa tautan.</p>"
    publish(source)
    told()
    target.delete()
    assert told() == [("REMOVE", f"video:{target.public_id}")]


def test_an_update_of_the_outbox_asks_no_more_for_a_longer_site(newsroom: SimpleNamespace) -> None:
    def queries() -> int:
        page = make_draft(newsroom.bali)
        with CaptureQueriesContext(connection) as captured:
            publish(page)
        return len(captured)

    queries()
    few = queries()
    for _ in range(20):
        make_video(newsroom.bali)
    assert queries() == few
