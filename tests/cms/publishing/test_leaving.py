"""Public files that have to go are found by what changed; a look at all of them finds the rest."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cms.publishing import media, visibility
from cms.publishing.leaving import Leaving
from cms.publishing.media import MediaReport, Patience, still_shown, withdraw_media
from cms.publishing.models import ShownKey
from cms.publishing.pipeline import cycle
from content_models.models import Ladder, Placement, VideoPage
from tests.cms.factories import make_asset, make_captions, make_story, make_video, publish
from tests.cms.publishing.test_media import is_public, private_asset, site, staged, until_quiet

__all__ = ["site"]
pytestmark = pytest.mark.django_db


def withdrawn(leaving: Leaving) -> int:
    report = MediaReport(patience=Patience())
    withdraw_media(report, leaving)
    return report.withdrawn


@pytest.fixture
def leaving() -> Leaving:
    """Of a worker that has looked at everything once."""
    found = Leaving()
    withdrawn(found)
    return found


def unused() -> Ladder:
    """A ladder in public that no page uses, and of which nobody was told."""
    return staged(make_asset(Placement.PUBLIC)).ladder


def test_where_nothing_changed_no_ladder_is_looked_at(
    newsroom: SimpleNamespace, leaving: Leaving
) -> None:
    make_video(newsroom.bali)
    withdrawn(leaving)
    with CaptureQueriesContext(connection) as asked:
        withdrawn(leaving)
    assert not [query for query in asked.captured_queries if "content_models" in query["sql"]]
    assert len(asked) <= 5


def test_what_a_change_names_leaves_once_no_live_page_shows_it(
    newsroom: SimpleNamespace, leaving: Leaving
) -> None:
    page = make_video(newsroom.bali, private_asset())
    until_quiet()
    before = page.asset.ladder
    page.asset = private_asset()
    publish(page)
    assert withdrawn(leaving) == 0, "the page that is live still shows it"
    until_quiet()
    assert is_public(page.asset.ladder)
    assert not is_public(before)
    assert withdrawn(leaving) == 0, "another worker has done it"


def test_what_no_change_names_is_found_when_all_are_looked_at_again(leaving: Leaving) -> None:
    ladder = unused()
    assert withdrawn(leaving) == 0
    leaving.every()
    assert withdrawn(leaving) == 1
    assert Ladder.objects.get(pk=ladder.pk).placement == Placement.PRIVATE


def test_what_was_made_public_for_a_page_that_went_meanwhile_is_named_by_who_did_it(
    leaving: Leaving,
) -> None:
    ladder = unused()
    leaving.name(ladder.prefix)
    assert withdrawn(leaving) == 1


def test_files_of_a_page_that_goes_while_they_are_copied_leave_with_the_same_cycle(
    newsroom: SimpleNamespace, leaving: Leaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    until_quiet()
    page, promote = make_video(newsroom.bali, private_asset()), media._promote

    def slowly(ladder: Ladder) -> None:
        page.unpublish()
        promote(ladder)

    monkeypatch.setattr("cms.publishing.media._promote", slowly)
    report = cycle(leaving=leaving, patience=Patience())
    assert (report.promoted, report.withdrawn) == (1, 1)
    assert not is_public(page.asset.ladder)


def test_what_could_not_leave_is_tried_again_without_being_named_again(
    leaving: Leaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder = unused()
    leaving.name(ladder.prefix)
    with monkeypatch.context() as patch:
        patch.setattr(MediaReport, "attempt", lambda *_: False)
        assert withdrawn(leaving) == 0
    assert withdrawn(leaving) == 1


def test_a_log_that_begins_anew_names_nothing_for_sure(leaving: Leaving) -> None:
    leaving._sequence = 10**9
    assert leaving.named() is None


def test_what_waits_and_what_goes_is_looked_up_by_its_own_pages(newsroom: SimpleNamespace) -> None:
    """No question reads all pages, videos or assets: a publication would wait for the site."""
    if connection.vendor != "sqlite":
        pytest.skip("the tables are so small that PostgreSQL reads them whole")
    make_video(newsroom.bali)
    for question in (visibility.ladders_to_promote(), visibility.ladders_to_withdraw(["a/b/"])):
        plan = question.select_related("asset").explain()
        scanned = [line.split("SCAN ")[1] for line in plan.splitlines() if " SCAN " in line]
        # Of captions and posters, only those that wait: by indexes that hold no others.
        assert {one.split(" USING INDEX ")[-1] for one in scanned} <= {
            "captions_not_public",
            "posters_not_public",
        }, plan


def test_it_is_remembered_which_files_public_items_show(newsroom: SimpleNamespace) -> None:
    asset = make_asset()
    captions = make_captions(asset)
    video, story = make_video(newsroom.bali, asset), make_story(newsroom.jabar)
    shown = {key.key for key in ShownKey.objects.filter(state_id=f"video:{video.public_id}")}
    assert {asset.ladder.prefix, captions.key} <= shown
    photograph = story.photographs.get().asset.ladder.prefix
    assert still_shown([asset.ladder.prefix, photograph, "x/"]) == {asset.ladder.prefix, photograph}
    video.unpublish()
    story.unpublish()
    assert not ShownKey.objects.exists()
    assert not still_shown([asset.ladder.prefix, photograph])


def test_what_was_told_before_this_was_remembered_is_made_up_for(newsroom: SimpleNamespace) -> None:
    make_captions(make_video(newsroom.bali).asset)
    make_story(newsroom.jabar)
    publish(VideoPage.objects.get())
    before = set(ShownKey.objects.values_list("state_id", "key"))
    assert len(before) >= 3
    ShownKey.objects.all().delete()
    import_module("cms.publishing.migrations.0009_shown_keys").note_what_is_shown(apps, None)
    assert set(ShownKey.objects.values_list("state_id", "key")) == before
