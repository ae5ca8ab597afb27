"""Stories are told, kept, moved and withdrawn as videos are, with their photographs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from cms.media.interface import Bucket
from cms.media.storage import head
from cms.publishing import outbox, reality, visibility
from cms.publishing.models import Mention, OutboxRow, PublicState
from cms.publishing.receipts import receipts
from cms.publishing.status import publication_status
from cms.publishing.sweep import Rounds, differing, glance
from content_models.models import (
    Asset,
    AssetKind,
    Category,
    Ladder,
    Placement,
    RelatedVideo,
    StoryPage,
    StoryPhotograph,
    VideoPage,
)
from tests.cms.factories import (
    make_asset,
    make_photo,
    make_story,
    make_story_draft,
    make_video,
    publish,
)

pytestmark = pytest.mark.django_db


def record_of(page: StoryPage) -> dict[str, Any] | None:
    state = PublicState.objects.filter(pk=page.node_id).first()
    return state.record if state else None


def without_files(**fields: Any) -> Asset:
    """A photograph of which nothing was made."""
    photo = make_photo(**fields)
    photo.ladder = None
    photo.save()
    return photo


def test_a_published_story_is_told_with_its_photographs_in_order(
    newsroom: SimpleNamespace,
) -> None:
    first, second = make_photo(), make_photo()
    page = make_story(newsroom.bali, first, second)
    record = record_of(page)
    assert record is not None
    assert record["path"] == f"/story/{page.public_id}/{page.slug}/"
    assert record["unit"] == "polda-bali"
    shown = record["photographs"]
    assert [one["originalSha256"] for one in shown] == [first.sha256, second.sha256]
    assert [one["caption"] for one in shown] == ["Penyerahan ke-1.", "Penyerahan ke-2."]
    assert [(c["contentType"], c["width"]) for c in shown[0]["copies"]] == [
        ("image/jpeg", 1200), ("image/jpeg", 640), ("image/webp", 1200), ("image/webp", 640),
    ]  # fmt: skip
    keys = PublicState.objects.get(pk=page.node_id).keys
    assert keys["ladders"] == [first.ladder.prefix, second.ladder.prefix]
    assert differing() == set()
    assert receipts(page)[0].removal is False


def test_a_story_waits_for_all_its_photographs_and_leaves_out_what_is_none(
    newsroom: SimpleNamespace,
) -> None:
    ready, waiting = make_photo(), make_photo(Placement.PRIVATE, state="processing")
    Asset.objects.filter(pk=waiting.pk).update(ladder=None)
    broken, film = without_files(state="failed"), make_asset()
    page = make_story(newsroom.bali, ready, waiting, broken)
    for number, asset in enumerate((film, make_asset(state="failed"))):
        StoryPhotograph.objects.create(
            page=page, asset=asset, alternative_text="x", sort_order=9 + number
        )
    outbox.touch(publications=[page.pk])
    assert record_of(page) is None
    assert publication_status(page).stage == "developing"
    assert set(visibility.assets_to_show()) == {ready, waiting}

    Asset.objects.filter(pk=waiting.pk).update(state="ready", ladder=waiting.ladder)
    assert publication_status(page).stage == "promoting"
    ladder = Ladder.objects.get(pk=waiting.ladder_id)
    ladder.placement = Placement.PUBLIC
    ladder.save()
    record = record_of(page)
    assert record is not None
    assert len(record["photographs"]) == 2
    assert differing() == set()


def test_a_story_without_a_photograph_to_show_is_no_story(newsroom: SimpleNamespace) -> None:
    page = make_story(newsroom.bali, without_files(state="refused"))
    assert record_of(page) is None
    assert publication_status(page).stage == "no_photograph"


def test_a_photograph_whose_new_attempt_failed_is_shown_as_before(
    newsroom: SimpleNamespace,
) -> None:
    photo = make_photo()
    page = make_story(newsroom.bali, photo)
    before = record_of(page)
    assert before is not None
    for state in ("processing", "failed", "cancelled", "refused"):
        photo.state = state
        photo.save()
        assert record_of(page) == before
    assert publication_status(page).stage == "publishing"
    assert differing() == set()


def test_a_photograph_of_which_nothing_is_said_is_left_out_however_it_was_published(
    newsroom: SimpleNamespace,
) -> None:
    page = make_story_draft(newsroom.bali, make_photo(), make_photo())
    said, silent = StoryPhotograph.objects.filter(page=page).order_by("sort_order")
    StoryPhotograph.objects.filter(pk=silent.pk).update(alternative_text="")
    # As a bulk action or the clock does: no form is asked.
    publish(StoryPage.objects.get(pk=page.pk))
    record = record_of(page)
    assert record is not None
    assert [one["alternativeText"] for one in record["photographs"]] == [said.alternative_text]


def test_what_may_not_be_shown_any_more_does_not_wait_for_what_comes_in_either(
    newsroom: SimpleNamespace,
) -> None:
    silent, kept, coming = make_photo(), make_photo(), without_files(state="processing")
    page = make_story(newsroom.bali, silent, kept)
    StoryPhotograph.objects.filter(page=page, asset=silent).update(alternative_text="")
    StoryPhotograph.objects.create(page=page, asset=coming, alternative_text="x", sort_order=9)
    publish(StoryPage.objects.get(pk=page.pk))
    record = record_of(page)
    assert record is not None
    assert [one["originalSha256"] for one in record["photographs"]] == [kept.sha256]


def test_what_was_taken_out_of_a_story_does_not_wait_for_what_comes_in(
    newsroom: SimpleNamespace,
) -> None:
    out, kept, coming = make_photo(), make_photo(), without_files(state="processing")
    page = make_story(newsroom.bali, out, kept)
    StoryPhotograph.objects.filter(page=page, asset=out).update(asset=coming)
    publish(StoryPage.objects.get(pk=page.pk))
    record = record_of(page)
    assert record is not None
    assert [one["originalSha256"] for one in record["photographs"]] == [kept.sha256]
    assert differing() == set()
    status = publication_status(page)
    assert status.stage == "developing"
    assert "masyarakat melihat terbitan sebelumnya" in str(status.label)
    StoryPhotograph.objects.filter(page=page, asset=kept).delete()
    outbox.touch(publications=[page.pk])
    # Nothing would be left to show: it stays as it was.
    assert record_of(page) == record


@pytest.mark.parametrize("how", ["unpublish", "restrict", "delete", "unit"])
def test_a_story_that_is_withdrawn_leaves_nothing_behind(
    newsroom: SimpleNamespace, how: str
) -> None:
    page = make_story_draft(newsroom.denpasar)
    page.tags.add("bansos")
    publish(page)
    assert PublicState.objects.filter(pk="tag:bansos").exists()
    with outbox.transaction():
        if how == "unpublish":
            page.unpublish()
        elif how == "restrict":
            PageViewRestriction.objects.create(page=page, restriction_type="login")
        elif how == "delete":
            page.delete()
        else:
            newsroom.bali.unpublish()
            newsroom.denpasar.unpublish()
            newsroom.mabes.unpublish()
    assert not PublicState.objects.filter(pk__in=[page.node_id, "tag:bansos"]).exists()
    assert OutboxRow.objects.filter(node_id=page.node_id, operation="REMOVE").count() == 1
    assert not visibility.assets_to_show().exists()


def test_a_moved_renamed_and_filed_story_is_told_anew(newsroom: SimpleNamespace) -> None:
    category = Category.objects.create(name="Humanis", slug="humanis")
    page = make_story_draft(newsroom.bali)
    page.categories = [category]
    publish(page)
    with outbox.transaction():
        page.move(newsroom.jabar, pos="last-child")
    record = record_of(page)
    assert record is not None
    assert (record["unit"], record["categories"]) == ("polda-jabar", ["humanis"])
    with outbox.transaction():
        category.delete()
    record = record_of(page)
    assert record is not None
    assert record["categories"] == []
    page = StoryPage.objects.get(pk=page.pk)
    page.slug = "nama-baru"
    publish(page)
    row = OutboxRow.objects.filter(node_id=page.node_id).order_by("-pk")[0]
    assert row.before["path"] != row.after["path"] == page.public_path


def test_an_alias_is_another_story_of_the_same_photographs(newsroom: SimpleNamespace) -> None:
    page = make_story(newsroom.bali)
    with outbox.transaction():
        alias = page.create_alias(parent=newsroom.jabar)
    assert alias.public_id != page.public_id
    record, other = record_of(page), record_of(alias)
    assert record is not None
    assert other is not None
    assert record["photographs"] == other["photographs"]


def test_a_story_shows_only_those_of_its_videos_that_are_public(
    newsroom: SimpleNamespace,
) -> None:
    shown, later = make_video(newsroom.jabar), make_video(newsroom.jabar)
    later.unpublish()
    page = make_story_draft(newsroom.bali)
    for place, video in enumerate((later, shown)):
        page.related_videos.add(RelatedVideo(video=video, sort_order=place))
    publish(page)
    assert record_of(page)["relatedVideos"] == [shown.public_id]
    assert Mention.objects.filter(node_id=page.node_id).count() == 2
    publish(VideoPage.objects.get(pk=later.pk))
    assert record_of(page)["relatedVideos"] == [later.public_id, shown.public_id]
    shown.unpublish()
    assert record_of(page)["relatedVideos"] == [later.public_id]
    with outbox.transaction():
        VideoPage.objects.get(pk=later.pk).delete()
    assert record_of(page)["relatedVideos"] == []
    assert differing() == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda page: StoryPhotograph.objects.filter(page=page).update(caption="Lain."),
        lambda page: StoryPhotograph.objects.filter(page=page).update(asset=make_photo()),
        lambda page: StoryPage.objects.filter(pk=page.pk).update(synopsis="Lain."),
        lambda page: StoryPage.objects.filter(pk=page.pk).update(live=False),
        lambda page: StoryPhotograph.objects.filter(page=page).delete(),
        lambda page: Asset.objects.filter(story_photographs__page=page).update(kind="video"),
    ],
)
def test_what_no_signal_tells_of_a_story_is_seen_at_a_glance(
    newsroom: SimpleNamespace, change: Any
) -> None:
    page = make_story(newsroom.bali)
    before = record_of(page)
    assert glance() == 0
    change(page)
    glance()
    assert record_of(page) != before
    assert glance() == 0


def test_the_rounds_come_to_every_kind(newsroom: SimpleNamespace) -> None:
    make_video(newsroom.bali)
    page = make_story(newsroom.bali)
    PublicState.objects.filter(pk=page.node_id).update(version="x")
    rounds = Rounds()
    assert [rounds.slice() for _ in range(4)] == [0, 1, 0, 0]


def test_records_of_many_stories_cost_as_many_queries_as_of_one(
    newsroom: SimpleNamespace,
) -> None:
    video = make_video(newsroom.bali)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            list(reality.public_nodes(reality.everything()))
        return len(captured)

    counts = []
    for many in (1, 4):
        for _ in range(many):
            page = make_story_draft(newsroom.bali, make_photo(), make_photo())
            page.related_videos.add(RelatedVideo(video=video))
            publish(page)
        counts.append(queries())
    assert counts[0] == counts[1]


def test_a_revision_that_names_a_file_of_yesterday_is_opened_without_it(
    newsroom: SimpleNamespace,
) -> None:
    page = make_story_draft(newsroom.bali)
    revision = page.save_revision()
    StoryPhotograph.objects.filter(page=page).delete()
    Asset.objects.filter(kind=AssetKind.PHOTO).delete()
    opened = revision.as_object()
    assert [one.asset for one in opened.photographs.all()] == [None]


def is_public(ladder: Ladder) -> bool:
    return all(head(Bucket.MEDIA, file.key) is not None for file in ladder.files.all())


def test_a_replaced_photograph_stays_until_the_page_without_it_is_live(
    newsroom: SimpleNamespace, buckets: str, settings: Any, tmp_path: Path
) -> None:
    from cms.publishing.media import MediaReport, Patience, withdraw_media
    from cms.publishing.models import Change, LogHead
    from cms.publishing.pipeline import promote_media
    from cms.publishing.relay import relay
    from tests.cms.publishing.test_media import staged

    def report() -> MediaReport:
        return MediaReport(patience=Patience())

    def live() -> None:
        relay()
        newest = Change.objects.order_by("-sequence")[0].sequence
        LogHead.objects.update(live_sequence=newest)

    old, kept, new = (staged(make_photo(Placement.PRIVATE)) for _ in range(3))
    page = make_story(newsroom.bali, old, kept)
    assert record_of(page) is None
    promote_media(report(), most=9)
    assert record_of(page) is not None
    live()
    StoryPhotograph.objects.filter(page=page, asset=old).update(asset=new)
    publish(StoryPage.objects.get(pk=page.pk))
    withdraw_media(report())
    assert is_public(old.ladder)
    promote_media(report(), most=9)
    relay()
    withdraw_media(report())
    # Told, but not pushed yet: whoever has the page open still sees it.
    assert is_public(old.ladder)
    live()
    withdraw_media(report())
    assert not any(head(Bucket.MEDIA, file.key) for file in old.ladder.files.all())
    assert is_public(kept.ladder)
    assert is_public(new.ladder)
    StoryPage.objects.get(pk=page.pk).unpublish()
    withdraw_media(report())
    assert not is_public(kept.ladder)
