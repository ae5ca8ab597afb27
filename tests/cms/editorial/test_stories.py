"""An editor writes a story with photographs; a chief releases it once one can be shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from modelsearch.index import insert_or_update_object

from cms.publishing.models import PublicState
from content_models.models import Asset, Placement, RelatedVideo, StoryPage, VideoPage
from tests.cms import factories
from tests.leaks.desk import rows

ADD = ("content_models", "storypage")


def story_form(photo: Asset | None, video: object = None, **fields: str) -> dict[str, str]:
    return {
        "title": "Bakti sosial",
        "slug": "bakti-sosial",
        "synopsis": "Bantuan diserahkan.",
        "body": '{"blocks": [], "entityMap": {}}',
        "tags": "",
        "rights": "polri-press",
        "language": "id",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        "photographs-TOTAL_FORMS": "0",
        "photographs-INITIAL_FORMS": "0",
        "related_videos-TOTAL_FORMS": "0",
        "related_videos-INITIAL_FORMS": "0",
        **(rows("photographs", asset=photo.pk) if photo else {}),
        **(rows("related_videos", video=video) if video else {}),
        **fields,
    }


def sent(desk: SimpleNamespace, person: str, form: dict[str, str], **more: Any) -> HttpResponse:
    url = reverse("wagtailadmin_pages:add", args=[*ADD, desk.bali.pk])
    return desk.clients[person].post(url, form | more)


@pytest.fixture
def photo(desk: SimpleNamespace) -> Asset:
    return factories.make_photo(collection=desk.bali.collection, title="Potret", probe={"f": "x"})


def test_a_draft_needs_no_photograph_and_a_released_story_is_told(
    desk: SimpleNamespace, photo: Asset
) -> None:
    assert sent(desk, "bali_editor", story_form(None)).status_code == 302
    draft = StoryPage.objects.get()
    edit = reverse("wagtailadmin_pages:edit", args=[draft.pk])
    chief = desk.clients["bali_chief"]
    refused = chief.post(edit, story_form(None) | {"action-publish": "1"})
    assert refused.status_code == 200
    assert "Berita memerlukan foto" in refused.content.decode()
    taken = chief.post(edit, story_form(photo) | {"action-publish": "1"})
    assert taken.status_code == 302, taken.content.decode()
    (told,) = PublicState.objects.filter(pk=draft.node_id)
    assert told.record["photographs"][0]["alternativeText"] == "Petugas."
    page = chief.get(edit).content.decode()
    assert "Potret" in page
    assert reverse("photograph_chooser:choose") in page
    assert reverse("publication_status", args=[draft.pk]) in page
    status = chief.get(reverse("publication_status", args=[draft.pk])).json()
    assert status["stage"] == "publishing"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"state": "processing"}, "Berita memerlukan foto"),
        ({"state": "failed"}, "Berkas ini tidak dapat dipakai"),
        ({"kind": "video"}, "Ini bukan foto"),
    ],
)
def test_a_photograph_that_cannot_be_shown_holds_up_the_release(
    desk: SimpleNamespace, photo: Asset, made: dict[str, str], words: str
) -> None:
    ladder = {"ladder": None} if "state" in made else {}
    Asset.objects.filter(pk=photo.pk).update(**made, **ladder)
    answer = sent(desk, "bali_chief", story_form(photo), **{"action-publish": "1"})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not StoryPage.objects.exists()


def test_a_photograph_without_an_alternative_text_holds_up_the_release(
    desk: SimpleNamespace, photo: Asset
) -> None:
    form = story_form(photo, **{"photographs-0-alternative_text": ""})
    answer = sent(desk, "bali_chief", form, **{"action-publish": "1"})
    assert answer.status_code == 200
    assert not StoryPage.objects.exists()
    assert sent(desk, "bali_chief", form).status_code == 302


def test_nothing_of_another_unit_can_be_put_into_a_story(desk: SimpleNamespace) -> None:
    theirs = factories.make_photo(collection=desk.jabar.collection, title="Rahasia Jabar")
    own = factories.make_photo(collection=desk.bali.collection)
    hidden = factories.make_draft(desk.jabar, title="Konsep Jabar")
    for form in (story_form(theirs), story_form(own, hidden.pk)):
        answer = sent(desk, "bali_editor", form)
        assert answer.status_code == 200
        assert "Jabar" not in answer.content.decode()
        assert not StoryPage.objects.exists()
    shown = factories.make_video(desk.jabar)
    assert sent(desk, "bali_editor", story_form(own, shown.pk)).status_code == 302


def test_a_released_video_can_be_pointed_to_before_it_is_public_by_its_own_unit_alone(
    desk: SimpleNamespace, photo: Asset
) -> None:
    def waiting(unit: object) -> VideoPage:
        return factories.make_video(unit, factories.make_asset(Placement.PRIVATE), title="Nanti")

    theirs, own = waiting(desk.jabar), waiting(desk.denpasar)
    answer = sent(desk, "bali_editor", story_form(photo, theirs.pk))
    assert answer.status_code == 200
    assert "Nanti" not in answer.content.decode()
    assert sent(desk, "bali_editor", story_form(photo, own.pk)).status_code == 302


def test_a_video_of_another_unit_is_named_as_it_was_published(
    desk: SimpleNamespace, photo: Asset
) -> None:
    shown = factories.make_video(desk.jabar, title="Patroli Jabar")
    story = factories.make_story_draft(desk.bali, photo)
    story.related_videos.add(RelatedVideo(video=shown))
    story.save_revision()
    draft = shown.get_latest_revision_as_object()
    draft.title = "Nama tersangka"
    draft.save_revision()

    edit = reverse("wagtailadmin_pages:edit", args=[story.pk])
    html = desk.clients["bali_editor"].get(edit).content.decode()

    assert "Patroli Jabar" in html
    assert "Nama tersangka" not in html


def test_the_chooser_offers_photographs_of_the_own_subtree(
    desk: SimpleNamespace, photo: Asset
) -> None:
    factories.make_photo(collection=desk.jabar.collection, title="Rahasia Jabar")
    own = {"collection": desk.bali.collection}
    factories.make_asset(title="Gambar hidup", probe={"f": "x"}, **own)
    factories.make_asset(title="Baru tiba", state="uploaded", **own)
    client = desk.clients["bali_editor"]
    html = client.get(reverse("photograph_chooser:choose_results")).content.decode()
    seen = {
        title: title in html for title in ("Potret", "Baru tiba", "Gambar hidup", "Rahasia Jabar")
    }
    assert seen == {
        "Potret": True, "Baru tiba": True, "Gambar hidup": False, "Rahasia Jabar": False,
    }  # fmt: skip
    theirs = Asset.objects.get(title="Rahasia Jabar")
    assert client.get(reverse("photograph_chooser:chosen", args=[theirs.pk])).status_code == 404


def test_a_photograph_that_is_being_examined_can_be_chosen(
    desk: SimpleNamespace, photo: Asset
) -> None:
    own = {"collection": desk.bali.collection}
    factories.make_asset(title="Sedang diperiksa", state="processing", **own)
    factories.make_asset(title="Sudah film", state="processing", probe={"f": "x"}, **own)
    html = desk.clients["bali_editor"].get(reverse("photograph_chooser:choose_results"))
    assert "Sedang diperiksa" in html.content.decode()
    assert "Sudah film" not in html.content.decode()


def test_the_chooser_of_related_videos_offers_what_the_own_units_have_published(
    desk: SimpleNamespace,
) -> None:
    factories.make_video(desk.jabar, title="Patroli Jabar")
    factories.make_draft(desk.jabar, title="Patroli rahasia")
    factories.make_draft(desk.bali, title="Patroli nanti")
    own = factories.make_video(desk.bali, title="Patroli Bali")
    renamed = factories.make_video(desk.jabar, title="Patroli lama")
    draft = renamed.get_latest_revision_as_object()
    draft.title = "Patroli tersangka"
    draft.save_revision()
    for page in VideoPage.objects.all():
        insert_or_update_object(page)
    client = desk.clients["bali_editor"]
    wanted = {"page_type": "content_models.videopage", "q": "patroli"}
    found = client.get(reverse("wagtailadmin_choose_page_search"), wanted).content.decode()
    assert [
        title
        for title in (
            "Patroli Jabar", "Patroli Bali", "Patroli rahasia", "Patroli nanti", "Patroli lama",
            "Patroli tersangka",
        )
        if title in found
    ] == ["Patroli Bali"]  # fmt: skip
    below = reverse("wagtailadmin_choose_page_child", args=[desk.bali.pk])
    listed = client.get(below, {"page_type": wanted["page_type"]}).content.decode()
    assert own.title in listed
    assert "Patroli nanti" not in listed
    # Any other chooser keeps to the own pages, drafts among them.
    anything = client.get(reverse("wagtailadmin_choose_page_search"), {"q": "patroli"})
    assert "Patroli nanti" in anything.content.decode()
    assert "Patroli Jabar" not in anything.content.decode()


@pytest.mark.parametrize("what", ["photographs", "related_videos"])
def test_the_same_thing_twice_is_refused_in_words(
    desk: SimpleNamespace, photo: Asset, what: str
) -> None:
    video = factories.make_video(desk.bali)
    form = story_form(photo, video.pk)
    form[f"{what}-TOTAL_FORMS"] = "2"
    once = {name: value for name, value in form.items() if name.startswith(f"{what}-0-")}
    form |= {name.replace("-0-", "-1-"): value for name, value in once.items()}
    answer = sent(desk, "bali_editor", form)
    assert answer.status_code == 200
    assert ("Foto ini sudah ada" in answer.content.decode()) == (what == "photographs")
    assert ("Video ini sudah ada" in answer.content.decode()) == (what == "related_videos")
    assert not StoryPage.objects.exists()


def test_where_a_story_stands_costs_as_much_for_many_photographs_as_for_one(
    desk: SimpleNamespace,
) -> None:
    def asked(photographs: int) -> int:
        photos = [factories.make_photo(collection=desk.bali.collection) for _ in range(photographs)]
        page = factories.make_story_draft(desk.bali, *photos)
        page.save_revision()
        url = reverse("publication_status", args=[page.pk])
        with CaptureQueriesContext(connection) as queries:
            assert desk.clients["bali_editor"].get(url).json()["video"] is None
        return len(queries)

    asked(1)
    assert asked(1) == asked(7)


def test_a_photograph_that_is_shown_is_not_called_failed_for_a_later_attempt(
    desk: SimpleNamespace, photo: Asset
) -> None:
    page = factories.make_story(desk.bali, photo)
    url = reverse("publication_status", args=[page.pk])
    Asset.objects.filter(pk=photo.pk).update(state="failed")
    assert desk.clients["bali_editor"].get(url).json()["video"] is None
    Asset.objects.filter(pk=photo.pk).update(ladder=None)
    assert desk.clients["bali_editor"].get(url).json()["video"]["state"] == "failed"


def test_the_first_photograph_that_is_not_ready_is_shown_on_its_way(
    desk: SimpleNamespace, photo: Asset
) -> None:
    late = factories.make_photo(collection=desk.bali.collection, state="processing")
    page = factories.make_story_draft(desk.bali, photo, late)
    page.save_revision()
    url = reverse("publication_status", args=[page.pk])
    shown = desk.clients["bali_editor"].get(url).json()
    assert shown["video"]["state"] == "processing"
    assert not shown["settled"]


def test_the_page_of_a_photograph_names_the_stories_that_show_it(
    desk: SimpleNamespace, photo: Asset
) -> None:
    factories.make_story_draft(desk.bali, photo, title="Bakti di Bali")
    factories.make_story_draft(desk.jabar, photo, title="Konsep Jabar")
    url = reverse("video_files:edit", args=[photo.pk])
    html = desk.clients["bali_editor"].get(url).content.decode()
    assert "Bakti di Bali" in html
    assert "Konsep Jabar" not in html


def test_an_editor_submits_a_story_and_cannot_release_it(
    desk: SimpleNamespace, photo: Asset
) -> None:
    page = factories.make_story_draft(desk.bali, photo)
    people = desk.people
    assert not page.permissions_for_user(people["bali_editor"]).can_publish()
    assert page.permissions_for_user(people["bali_chief"]).can_publish()
    assert not page.permissions_for_user(people["jabar_editor"]).can_edit()
    url = reverse("publication_status", args=[page.pk])
    assert desk.clients["jabar_editor"].get(url).status_code == 404
