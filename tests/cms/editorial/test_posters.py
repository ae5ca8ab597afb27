"""An editor chooses a poster; of a released page only who may publish it."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from cms.media import storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.storage import Bucket
from cms.publishing import outbox
from cms.publishing.models import PublicState
from content_models.models import Asset, FileRole, LadderFile, Poster
from tests.cms import factories

pytestmark = [pytest.mark.storage, pytest.mark.usefixtures("buckets")]


def jpeg(colour: str = "navy", size: tuple[int, int] = (640, 360)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "JPEG")
    return written.getvalue()


def make_asset(desk: SimpleNamespace) -> Asset:
    """An asset with two candidates beside its poster, real bytes behind them."""
    asset = factories.make_asset(collection=desk.bali.collection)
    for number in (1, 2):
        LadderFile.objects.create(
            ladder=asset.ladder, name=f"candidate-{number}.jpg", role=FileRole.CANDIDATE,
            content_type="image/jpeg", size=1, sha256=factories.digest(f"{asset.pk} {number}"),
            width=640, height=360,
        )  # fmt: skip
    for file in asset.ladder.files.filter(role__in=[FileRole.CANDIDATE, FileRole.POSTER]):
        storage.put_bytes(Bucket.STAGING, file.key, jpeg(), content_type="image/jpeg")
    return asset


def choose(desk: SimpleNamespace, asset: Asset, who: str = "bali_editor", **data: Any) -> Any:
    url = reverse("video_files:poster", args=[asset.pk])
    return desk.clients[who].post(url, data, follow=True)


def words(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_page_offers_the_stills_of_the_video(desk: SimpleNamespace) -> None:
    asset = make_asset(desk)
    url = reverse("video_files:edit", args=[asset.pk])
    html = words(desk.clients["bali_editor"].get(url))
    for value in ("automatic", "candidate-1.jpg", "candidate-2.jpg", "frame", "upload"):
        assert f'name="source" value="{value}"' in html
    assert 'value="automatic" checked' in html


def test_a_candidate_an_upload_and_the_way_back(desk: SimpleNamespace) -> None:
    asset = make_asset(desk)
    assert "disimpan" in words(choose(desk, asset, source="candidate-2.jpg"))
    poster = Poster.objects.get()
    assert (poster.origin, poster.width) == ("candidate", 640)
    assert storage.head(Bucket.STAGING, poster.key)["ContentLength"] == poster.size
    picture = SimpleUploadedFile("foto.heic", jpeg("red", (2000, 1000)))
    html = words(choose(desk, asset, source="upload", picture=picture))
    poster = Poster.objects.get()
    assert (poster.origin, poster.width, poster.height) == ("uploaded", 1280, 640)
    assert f"{poster.key}?" in html
    assert 'value="keep" checked' in html
    assert "disimpan" not in words(choose(desk, asset, source="keep"))
    assert Poster.objects.get().pk == poster.pk
    choose(desk, asset, source="automatic")
    assert not Poster.objects.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Pilih salah satu gambar"),
        ({"source": "keep"}, "Pilih salah satu gambar"),
        ({"source": "upload"}, "Pilih berkas gambar"),
        ({"source": "frame"}, "Tuliskan detik"),
        ({"source": "frame", "second": "awal"}, "angka"),
        ({"source": "../original"}, "Pilih saat yang lain"),
        ({"source": "master.m3u8"}, "Pilih saat yang lain"),
        ({"source": "upload", "picture": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "SVG"),
        ({"source": "upload", "picture": jpeg(size=(90, 90))}, "terlalu kecil"),
    ],
)
def test_what_cannot_be_a_poster_is_refused_in_indonesian(
    desk: SimpleNamespace, data: dict[str, Any], said: str
) -> None:
    asset = make_asset(desk)
    if "picture" in data:
        data = data | {"picture": SimpleUploadedFile("gambar.jpg", data["picture"])}
    assert said in words(choose(desk, asset, **data))
    assert not Poster.objects.exists()


@pytest.mark.parametrize("call", ["put_bytes", "head"])
def test_a_store_that_is_down_is_told_with_what_to_do(
    desk: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def down(*_arguments: Any, **_options: Any) -> None:
        raise MediaError(ErrorCode.STORAGE, "nobody answers")

    asset = make_asset(desk)
    with monkeypatch.context() as patched:
        patched.setattr(storage, call, down)
        assert "Pilih gambar itu lagi" in words(choose(desk, asset, source="candidate-1.jpg"))
    assert "Poster sudah disimpan" in words(choose(desk, asset, source="candidate-1.jpg"))


def test_the_poster_of_a_public_video_is_for_those_who_may_publish_it(
    desk: SimpleNamespace,
) -> None:
    asset = make_asset(desk)
    page = factories.make_video(desk.bali, asset)
    refused = choose(desk, asset, source="candidate-1.jpg")
    assert refused.status_code == 403
    assert "Hanya perilis" in words(refused)
    assert not Poster.objects.exists()
    shown = words(desk.clients["bali_editor"].get(reverse("video_files:edit", args=[asset.pk])))
    assert 'name="source"' not in shown
    choose(desk, asset, who="bali_chief", source="candidate-1.jpg")
    poster = Poster.objects.get()
    state = PublicState.objects.get(pk=f"video:{page.public_id}")
    # Until its copy is public, the world is told of the one chosen by itself.
    assert state.record["media"]["poster"]["url"].endswith("/poster.jpg")
    with outbox.transaction():
        poster.is_public = True
        poster.save()
    state.refresh_from_db()
    assert state.record["media"]["poster"] == {
        "url": f"{state.record['media']['hlsUrl'].partition(str(asset.uuid))[0]}{poster.key}",
        "width": 640,
        "height": 360,
        "size": poster.size,
        "sha256": poster.sha256,
    }
    choose(desk, asset, who="bali_chief", source="automatic")
    state.refresh_from_db()
    assert state.record["media"]["poster"]["url"].endswith("/poster.jpg")


def test_nobody_of_another_unit_chooses_or_sees(desk: SimpleNamespace) -> None:
    asset = make_asset(desk)
    assert choose(desk, asset, who="jabar_editor", source="automatic").status_code == 404
    thumbnail = reverse("video_files:thumbnail", args=[asset.pk])
    assert desk.clients["jabar_editor"].get(thumbnail).status_code == 404


def test_lists_show_small_posters_that_browsers_keep(desk: SimpleNamespace) -> None:
    asset = make_asset(desk)
    client = desk.clients["bali_editor"]
    index = words(client.get(reverse("video_files:index")))
    address = reverse("video_files:thumbnail", args=[asset.pk])
    assert f'src="{address}?' in index
    answer = client.get(address)
    assert Image.open(io.BytesIO(answer.content)).size == (256, 144)
    assert "private" in answer["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    choose(desk, asset, source="upload", picture=SimpleUploadedFile("a.jpg", jpeg("red")))
    assert client.get(address)["ETag"] != answer["ETag"]
    empty = factories.make_asset(collection=desk.bali.collection)
    empty.ladder.files.all().delete()
    missing = client.get(reverse("video_files:thumbnail", args=[empty.pk]))
    assert missing.status_code == 404
