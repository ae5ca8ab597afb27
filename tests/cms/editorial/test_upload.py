"""Uploads through the real view into the real store."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from pytest_django.fixtures import Settings

from cms.editorial.upload_handler import SMALL
from cms.media.interface import Bucket
from cms.media.storage import bucket_name
from cms.media.storage import client as storage_client
from content_models.models import Asset, AssetState

FILM = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 64


def film(name: str = "VID_2026 operasi.mp4", content: bytes = FILM) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="video/mp4")


def written_bytes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by the size of whatever an upload writes to its temporary file."""
    written: list[int] = []
    write = TemporaryFileUploadHandler.receive_data_chunk

    def counted(handler: TemporaryFileUploadHandler, data: bytes, start: int) -> None:
        written.append(len(data))
        write(handler, data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", counted)
    return written


def suspicious_client() -> Client:
    """A client whose body the CSRF check reads in search of the token."""
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "x" * 32
    return client


@pytest.mark.storage
def test_an_upload_arrives_whole_in_private_storage_and_leads_to_its_page(
    desk: SimpleNamespace, buckets: str
) -> None:
    url = reverse("video_files:add")
    answer = desk.clients["denpasar_editor"].post(url, {"file": film(), "title": "Operasi"})
    asset = Asset.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("video_files:edit", args=[asset.pk])
    stored = storage_client().get_object(
        Bucket=bucket_name(Bucket.ORIGINALS), Key=asset.original_key
    )
    assert stored["Body"].read() == FILM
    assert asset.sha256 == hashlib.sha256(FILM).hexdigest()
    assert (asset.title, asset.original_name) == ("Operasi", "VID_2026 operasi.mp4")
    assert asset.uploaded_by == desk.people["denpasar_editor"]
    # One collection only: it needs no question.
    assert asset.collection == desk.denpasar.collection


@pytest.mark.storage
def test_the_title_comes_from_the_name(desk: SimpleNamespace, buckets: str) -> None:
    answer = desk.clients["bali_editor"].post(
        reverse("video_files:add"),
        {"file": film("razia.mov"), "collection": desk.denpasar.collection.pk},
    )
    asset = Asset.objects.get()
    assert answer["Location"] == reverse("video_files:edit", args=[asset.pk])
    assert asset.title == "razia"
    assert asset.collection == desk.denpasar.collection


@pytest.mark.storage
def test_an_upload_inside_the_chooser_is_chosen_at_once(
    desk: SimpleNamespace, buckets: str
) -> None:
    answer = desk.clients["denpasar_editor"].post(
        reverse("video_file_chooser:create"),
        {"video-upload-file": film(), "video-upload-title": "Dari dialog"},
    )
    asset = Asset.objects.get()
    chosen = answer.json()
    assert chosen["step"] == "chosen"
    assert chosen["result"]["id"] == str(asset.pk)
    assert chosen["result"]["edit_url"] == reverse("video_files:edit", args=[asset.pk])


@pytest.mark.storage
def test_an_empty_file_is_kept_and_its_page_says_what_to_do(
    desk: SimpleNamespace, buckets: str
) -> None:
    client = desk.clients["denpasar_editor"]
    answer = client.post(reverse("video_files:add"), {"file": film("kosong.mp4", b"")}, follow=True)
    assert Asset.objects.get().state == AssetState.REFUSED
    assert "Berkas kosong" in answer.content.decode()


def test_a_file_beyond_the_limit_is_cut_off_and_explained(
    desk: SimpleNamespace, settings: Settings
) -> None:
    settings.MEDIA_MAX_UPLOAD_BYTES = 2 * 1024**2
    big = film("besar.mp4", b"\x00" * (3 * 1024**2))
    answer = desk.clients["denpasar_editor"].post(reverse("video_files:add"), {"file": big})
    assert answer.status_code == 422
    assert "lebih besar dari 2,0" in answer.content.decode()
    assert not Asset.objects.exists()


@pytest.mark.parametrize("name", ["wagtailadmin_login", "graphql", "video_files:add"])
def test_a_stranger_writes_at_most_two_megabytes_to_disk(
    db: None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = written_bytes(monkeypatch)
    part = b"\x00" * (SMALL * 3 // 4)
    answer = suspicious_client().post(reverse(name), {"a": film("a", part), "b": film("b", part)})
    assert answer.status_code >= 400
    assert sum(written) <= SMALL


def test_a_person_without_the_right_to_add_writes_no_more_than_a_stranger(
    desk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = written_bytes(monkeypatch)
    big = b"\x00" * (SMALL + 1024**2)
    sent = {}
    desk.people["jabar_editor"].groups.clear()
    for person in ("bali_editor", "jabar_editor"):
        written.clear()
        client = suspicious_client()
        client.force_login(desk.people[person])
        client.post(reverse("wagtailadmin_login"), {"a": film("a", big)})
        sent[person] = sum(written)
    assert sent["bali_editor"] == len(big)
    assert 0 < sent["jabar_editor"] <= SMALL


def test_the_limit_holds_for_all_files_of_a_request_together(
    desk: SimpleNamespace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_MAX_UPLOAD_BYTES = 3 * 1024**2
    written = written_bytes(monkeypatch)
    part = b"\x00" * (2 * 1024**2)
    data = {"file": film("a.mp4", part), "b": film("b", part), "title": "Dua"}
    answer = desk.clients["denpasar_editor"].post(reverse("video_files:add"), data)
    assert answer.status_code == 422
    assert sum(written) <= settings.MEDIA_MAX_UPLOAD_BYTES


def test_without_storage_the_editor_is_told_to_send_it_again(desk: SimpleNamespace) -> None:
    answer = desk.clients["denpasar_editor"].post(reverse("video_files:add"), {"file": film()})
    assert answer.status_code == 422
    assert "kirim lagi" in answer.content.decode()
    assert not Asset.objects.exists()


def test_nothing_is_uploaded_into_a_collection_of_another_unit(desk: SimpleNamespace) -> None:
    answer = desk.clients["bali_editor"].post(
        reverse("video_files:add"), {"file": film(), "collection": desk.jabar.collection.pk}
    )
    assert answer.status_code == 422
    assert not Asset.objects.exists()


def test_an_upload_holds_no_transaction_while_it_travels() -> None:
    for name in ("video_files:add", "video_file_chooser:create"):
        view = resolve(reverse(name)).func
        assert view._non_atomic_requests == {"default"}


def test_the_upload_form_works_without_scripts(desk: SimpleNamespace) -> None:
    html = desk.clients["bali_editor"].get(reverse("video_files:add")).content.decode()
    assert 'enctype="multipart/form-data"' in html
    assert 'data-limit="' in html
    assert "Unggah" in html


def test_who_may_upload_nowhere_gets_no_form(desk: SimpleNamespace) -> None:
    desk.people["jabar_editor"].groups.clear()
    with CaptureQueriesContext(connection):
        answer = desk.clients["jabar_editor"].get(reverse("video_files:add"))
    assert answer.status_code == 302
