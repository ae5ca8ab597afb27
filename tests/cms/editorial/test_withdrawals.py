"""Withdrawing in the admin: who may, what is asked and told, and every door that leads there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import PageLogEntry

from cms.editorial.roles import Role
from cms.publishing.models import Change, PublicState
from cms.publishing.relay import relay
from content_models.models import Publication, Withdrawal
from tests.cms import factories
from tests.cms.editorial.conftest import client_of, make_user

FORM = {"reason": "PRIVACY", "explanation": "Wajah seorang anak terlihat.", "note": "Surat B/12"}


def address(page: Publication) -> str:
    return reverse("wagtailadmin_pages:unpublish", args=[page.pk])


def text_of(html: bytes) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


@pytest.fixture(params=["video", "story"])
def page(desk: SimpleNamespace, request: pytest.FixtureRequest) -> Publication:
    make = {"video": factories.make_video, "story": factories.make_story}[request.param]
    return make(desk.denpasar)


def told(page: Publication) -> dict[str, str] | None:
    """What the ledger says of the page's withdrawal."""
    relay()
    return Change.objects.get(node_id=page.node_id, ledger="WITHDRAWAL").withdrawal


def test_the_form_says_what_goes_and_what_stays(desk: SimpleNamespace, page: Publication) -> None:
    answer = desk.clients["bali_chief"].get(address(page))

    words = text_of(answer.content)
    assert "Yang hilang dalam beberapa detik" in words
    assert "Ralat dan penarikan" in words
    assert page.public_id in words
    assert page.public_path in words
    assert ("Semua fotonya" in words) == (page.address == "story")
    assert "halaman publik lain" not in words
    page.refresh_from_db()
    assert page.live


