"""A draft is shown to the one who asked, for an hour, and to nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import TimestampSigner
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail_headless_preview.models import PagePreview

from cms.preview.interface import forget_expired
from cms.publishing.interface import PublicState
from content_models.models import VideoPage
from tests.cms import factories
from tests.cms.preview.conftest import link_of, typed

# A video's form as a browser sends it.
NEW: dict[str, Any] = {
    "title": "Belum tersimpan",
    "slug": "belum",
    "asset": "",
    "synopsis": "Baru.",
    "body": '{"blocks": [], "entityMap": {}}',
    "rights": "polri-press",
    "language": "id",
    "comments-TOTAL_FORMS": "0",
    "comments-INITIAL_FORMS": "0",
}


@pytest.fixture
def draft(desk: SimpleNamespace) -> VideoPage:
    asset = factories.make_asset(collection=desk.bali.collection)
    page = factories.make_draft(desk.bali, asset, title="Rahasia sampai Senin")
    page.save_revision()
    return page


def assert_hidden(answer: HttpResponse) -> None:
    assert answer.status_code in {302, 403, 404}
    assert b"Rahasia sampai Senin" not in answer.content


def test_the_editor_sees_the_draft_in_the_sites_own_watch_page(
    desk: SimpleNamespace,
    draft: VideoPage,
) -> None:
    client = desk.clients["bali_editor"]
    link = link_of(client, draft)
    assert link.startswith("/preview/?")
    answer = client.get(link)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<h1>Rahasia sampai Senin</h1>" in html
    assert "Pratinjau" in html
    assert "360p.mp4?" in html
    assert "X-Amz-Signature=" in html
    assert '<meta name="robots" content="noindex">' in html
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]


def test_nobody_else_sees_it_by_the_same_link(
    desk: SimpleNamespace,
    draft: VideoPage,
) -> None:
    link = link_of(desk.clients["bali_editor"], draft)
    for name in ("bali_chief", "denpasar_editor", "jabar_editor", "admin"):
        answer = desk.clients[name].get(link)
        assert answer.status_code == 403, name
        assert_hidden(answer)
    stranger = Client().get(link)
    assert stranger.status_code == 302
    assert stranger["Location"].startswith(reverse("wagtailadmin_login"))
    assert_hidden(stranger)


def test_a_link_dies_after_an_hour(
    desk: SimpleNamespace,
    draft: VideoPage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = desk.clients["bali_editor"]
    link = link_of(client, draft)
    later = timezone.now() + timedelta(seconds=3605)
    monkeypatch.setattr("django.core.signing.time.time", later.timestamp)
    answer = client.get(link)
    assert answer.status_code == 403
    assert "kedaluwarsa" in answer.content.decode()
    assert_hidden(answer)


def test_a_link_dies_with_the_right_to_edit(
    desk: SimpleNamespace,
    draft: VideoPage,
) -> None:
    client = desk.clients["bali_editor"]
    link = link_of(client, draft)
    desk.people["bali_editor"].groups.clear()
    answer = client.get(link)
    assert answer.status_code == 403
    assert "Anda tidak lagi berhak menyunting halaman ini" in answer.content.decode()
    assert_hidden(answer)


def test_a_link_dies_with_its_page(desk: SimpleNamespace, draft: VideoPage) -> None:
    client = desk.clients["bali_editor"]
    link = link_of(client, draft)
    draft.delete()
    answer = client.get(link)
    assert answer.status_code == 404
    assert "Halaman pratinjau ini sudah dihapus" in answer.content.decode()
    assert_hidden(answer)


def test_a_link_to_a_page_that_is_not_saved_dies_with_the_unit(desk: SimpleNamespace) -> None:
    client = desk.clients["admin"]
    sector = factories.make_unit(desk.denpasar, "polsek-kuta", "polsek")
    url = reverse(
        "wagtailadmin_pages:preview_on_add", args=["content_models", "videopage", sector.pk]
    )
    assert client.post(url, NEW).json()["is_valid"]
    link = client.get(url)["Location"]
    assert client.get(link).status_code == 200
    sector.delete()
    answer = client.get(link)
    assert answer.status_code == 404
    assert "sudah dihapus" in answer.content.decode()


def test_every_refusal_is_kind_private_and_kept_by_nobody(
    desk: SimpleNamespace, draft: VideoPage
) -> None:
    link = link_of(desk.clients["bali_editor"], draft)
    for answer in (
        desk.clients["bali_chief"].get(link),
        desk.clients["bali_chief"].get(reverse("preview"), {"token": "x"}),
        Client().get(link),
    ):
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
    answer = desk.clients["bali_chief"].get(link)
    assert "milik" in answer.content.decode()
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_token_shows_only_the_content_it_was_made_for(
    desk: SimpleNamespace,
    draft: VideoPage,
) -> None:
    client = desk.clients["bali_editor"]
    link = link_of(client, draft)
    kept = PagePreview.objects.get()
    kept.content_json = kept.content_json.replace("Senin", "Selasa")
    kept.save()
    assert_hidden(client.get(link))


def test_forged_and_foreign_tokens_are_unknown(
    desk: SimpleNamespace,
    draft: VideoPage,
) -> None:
    client = desk.clients["bali_editor"]
    link = link_of(client, draft)
    token = parse_qs(urlsplit(link).query)["token"][0]
    value = token.rsplit(":", 2)[0]
    forged = [
        "",
        "x",
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        TimestampSigner(salt="headlesspreview.token").sign(f"id={draft.pk}"),
        TimestampSigner(salt="headlesspreview.token").sign(value),
    ]
    for one in forged:
        answer = client.get(reverse("preview"), {"token": one})
        assert answer.status_code == 404, one


def test_two_editors_in_one_second_each_see_what_they_wrote(
    desk: SimpleNamespace, draft: VideoPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now)
    people = {"bali_editor": "Rahasia penyunting", "bali_chief": "Rahasia perilis"}
    links = {
        name: typed(desk.clients[name], draft, **(NEW | {"title": title}))
        for name, title in people.items()
    }
    for name, title in people.items():
        shown = desk.clients[name].get(links[name]).content.decode()
        assert f"<h1>{title}</h1>" in shown
    assert links["bali_editor"] != links["bali_chief"]


def test_one_editor_in_one_second_has_a_link_for_each_wording(
    desk: SimpleNamespace, draft: VideoPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now().timestamp()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now)
    client = desk.clients["bali_editor"]
    links = {title: typed(client, draft, **(NEW | {"title": title})) for title in ("Satu", "Dua")}
    for title, link in links.items():
        assert f"<h1>{title}</h1>" in client.get(link).content.decode()


def test_a_form_that_cannot_be_read_keeps_the_last_good_preview(
    desk: SimpleNamespace, draft: VideoPage
) -> None:
    client = desk.clients["bali_editor"]
    typed(client, draft, **(NEW | {"title": "Terakhir yang baik"}))
    url = reverse("wagtailadmin_pages:preview_on_edit", args=[draft.pk])
    broken = NEW | {"title": "Rusak", "incident_date": "kemarin"}
    assert client.post(url, broken).json() == {"is_valid": False, "is_available": True}
    shown = client.get(client.get(url)["Location"]).content.decode()
    assert "<h1>Terakhir yang baik</h1>" in shown
    assert "Rusak" not in shown


def test_a_preview_link_opens_nothing_else(desk: SimpleNamespace, draft: VideoPage) -> None:
    """Not the API, and no other page, although the same person may edit that too."""
    client = desk.clients["bali_editor"]
    token = parse_qs(urlsplit(link_of(client, draft)).query)["token"][0]
    other = factories.make_draft(desk.bali, title="Rahasia lain")
    other.save_revision()
    query = "query ($id: String!) { video(publicId: $id) { title } }"
    asked = {"query": query, "variables": {"id": draft.public_id}, "token": token}
    answer = client.post(
        "/graphql/", asked, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}"
    )
    assert answer.json()["data"] == {"video": None}
    swapped = token.replace(f":{draft.pk}:", f":{other.pk}:")
    assert swapped != token
    assert client.get(reverse("preview"), {"token": swapped}).status_code == 404
    page = PagePreview.objects.get()
    page.content_json = page.content_json.replace(f'"pk": {draft.pk}', f'"pk": {other.pk}')
    page.save()
    assert_hidden(client.get(reverse("preview"), {"token": token}))


def test_a_preview_changes_nothing_the_public_sees(desk: SimpleNamespace, draft: VideoPage) -> None:
    client = desk.clients["bali_editor"]
    client.get(typed(client, draft, **NEW))
    draft.refresh_from_db()
    assert draft.title == "Rahasia sampai Senin"
    assert not draft.live
    assert not PublicState.objects.filter(pk=f"video:{draft.public_id}").exists()


def test_links_that_ran_out_are_forgotten_with_their_drafts(
    desk: SimpleNamespace, draft: VideoPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = desk.clients["bali_editor"]
    link_of(client, draft)
    assert forget_expired() == 0
    later = timezone.now() + timedelta(seconds=3605)
    monkeypatch.setattr("django.core.signing.time.time", later.timestamp)
    newer = link_of(desk.clients["bali_chief"], draft)
    assert PagePreview.objects.count() == 2
    assert forget_expired() == 1
    assert PagePreview.objects.count() == 1
    assert desk.clients["bali_chief"].get(newer).status_code == 200


def test_the_panel_offers_a_phone_of_360_pixels_and_a_desk(
    desk: SimpleNamespace, draft: VideoPage
) -> None:
    for page in (draft, desk.bali, desk.home):
        answer = desk.clients["admin"].get(reverse("wagtailadmin_pages:edit", args=[page.pk]))
        html = answer.content.decode()
        assert 'data-device-width="360"' in html, page
        assert 'data-device-width="1280"' in html, page
        assert 'aria-label="Pratinjau di ponsel"' in html, page


def test_old_drafts_do_not_pile_up(
    desk: SimpleNamespace, draft: VideoPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("content_models.models.previewed.KEPT", 3)
    client = desk.clients["bali_editor"]
    for number in range(5):
        draft.title = f"Rahasia {number}"
        draft.save_revision()
        link = link_of(client, draft)
    assert PagePreview.objects.count() == 3
    assert client.get(link).status_code == 200


def test_a_page_that_was_never_saved_is_previewed(
    desk: SimpleNamespace,
) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    form = NEW | {"title": "Belum tersimpan", "asset": asset.pk}
    client = desk.clients["bali_editor"]
    url = reverse(
        "wagtailadmin_pages:preview_on_add", args=["content_models", "videopage", desk.bali.pk]
    )
    assert client.post(url, form).json()["is_valid"]
    answer = client.get(url)
    assert answer.status_code == 302
    shown = client.get(answer["Location"])
    assert "<h1>Belum tersimpan</h1>" in shown.content.decode()
    assert_hidden(desk.clients["jabar_editor"].get(answer["Location"]))


def test_a_video_half_written_is_previewed(desk: SimpleNamespace) -> None:
    client = desk.clients["bali_editor"]
    url = reverse(
        "wagtailadmin_pages:preview_on_add", args=["content_models", "videopage", desk.bali.pk]
    )
    empty = NEW | {"title": "", "slug": "", "synopsis": ""}
    assert client.post(url, empty).json()["is_valid"]
    answer = client.get(client.get(url)["Location"])
    assert answer.status_code == 200
    assert "Berkas video belum dipilih." in answer.content.decode()


def test_front_end_files_come_from_the_same_host(
    desk: SimpleNamespace,
    draft: VideoPage,
) -> None:
    client = desk.clients["bali_editor"]
    html = client.get(link_of(client, draft)).content.decode()
    start = html.index("/preview/assets/site.")
    path = html[start : html.index('"', start)]
    found = client.get(path)
    assert found.status_code == 200
    assert "immutable" in found["Cache-Control"]
    assert client.get("/preview/assets/../settings/base.py").status_code == 404


def test_a_script_finds_what_it_imports_on_the_same_host(
    desk: SimpleNamespace, draft: VideoPage
) -> None:
    client = desk.clients["bali_editor"]
    html = client.get(link_of(client, draft)).content.decode()
    script = re.search(r'src="(/preview/assets/watch\.[^"]+)"', html)
    assert script
    engine = re.search(r'import\("([^"]+)"\)', client.get(script[1]).content.decode())
    assert engine
    assert engine[1].startswith("/preview/assets/hls.")
    assert client.get(engine[1]).status_code == 200
