"""An editor of one unit can neither see nor touch another's, by any URL."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.urls import reverse

from cms.editorial.viewsets import asset_viewset
from content_models.models import Asset, AssetState
from tests.cms import factories

# Every address that names one video file, with the method that does something there.
ONE_ASSET = [
    ("get", "edit"),
    ("post", "edit"),
    ("get", "status"),
    ("post", "retry"),
    ("post", "cancel"),
    ("get", "original"),
    ("get", "captions_add"),
    ("post", "captions_add"),
    ("get", "captions_edit"),
    ("post", "captions_edit"),
    ("post", "captions_delete"),
    ("get", "captions_text"),
    ("post", "poster"),
    ("get", "thumbnail"),
]


def test_every_address_of_a_video_file_is_tried_below() -> None:
    about_one = {p.name for p in asset_viewset.get_urlpatterns() if "<int:pk>" in str(p.pattern)}
    assert about_one == {name for _method, name in ONE_ASSET}


@pytest.fixture
def theirs(desk: SimpleNamespace) -> SimpleNamespace:
    asset = factories.make_asset(collection=desk.jabar.collection, title="Rahasia Jabar")
    captions = factories.make_captions(asset)
    draft = factories.make_draft(desk.jabar, asset, title="Konsep Jabar")
    photo = factories.make_photo(collection=desk.jabar.collection, title="Rahasia Jabar")
    story = factories.make_story_draft(desk.jabar, photo, title="Konsep Jabar")
    return SimpleNamespace(asset=asset, captions=captions, draft=draft, photo=photo, story=story)


@pytest.mark.parametrize(("method", "name"), ONE_ASSET)
def test_a_file_of_another_unit_does_not_exist_for_an_editor(
    desk: SimpleNamespace, theirs: SimpleNamespace, method: str, name: str
) -> None:
    keys = [theirs.asset.pk] + ([theirs.captions.pk] if name.startswith("captions_") else [])
    if name == "captions_add":
        keys = keys[:1]
    url = reverse(f"video_files:{name}", args=keys)
    data = {"title": "Diambil alih", "language": "en", "kind": "captions", "text": "WEBVTT\n"}
    answer = getattr(desk.clients["bali_editor"], method)(url, data)
    assert answer.status_code == 404
    assert "Rahasia" not in answer.content.decode()
    theirs.asset.refresh_from_db()
    assert theirs.asset.title == "Rahasia Jabar"
    assert theirs.asset.captions.count() == 1


def test_lists_and_chooser_name_only_files_of_the_own_subtree(
    desk: SimpleNamespace, theirs: SimpleNamespace
) -> None:
    factories.make_asset(collection=desk.bali.collection, title="Milik Bali")
    factories.make_asset(collection=desk.denpasar.collection, title="Milik Denpasar")
    pages = {
        reverse("video_files:index"): {},
        reverse("video_files:index_results"): {"q": "a"},
        reverse("video_file_chooser:choose"): {},
        reverse("video_file_chooser:choose_results"): {"q": "Rahasia"},
        reverse("signer_chooser:choose"): {},
        reverse("signer_chooser:choose_results"): {"q": "Rahasia"},
        reverse("photograph_chooser:choose"): {},
        reverse("photograph_chooser:choose_results"): {"q": "Rahasia"},
    }
    for url, query in pages.items():
        for person in ("bali_editor", "denpasar_editor"):
            html = desk.clients[person].get(url, query).content.decode()
            assert "Rahasia Jabar" not in html
    whole = desk.clients["bali_editor"].get(reverse("video_files:index")).content.decode()
    assert "Milik Bali" in whole
    assert "Milik Denpasar" in whole
    below = desk.clients["denpasar_editor"].get(reverse("video_files:index")).content.decode()
    assert "Milik Bali" not in below
    assert "Milik Denpasar" in below


def test_a_file_of_another_unit_cannot_be_chosen(
    desk: SimpleNamespace, theirs: SimpleNamespace
) -> None:
    client = desk.clients["bali_editor"]
    for chooser in ("video_file_chooser", "signer_chooser", "photograph_chooser"):
        chosen = client.get(reverse(f"{chooser}:chosen", args=[theirs.asset.pk]))
        assert chosen.status_code == 404
        several = client.get(
            reverse(f"{chooser}:chosen_multiple"), {"id": theirs.asset.pk, "multiple": 1}
        )
        assert "Rahasia" not in several.content.decode()


def page_form(asset: Asset, **fields: str) -> dict[str, str]:
    return {
        "title": "Patroli",
        "slug": "patroli",
        "asset": str(asset.pk),
        "signer": "",
        "synopsis": "Patroli malam.",
        "body": '{"blocks": [], "entityMap": {}}',
        "tags": "",
        "rights": "polri-press",
        "language": "id",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        **fields,
    }


def test_a_page_refuses_a_file_that_its_editor_may_not_choose(
    desk: SimpleNamespace, theirs: SimpleNamespace
) -> None:
    url = reverse("wagtailadmin_pages:add", args=["content_models", "videopage", desk.bali.pk])
    client = desk.clients["bali_editor"]
    refused = client.post(url, page_form(theirs.asset))
    assert refused.status_code == 200
    assert desk.bali.get_children().filter(slug="patroli").count() == 0
    own = factories.make_asset(collection=desk.bali.collection)
    refused = client.post(url, page_form(own, signer=str(theirs.asset.pk)))
    assert refused.status_code == 200
    assert "Rahasia" not in refused.content.decode()
    assert desk.bali.get_children().filter(slug="patroli").count() == 0
    taken = client.post(url, page_form(own))
    assert taken.status_code == 302
    assert desk.bali.get_children().filter(slug="patroli").count() == 1


def test_a_draft_of_another_unit_cannot_be_opened_previewed_or_asked_about(
    desk: SimpleNamespace, theirs: SimpleNamespace
) -> None:
    client = desk.clients["bali_editor"]
    for pk in (theirs.draft.pk, theirs.story.pk):
        for name in ("edit", "history", "view_draft", "preview_on_edit", "usage", "delete", "copy"):
            answer = client.get(reverse(f"wagtailadmin_pages:{name}", args=[pk]))
            assert answer.status_code in {302, 403, 404}, name
            assert "Konsep Jabar" not in answer.content.decode()
        assert client.get(reverse("publication_status", args=[pk])).status_code == 404
    found = client.get(reverse("wagtailadmin_pages:search"), {"q": "Konsep"})
    assert "Konsep Jabar" not in found.content.decode()


def test_no_room_of_the_admin_names_a_draft_of_another_unit(
    desk: SimpleNamespace, theirs: SimpleNamespace
) -> None:
    draft, unit = theirs.draft, desk.jabar
    revision = draft.save_revision()
    bulk = [
        f"/admin/bulk/wagtailcore/page/{action}/?{query}&next=/admin/"
        for action in ("publish", "unpublish", "delete", "move")
        for query in (
            f"id={draft.pk}",
            f"id={desk.bali.pk}&id={draft.pk}",
            f"id=all&childOf={unit.pk}",
            f"id=all&childOf={desk.mabes.pk}",
            f"id=all&childOf={desk.mabes.pk}&q=Konsep",
            "id=all",
            "id=all&q=Konsep",
        )
    ]
    reports = ("locked", "workflow", "workflow_tasks", "site-history", "aging-pages")
    for url in (
        "/admin/",
        "/admin/api/main/pages/",
        f"/admin/api/main/pages/{draft.pk}/",
        f"/admin/api/main/pages/?child_of={unit.pk}",
        "/admin/choose-page/",
        "/admin/choose-page/?page_type=content_models.videopage",
        f"/admin/choose-page/{unit.pk}/",
        f"/admin/choose-page/{unit.pk}/?page_type=content_models.videopage",
        f"/admin/choose-page/{draft.pk}/",
        "/admin/choose-page/search/?q=Konsep",
        f"/admin/choose-page/chosen-multiple/?id={draft.pk}",
        f"/admin/pages/{unit.pk}/",
        f"/admin/pages/{unit.pk}/results/",
        "/admin/pages/search/?q=Konsep",
        f"/admin/pages/{draft.pk}/edit/preview/",
        f"/admin/pages/{draft.pk}/revisions/{revision.pk}/view/",
        f"/admin/pages/{draft.pk}/revisions/compare/{revision.pk}...live/",
        f"/admin/pages/{draft.pk}/usage/",
        f"/admin/pages/{draft.pk}/workflow_history/",
        f"/admin/pages/{draft.pk}/move/",
        "/admin/pages/usage/content_models/videopage/",
        "/admin/pages/usage/content_models/storypage/",
        "/admin/choose-page/?page_type=content_models.storypage",
        f"/admin/pages/{theirs.story.pk}/edit/preview/",
        f"/admin/pages/{theirs.story.pk}/usage/",
        f"/admin/editing-sessions/ping/wagtailcore/page/{draft.pk}/",
        "/admin/reports/page-types-usage/",
        *(f"/admin/reports/{name}/" for name in reports),
        *bulk,
    ):
        answer = desk.clients["bali_editor"].get(url)
        assert answer.status_code < 500, url
        assert "Konsep Jabar" not in answer.content.decode(), url


def test_a_bulk_action_works_in_the_own_subtree_and_goes_nowhere_else(
    desk: SimpleNamespace, theirs: SimpleNamespace
) -> None:
    own = factories.make_draft(desk.denpasar, title="Konsep Denpasar")
    client = desk.clients["bali_chief"]
    for query in (f"id={own.pk}", f"id=all&childOf={desk.denpasar.pk}"):
        answer = client.get(f"/admin/bulk/wagtailcore/page/publish/?{query}&next=/admin/")
        assert "Konsep Denpasar" in answer.content.decode()
    move = f"/admin/bulk/wagtailcore/page/move/?id={own.pk}&next=/admin/"
    assert client.post(move, {"chooser": theirs.draft.pk}).status_code == 404


def test_a_bulk_action_names_no_user_to_an_editor(desk: SimpleNamespace) -> None:
    pk = desk.people["jabar_editor"].pk
    for action in ("delete", "assign_role", "set_active_state"):
        url = f"/admin/bulk/auth/user/{action}/?id={pk}&next=/admin/"
        answer = desk.clients["bali_editor"].get(url)
        assert "jabar_editor" not in answer.content.decode()
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/admin/video-files/chooser/chosen/abc/",
        "/admin/video-files/chooser/chosen-multiple/?id=abc",
        "/admin/choose-page/chosen-multiple/?id=abc",
        "/admin/bulk/wagtailcore/page/publish/?id=abc&next=/admin/",
        "/admin/video-files/chooser/chosen/99999999999999999999/",
        "/admin/bulk/nothing/here/publish/?id=1",
    ],
)
def test_what_is_no_number_names_nothing(desk: SimpleNamespace, url: str) -> None:
    assert desk.clients["bali_editor"].get(url).status_code == 404
    assert desk.clients["admin"].get(url).status_code == 404


def test_the_page_chooser_shows_the_own_subtree(desk: SimpleNamespace) -> None:
    factories.make_draft(desk.denpasar, title="Konsep Denpasar")
    answer = desk.clients["bali_editor"].get(f"/admin/choose-page/{desk.denpasar.pk}/")
    assert "Konsep Denpasar" in answer.content.decode()


def test_an_editor_writes_and_a_chief_publishes(desk: SimpleNamespace) -> None:
    draft = factories.make_draft(
        desk.denpasar, factories.make_asset(collection=desk.denpasar.collection)
    )
    may = {
        name: draft.permissions_for_user(user).can_publish() for name, user in desk.people.items()
    }
    assert may == {
        "bali_editor": False,
        "bali_chief": True,
        "denpasar_editor": False,
        "jabar_editor": False,
        "admin": True,
    }


def test_a_stranger_is_sent_to_the_log_in_page(desk: SimpleNamespace, client: object) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    for name in ("edit", "status", "original"):
        answer = client.get(reverse(f"video_files:{name}", args=[asset.pk]))
        assert answer.status_code == 302
        assert reverse("wagtailadmin_login") in answer["Location"]


def test_only_a_failed_file_is_tried_again(desk: SimpleNamespace) -> None:
    ready = factories.make_asset(collection=desk.bali.collection)
    failed = factories.make_asset(
        collection=desk.bali.collection, state=AssetState.FAILED, failures=3
    )
    for asset in (ready, failed):
        url = reverse("video_files:retry", args=[asset.pk])
        desk.clients["bali_editor"].post(url)
        asset.refresh_from_db()
    assert (ready.state, failed.state) == (AssetState.READY, AssetState.UPLOADED)
    assert failed.failures == 0


def test_a_file_under_way_is_cancelled_and_may_be_tried_again(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection, state=AssetState.PROCESSING)
    editor = desk.clients["bali_editor"]
    page = reverse("video_files:edit", args=[asset.pk])
    for action, state in (("cancel", AssetState.CANCELLED), ("retry", AssetState.UPLOADED)):
        url = reverse(f"video_files:{action}", args=[asset.pk])
        assert url in editor.get(page).content.decode()
        editor.post(url)
        asset.refresh_from_db()
        assert asset.state == state
