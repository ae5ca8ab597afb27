"""What goes wrong is told in Indonesian, with what to do about it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from cms.editorial import access
from tests.cms import factories
from tests.kills.soak.admin import filled_in


def test_a_page_that_is_not_there_says_where_to_look(db: None) -> None:
    answer = Client().get("/tidak-ada/")
    assert answer.status_code == 404
    assert "Periksa alamatnya" in answer.content.decode()


def test_a_closed_door_says_whom_to_ask(desk: SimpleNamespace) -> None:
    answer = desk.clients["bali_editor"].get("/admin/reports/site-history/")
    assert answer.status_code == 403
    assert "hubungi perilis unit Anda" in answer.content.decode()


def test_a_form_that_ran_out_says_how_to_send_it_again(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("wagtailadmin_login"))
    assert answer.status_code == 403
    assert "muat ulang halamannya" in answer.content.decode()


def test_a_fault_of_ours_says_that_nothing_was_saved(
    desk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(access, "asset_or_404", fail)
    client = desk.clients["bali_editor"]
    client.raise_request_exception = False
    answer = client.get(reverse("video_files:status", args=[1]))
    assert answer.status_code == 500
    words = answer.content.decode()
    assert "tidak ada yang tersimpan" in words
    assert "coba lagi" in words


def test_a_draft_whose_file_was_deleted_opens_and_asks_for_another(desk: SimpleNamespace) -> None:
    kept, deleted = (factories.make_asset(collection=desk.bali.collection) for _ in range(2))
    page = factories.make_draft(desk.bali, kept)
    page.asset = deleted
    revision = page.save_revision()
    deleted.ladders.all().delete()
    deleted.delete()
    client = desk.clients["bali_editor"]
    for address in (
        reverse("wagtailadmin_pages:edit", args=[page.pk]),
        reverse("wagtailadmin_pages:revisions_revert", args=[page.pk, revision.pk]),
        reverse("publication_status", args=[page.pk]),
    ):
        assert client.get(address).status_code == 200
    draft = page.get_latest_revision_as_object()
    assert draft.asset is None
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    answer = desk.clients["bali_chief"].post(address, filled_in(draft) | {"action-publish": "1"})
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"asset"}
