"""A draft is shown to the one who asked, for an hour, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import TimestampSigner
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail_headless_preview.models import PagePreview

from content_models.models import VideoPage
from tests.cms import factories
from tests.cms.preview.conftest import link_of


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
    assert_hidden(client.get(link))


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


def test_two_editors_never_share_a_link(
    desk: SimpleNamespace,
    draft: VideoPage,
) -> None:
    links = {link_of(desk.clients[name], draft) for name in ("bali_editor", "bali_chief")}
    assert len(links) == 2


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


def test_a_draft_without_a_ready_file_is_shown_all_the_same(
    desk: SimpleNamespace,
) -> None:
    asset = factories.make_asset(collection=desk.bali.collection, state="processing")
    asset.ladder = None
    asset.save()
    page = factories.make_draft(desk.bali, asset, title="Masih diproses")
    page.save_revision()
    client = desk.clients["bali_editor"]
    answer = client.get(link_of(client, page))
    assert answer.status_code == 200
    assert "<h1>Masih diproses</h1>" in answer.content.decode()


def test_a_page_that_was_never_saved_is_previewed(
    desk: SimpleNamespace,
) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    client = desk.clients["bali_editor"]
    url = reverse(
        "wagtailadmin_pages:preview_on_add", args=["content_models", "videopage", desk.bali.pk]
    )
    form = {
        "title": "Belum tersimpan",
        "slug": "belum",
        "asset": asset.pk,
        "synopsis": "Baru.",
        "body": '{"blocks": [], "entityMap": {}}',
        "rights": "polri-press",
        "language": "id",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
    }
    assert client.post(url, form).json()["is_valid"]
    answer = client.get(url)
    assert answer.status_code == 302
    shown = client.get(answer["Location"])
    assert "<h1>Belum tersimpan</h1>" in shown.content.decode()
    assert_hidden(desk.clients["jabar_editor"].get(answer["Location"]))


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
