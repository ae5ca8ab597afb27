"""What an editor reads in the admin, and that it costs the same for few items and many."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from cms.publishing.relay import relay
from content_models.models import AssetState
from tests.cms import factories


def queries_of(client: object, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("name", ["video_files:index", "video_file_chooser:choose"])
def test_a_longer_list_costs_no_more_queries(desk: SimpleNamespace, name: str) -> None:
    client, url = desk.clients["bali_editor"], reverse(name)
    for _ in range(2):
        factories.make_asset(collection=desk.bali.collection)
    queries_of(client, url)
    few = queries_of(client, url)
    for _ in range(8):
        factories.make_asset(collection=desk.denpasar.collection)
    assert queries_of(client, url) == few


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        (AssetState.UPLOADED, "", "Menunggu diproses"),
        (AssetState.PROCESSING, "", "Sedang diproses"),
        (AssetState.READY, "", "Siap"),
        (AssetState.REFUSED, "not_a_video", "bukan video"),
        (AssetState.FAILED, "tool_failed", "Coba lagi"),
    ],
)
def test_the_page_of_a_file_says_in_indonesian_how_it_stands(
    desk: SimpleNamespace, state: str, code: str, words: str
) -> None:
    asset = factories.make_asset(
        collection=desk.bali.collection, state=state, message_code=code, progress=40
    )
    client = desk.clients["bali_editor"]
    page = client.get(reverse("video_files:edit", args=[asset.pk])).content.decode()
    assert words in page
    assert asset.sha256 in page
    status = client.get(reverse("video_files:status", args=[asset.pk]))
    assert "no-store" in status["Cache-Control"]
    assert status.json()["settled"] == asset.is_settled


def test_the_page_of_a_ready_file_plays_it_and_lists_its_qualities(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    page = desk.clients["bali_editor"].get(reverse("video_files:edit", args=[asset.pk]))
    html = page.content.decode()
    assert f"{asset.ladder.prefix}360p.mp4?" in html
    assert "X-Amz-Signature" in html
    assert "720p" in html
    assert "Hanya suara" in html


def test_a_page_of_another_unit_that_uses_the_file_is_not_named(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.denpasar.collection)
    factories.make_draft(desk.denpasar, asset, title="Punya Denpasar")
    factories.make_draft(desk.jabar, asset, title="Punya Jabar")
    url = reverse("video_files:edit", args=[asset.pk])
    html = desk.clients["denpasar_editor"].get(url).content.decode()
    assert "Punya Denpasar" in html
    assert "Punya Jabar" not in html


def test_the_panel_follows_a_page_from_draft_to_live(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(
        collection=desk.bali.collection, state=AssetState.PROCESSING, progress=30
    )
    ladder, asset.ladder = asset.ladder, None
    asset.save()
    page = factories.make_draft(desk.bali, asset)
    page.save_revision()
    client = desk.clients["bali_chief"]

    def now() -> dict[str, object]:
        return client.get(reverse("publication_status", args=[page.pk])).json()

    draft = now()
    assert (draft["stage"], draft["settled"]) == ("draft", False)
    assert draft["video"]["progress"] == 30
    factories.publish(page)
    assert now()["step"] == "transcoding"
    asset.state, asset.ladder = AssetState.READY, ladder
    asset.save()
    relay()
    assert now()["step"] in {"publishing", "live"}
    html = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert "data-publication" in html


def test_the_panel_carries_the_receipt_of_the_last_publication(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    page = factories.make_draft(desk.bali, asset)
    client = desk.clients["bali_chief"]

    def receipts() -> str:
        url = reverse("publication_status", args=[page.pk])
        return client.get(url).json()["receipts"]

    assert receipts() == ""
    factories.publish(page)
    assert "Diterbitkan" in receipts()
    assert "no. " not in receipts()
    relay()
    assert "Penerbitan no. " in receipts()
    assert receipts().count("belum") == 3
    html = client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()
    assert "Tanda terima" in html
    administrator = desk.clients["admin"]
    for other in (desk.bali, desk.home):
        html = administrator.get(reverse("wagtailadmin_pages:edit", args=[other.pk])).content
        assert "Tanda terima" in html.decode()


def test_the_admin_shows_only_what_editors_need(desk: SimpleNamespace) -> None:
    html = desk.clients["bali_editor"].get(reverse("wagtailadmin_home")).content.decode()
    assert "Berkas media" in html
    assert reverse("video_files:index") in html
    for unused in ("/admin/images/", "/admin/documents/", "/admin/reports/"):
        assert f'"{unused}"' not in html
    assert "guide.wagtail.org" not in html


def test_name_and_unit_of_a_file_change_without_touching_the_work_on_it(
    desk: SimpleNamespace,
) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    answer = desk.clients["bali_editor"].post(
        reverse("video_files:edit", args=[asset.pk]),
        {"title": "Nama baru", "collection": desk.denpasar.collection.pk},
    )
    assert answer.status_code == 302
    before = asset.sha256
    asset.refresh_from_db()
    assert (asset.title, asset.collection_id) == ("Nama baru", desk.denpasar.collection.pk)
    assert asset.sha256 == before


def test_a_renamed_file_is_found_by_its_new_name(desk: SimpleNamespace, settings: Settings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    asset = factories.make_asset(collection=desk.bali.collection, title="Razia lama")
    client = desk.clients["bali_editor"]
    data = {"title": "Operasi Zebra", "collection": desk.bali.collection.pk}
    client.post(reverse("video_files:edit", args=[asset.pk]), data)

    def found(words: str) -> str:
        return client.get(reverse("video_files:index_results"), {"q": words}).content.decode()

    assert "Operasi Zebra" in found("Zebra")
    assert "Operasi Zebra" not in found("Razia")
