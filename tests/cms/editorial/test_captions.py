"""Captions are added, changed and removed by those who may, and say what was mended."""

from __future__ import annotations

from types import SimpleNamespace

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django.fixtures import Settings

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


def test_the_editor_reads_what_was_mended(desk: SimpleNamespace) -> None:
    asset = factories.make_asset(collection=desk.bali.collection, duration=3.5)
    broken = SUBRIP.replace("Selamat", "<font>Selamat</font>").encode("utf-16")
    answer = desk.clients["bali_editor"].post(
        reverse("video_files:captions_add", args=[asset.pk]),
        {"language": "id", "kind": "captions", "file": upload(broken)},
        follow=True,
    )
    html = answer.content.decode()
    for words in ("UTF-16", "urut", "akhir video", "tidak dikenal pemutar"):
        assert words in html
    assert "<font>" not in html
    assert "00:00:03.000 --&gt; 00:00:03.500" not in html
    assert "00:00:03.000 --> 00:00:03.500" in Captions.objects.get().text


def test_a_file_is_found_by_what_is_said_in_it(desk: SimpleNamespace, settings: Settings) -> None:
    settings.TASKS = {
        "default": {
            "BACKEND": "django_tasks.backends.immediate.ImmediateBackend",
            "ENQUEUE_ON_COMMIT": False,
        }
    }
    asset = factories.make_asset(collection=desk.bali.collection, title="Rekaman pos")
    client = desk.clients["bali_editor"]
    add = reverse("video_files:captions_add", args=[asset.pk])
    client.post(add, {"language": "id", "kind": "captions", "text": SUBRIP})

    def found(words: str) -> bool:
        answer = client.get(reverse("video_files:index_results"), {"q": words})
        return "Rekaman pos" in answer.content.decode()

    assert found("diarahkan")
    assert not found("tenggelam")
    assert not found("00")
    one = Captions.objects.get()
    client.post(reverse("video_files:captions_delete", args=[asset.pk, one.pk]))
    assert not found("diarahkan")
    assert found("pos")


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
