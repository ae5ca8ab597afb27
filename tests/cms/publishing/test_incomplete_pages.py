"""Pages that lack what the public knows them by: a date, a unit, a home."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from wagtail.models import PageViewRestriction

from cms.publishing import visibility
from cms.publishing.models import PublicState
from cms.publishing.sweep import glance, sweep
from content_models.models import Asset, FileRole, Rendition, VideoPage
from tests.cms.factories import make_draft, make_video

pytestmark = pytest.mark.django_db


def test_a_page_added_live_is_public_at_once_and_dated(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali, live=True)
    record = PublicState.objects.get(pk=f"video:{page.public_id}").record
    assert record["publishedAt"] == record["updatedAt"] is not None


def test_a_draft_switched_live_in_a_shell_is_not_public_before_the_sweep_dates_it(
    newsroom: SimpleNamespace,
) -> None:
    page = make_draft(newsroom.bali)
    VideoPage.objects.filter(pk=page.pk).update(live=True)
    assert not visibility.public_videos().filter(pk=page.pk).exists()
    assert glance() > 0
    assert visibility.public_videos().filter(pk=page.pk).exists()
    record = PublicState.objects.get(pk=f"video:{page.public_id}").record
    assert record["publishedAt"] is not None


def test_a_video_without_a_public_unit_above_it_is_not_public_and_its_files_are_withdrawn(
    newsroom: SimpleNamespace,
) -> None:
    page = make_video(newsroom.denpasar)
    node = PublicState.objects.filter(pk=f"video:{page.public_id}")
    for unit in (newsroom.denpasar, newsroom.bali):
        unit.unpublish()
    assert node.get().record["unit"] == "mabes-polri"
    assert not visibility.ladders_to_withdraw().exists()
    newsroom.mabes.unpublish()
    assert not visibility.public_videos().exists()
    assert page.asset.ladder in visibility.ladders_to_withdraw()
    glance()
    assert not node.exists()


def test_a_hidden_home_page_leaves_the_site_its_name_alone(newsroom: SimpleNamespace) -> None:
    site = PublicState.objects.filter(pk="site:site")
    assert site.get().record["description"] == newsroom.home.description
    PageViewRestriction.objects.create(
        page=newsroom.home, restriction_type=PageViewRestriction.LOGIN
    )
    record = site.get().record
    assert (record["name"], record["description"]) == ("Policetube", "")
    assert set(PublicState.objects.values_list("pk", flat=True)) == {"site:site"}


def test_a_page_dated_in_a_shell_is_as_new_as_it_is_old(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    VideoPage.objects.filter(pk=page.pk).update(last_published_at=None)
    glance()
    record = PublicState.objects.get(pk=f"video:{page.public_id}").record
    assert record["updatedAt"] == record["publishedAt"]


@pytest.mark.parametrize("lack", ["duration", "poster", "picture", "rights"])
def test_a_video_that_lacks_a_part_is_not_public_and_stops_nobody(
    newsroom: SimpleNamespace, lack: str
) -> None:
    page, other = make_video(newsroom.bali), make_video(newsroom.bali)
    ladder = page.asset.ladder
    if lack == "duration":
        Asset.objects.filter(pk=page.asset_id).update(duration=None)
    elif lack == "rights":
        VideoPage.objects.filter(pk=page.pk).update(rights="unknown")
    elif lack == "poster":
        ladder.files.filter(role=FileRole.POSTER).delete()
    else:
        ladder.renditions.filter(kind=Rendition.Kind.VIDEO).delete()
    VideoPage.objects.filter(pk=other.pk).update(title="Judul lain")
    sweep()
    told = PublicState.objects.filter(pk__startswith="video:")
    assert [state.record["title"] for state in told] == ["Judul lain"]
    assert not told.filter(pk=f"video:{page.public_id}").exists()
