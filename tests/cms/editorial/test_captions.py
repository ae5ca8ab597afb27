"""Captions as people bring them become WebVTT that players take."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cms.editorial.subtitles import NotCaptionsError, webvtt_of_file, webvtt_of_text
from content_models.models import Captions
from tests.cms import factories

SUBRIP = """1
00:00:03,000 --> 00:00:04,500
Kendaraan diarahkan ke kiri.

2
00:00:01,000 --> 00:00:02,000
Selamat pagi – café
"""


def upload(content: bytes, name: str = "teks.srt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_subrip_becomes_webvtt_in_order_of_time() -> None:
    text = webvtt_of_text(SUBRIP)
    assert text.startswith("WEBVTT\n")
    assert text.index("00:00:01.000 --> 00:00:02.000") < text.index("00:00:03.000")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_letters_survive_what_windows_writes(encoding: str) -> None:
    text = webvtt_of_file(upload(SUBRIP.replace("\n", "\r\n").encode(encoding)))
    assert "Selamat pagi – café" in text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Laporan kejadian hari ini.",
        b"\x00\x00\x00\x18ftypisom",
        b"WEBVTT\n",
        b"WEBVTT\n\n00:05.000 --> 00:01.000\nMundur\n",
        b"WEBVTT\n\n00:99:99.000 --> xx\nRusak\n",
    ],
)
def test_what_is_no_captions_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(NotCaptionsError):
        webvtt_of_file(upload(content))


def test_captions_are_added_changed_read_and_removed(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    client = desk.clients["bali_editor"]
    add = reverse("video_files:captions_add", args=[asset.pk])
    answer = client.post(
        add, {"language": "id", "kind": "captions", "file": upload(SUBRIP.encode())}
    )
    assert answer["Location"] == reverse("video_files:edit", args=[asset.pk])
    one = Captions.objects.get()
    first = one.sha256
    edit = reverse("video_files:captions_edit", args=[asset.pk, one.pk])
    assert "Selamat pagi" in client.get(edit).content.decode()
    text = "WEBVTT\n\n00:00.000 --> 00:01.000\nBaru\n"
    client.post(edit, {"language": "id", "kind": "captions", "text": text})
    one.refresh_from_db()
    assert one.sha256 != first
    read = client.get(reverse("video_files:captions_text", args=[asset.pk, one.pk]))
    assert read["Content-Type"] == "text/vtt; charset=utf-8"
    assert b"Baru" in read.content
    client.post(reverse("video_files:captions_delete", args=[asset.pk, one.pk]))
    assert not Captions.objects.exists()


def test_a_second_set_in_the_same_language_is_refused_in_words(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    factories.make_captions(asset)
    answer = desk.clients["bali_editor"].post(
        reverse("video_files:captions_add", args=[asset.pk]),
        {"language": "id", "kind": "captions", "text": "WEBVTT\n\n00:00.000 --> 00:01.000\nA\n"},
    )
    assert answer.status_code == 200
    assert "sudah ada" in answer.content.decode()
    assert Captions.objects.count() == 1


def test_captions_of_a_public_video_are_for_those_who_may_publish_it(
    desk: SimpleNamespace,
) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    one = factories.make_captions(asset)
    factories.make_video(desk.bali, asset)
    page = reverse("video_files:edit", args=[asset.pk])
    add = reverse("video_files:captions_add", args=[asset.pk])
    edit = reverse("video_files:captions_edit", args=[asset.pk, one.pk])
    delete = reverse("video_files:captions_delete", args=[asset.pk, one.pk])
    new = {"language": "en", "kind": "captions", "text": one.text}
    editor, chief = desk.clients["bali_editor"], desk.clients["bali_chief"]
    answers = [editor.get(add), *(editor.post(url, new) for url in (add, edit, delete))]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert all("Hanya perilis" in answer.content.decode() for answer in answers)
    assert list(Captions.objects.values_list("pk", "language")) == [(one.pk, "id")]
    shown = editor.get(page).content.decode()
    assert "Hanya perilis" in shown
    assert not any(f'"{url}"' in shown for url in (add, edit, delete))
    assert f'"{add}"' in chief.get(page).content.decode()
    assert chief.post(edit, new).status_code == 302
    one.refresh_from_db()
    assert one.language == "en"


def test_captions_that_a_page_of_another_unit_shows_are_not_for_the_own_chief(
    desk: SimpleNamespace,
) -> None:
    asset = factories.make_asset(collection=desk.bali.collection)
    factories.make_draft(desk.mabes, asset)
    add = reverse("video_files:captions_add", args=[asset.pk])
    assert desk.clients["bali_chief"].get(add).status_code == 200
    factories.make_video(desk.mabes, asset)
    assert desk.clients["bali_chief"].get(add).status_code == 403