def test_a_withdrawal_is_told_with_its_reason_and_noted_with_its_editor(
    desk: SimpleNamespace, page: Publication
) -> None:
    answer = desk.clients["bali_chief"].post(address(page), FORM)

    assert answer.status_code == 302
    assert answer["Location"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    page.refresh_from_db()
    assert not page.live
    assert told(page) == {"code": "PRIVACY", "explanation": "Wajah seorang anak terlihat."}
    kept = Withdrawal.objects.get()
    assert (kept.by, kept.page_id, kept.note) == (
        desk.people["bali_chief"],
        page.pk,
        "Surat B/12",
    )
    [entry] = PageLogEntry.objects.filter(page_id=page.pk, action="policetube.withdraw")
    assert entry.user == desk.people["bali_chief"]
    assert "Surat" not in str(entry.data)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"reason": ""}, "Pilih alasan."),
        ({"reason": "WHIM"}, "Pilih alasan."),
        ({"reason": "OTHER", "explanation": " \n "}, "Sebutkan apa alasan lainnya."),
        ({"explanation": "a" * 301}, "300"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_withdrawn(
    desk: SimpleNamespace, page: Publication, change: dict[str, str], complaint: str
) -> None:
    answer = desk.clients["bali_chief"].post(address(page), FORM | change)

    assert answer.status_code == 200
    assert complaint in text_of(answer.content)
    assert "Belum ada yang ditarik" in text_of(answer.content)
    # What was written already is not lost.
    assert "Surat B/12" in answer.content.decode()
    page.refresh_from_db()
    assert page.live
    assert not Withdrawal.objects.exists()


def test_an_explanation_is_one_line_of_plain_text(desk: SimpleNamespace, page: Publication) -> None:
    written = "Satu\r\n dua\t<b>tiga</b>\u202e\x07"
    desk.clients["bali_chief"].post(address(page), FORM | {"explanation": written})

    assert told(page) == {"code": "PRIVACY", "explanation": "Satu dua <b>tiga</b>"}
    history = reverse("wagtailadmin_pages:history", args=[page.pk])
    html = desk.clients["bali_chief"].get(history).content.decode()
    assert "Ditarik dari publik. Alasan: Privasi atau keselamatan seseorang." in html
    assert "<b>tiga</b>" not in html


@pytest.mark.parametrize(
    ("who", "status"),
    [("bali_editor", 302), ("denpasar_editor", 302), ("jabar_editor", 404), ("jabar_chief", 404)],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_withdraws_what_they_may_not_unpublish(
    desk: SimpleNamespace, page: Publication, who: str, status: int, method: str
) -> None:
    desk.clients["jabar_chief"] = client_of(make_user("jabar_chief", Role.RELEASER, desk.jabar))
    client: Client = desk.clients[who]

    answer = getattr(client, method)(address(page), FORM)
    bulk = client.post(bulk_address(page.pk), FORM)

    assert answer.status_code == status
    assert page.title not in answer.content.decode()
    assert bulk.status_code in {302, 404}
    page.refresh_from_db()
    assert page.live
    assert not Withdrawal.objects.exists()


def test_a_page_that_the_public_never_saw_is_unpublished_without_a_reason(
    desk: SimpleNamespace,
) -> None:
    page = factories.make_video(desk.bali, factories.make_asset(placement="private"))
    assert not PublicState.objects.filter(pk=page.node_id).exists()
    client = desk.clients["bali_chief"]

    assert "Alasan" not in text_of(client.get(address(page)).content)
    assert client.post(address(page)).status_code == 302
    page.refresh_from_db()
    assert not page.live
    assert not Withdrawal.objects.exists()


def test_a_unit_is_unpublished_as_before(desk: SimpleNamespace) -> None:
    url = reverse("wagtailadmin_pages:unpublish", args=[desk.denpasar.pk])
    assert "Alasan" not in text_of(desk.clients["admin"].get(url).content)
    assert desk.clients["admin"].post(url).status_code == 302
    desk.denpasar.refresh_from_db()
    assert not desk.denpasar.live


def test_files_that_another_public_page_shows_are_named_as_staying(desk: SimpleNamespace) -> None:
    asset = factories.make_asset()
    page = factories.make_video(desk.bali, asset)
    factories.make_video(desk.jabar, asset)
    factories.make_draft(desk.jabar, asset)

    words = text_of(desk.clients["bali_chief"].get(address(page)).content)

    assert "Berkasnya yang juga ditampilkan oleh 1 halaman publik lain" in words


def test_mirrors_that_go_along_are_counted_but_not_named(desk: SimpleNamespace) -> None:
    page = factories.make_video(desk.bali)
    page.create_alias(parent=desk.jabar, update_slug="cermin-rahasia")

    html = desk.clients["bali_chief"].get(address(page)).content.decode()

    assert "1 cerminannya" in html
    assert "cermin-rahasia" not in html


def test_the_panel_leads_to_the_form_and_tells_who_withdrew_and_why(
    desk: SimpleNamespace, page: Publication
) -> None:
    chief, editor = desk.clients["bali_chief"], desk.clients["bali_editor"]
    status = reverse("publication_status", args=[page.pk])
    assert chief.get(status).json()["withdraw_url"].startswith(address(page))
    assert editor.get(status).json()["withdraw_url"] == ""
    edit = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert address(page) in chief.get(edit).content.decode()

    chief.post(address(page), FORM)

    now = editor.get(status).json()
    assert now["withdraw_url"] == ""
    words = text_of(now["withdrawal"].encode())
    for said in ("bali_chief", "Privasi atau keselamatan", "Wajah seorang anak", "Surat B/12"):
        assert said in words
    assert "Surat B/12" in editor.get(edit).content.decode()


def test_what_is_public_again_shows_no_withdrawal(desk: SimpleNamespace, page: Publication) -> None:
    desk.clients["bali_chief"].post(address(page), FORM)
    page.refresh_from_db()
    factories.publish(page)

    now = desk.clients["bali_chief"].get(reverse("publication_status", args=[page.pk])).json()
    assert now["withdrawal"] == ""
    assert now["withdraw_url"]
    relay()
    kinds = Change.objects.exclude(ledger="").order_by("sequence").values_list("ledger", flat=True)
    assert list(kinds) == ["WITHDRAWAL", "RETURN"]


def test_wagtails_buttons_are_named_after_what_they_do(
    desk: SimpleNamespace, page: Publication
) -> None:
    client = desk.clients["bali_chief"]
    explorer = reverse("wagtailadmin_explore", args=[desk.denpasar.pk])
    for url in (explorer, reverse("wagtailadmin_pages:edit", args=[page.pk])):
        links = BeautifulSoup(client.get(url).content, "html.parser").select(
            f'a[href^="{address(page)}"]'
        )
        words = {" ".join(link.get_text().split()) for link in links}
        assert words == {"Tarik dari publik…"}, url
    unit = reverse("wagtailadmin_explore", args=[desk.bali.pk])
    assert "Tarik dari publik…" not in client.get(unit).content.decode()


def test_a_longer_list_of_pages_costs_its_buttons_no_question(desk: SimpleNamespace) -> None:
    """Which button a row gets follows from what Wagtail has read anyway."""
    client, url = desk.clients["bali_chief"], reverse("wagtailadmin_explore", args=[desk.bali.pk])
    factories.make_video(desk.bali)
    client.get(url)

    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            client.get(url)
        return [q["sql"] for q in seen if "publicstate" in q["sql"] or "_withdrawal" in q["sql"]]

    assert asked() == []


def bulk_address(*pks: int) -> str:
    names = "&".join(f"id={pk}" for pk in pks)
    return f"/admin/bulk/wagtailcore/page/unpublish/?{names}&next=/admin/"


def test_several_pages_go_for_one_reason_each_with_a_line_of_its_own(desk: SimpleNamespace) -> None:
    pages = [factories.make_video(desk.bali), factories.make_story(desk.denpasar)]
    kept = factories.make_video(desk.bali)
    client, url = desk.clients["bali_chief"], bulk_address(*(page.pk for page in pages))
    assert "Alasan untuk publik" in text_of(client.get(url).content)

    refused = client.post(url, FORM | {"reason": ""})
    assert "Pilih alasan." in text_of(refused.content)
    assert not Withdrawal.objects.exists()
    assert client.post(url, FORM).status_code == 302

    relay()
    rows = Change.objects.filter(ledger="WITHDRAWAL").values_list("node_id", "withdrawal__code")
    assert dict(rows) == {page.node_id: "PRIVACY" for page in pages}
    kept.refresh_from_db()
    assert kept.live


def test_pages_that_nobody_saw_need_no_reason_in_bulk(desk: SimpleNamespace) -> None:
    page = factories.make_video(desk.bali, factories.make_asset(placement="private"))
    client, url = desk.clients["bali_chief"], bulk_address(page.pk)

    assert "Alasan untuk publik" not in text_of(client.get(url).content)
    assert client.post(url).status_code == 302
    page.refresh_from_db()
    assert not page.live


def test_what_stands_below_a_chosen_unit_goes_for_the_reason_too(desk: SimpleNamespace) -> None:
    below = factories.make_video(desk.denpasar)
    client, url = desk.clients["bali_chief"], bulk_address(desk.denpasar.pk)
    assert "Alasan untuk publik" in text_of(client.get(url).content)
    assert client.post(url, {"include_descendants": "on"}).status_code == 200
    below.refresh_from_db()
    assert below.live

    assert client.post(url, FORM | {"include_descendants": "on"}).status_code == 302

    assert told(below) == {"code": "PRIVACY", "explanation": "Wajah seorang anak terlihat."}


def test_a_page_and_its_mirror_chosen_together_go_once(desk: SimpleNamespace) -> None:
    page = factories.make_video(desk.bali)
    mirror: Any = page.create_alias(parent=desk.denpasar, update_slug="cermin")

    answer = desk.clients["bali_chief"].post(bulk_address(page.pk, mirror.pk), FORM)

    assert answer.status_code == 302
    assert Withdrawal.objects.count() == 2
