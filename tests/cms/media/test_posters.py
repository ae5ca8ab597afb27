"""A chosen poster: a plain JPEG of whatever was brought, public exactly while its video is."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageCms

from cms.media import boxes, keys, playlists, storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.frames import frame, part_at
from cms.media.interface import (
    collect_leftovers,
    delete_public,
    demote,
    media_url,
    posters,
    promote,
)
from cms.media.pictures import Still, still_of, thumbnail
from cms.media.storage import Bucket
from cms.publishing.models import RetiredKey
from content_models.models import Asset, FileRole, LadderFile, Poster, Rendition
from tests.cms.media.conftest import ffmpeg
from tests.cms.media.ladders import ready_asset


def picture(
    size: tuple[int, int] = (640, 360), kind: str = "JPEG", mode: str = "RGB", **options: object
) -> bytes:
    """Left half red, right half blue."""
    image = Image.new(mode, size)
    if mode == "RGB":
        image.paste((200, 30, 30), (0, 0, size[0] // 2, size[1]))
        image.paste((30, 30, 200), (size[0] // 2, 0, size[0], size[1]))
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def still(data: bytes) -> Still:
    return still_of(io.BytesIO(data), size=len(data))


def opened(made: Still) -> Image.Image:
    image = Image.open(io.BytesIO(made.data))
    image.load()
    return image


def refusal(data: bytes, size: int | None = None) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        still_of(io.BytesIO(data), size=len(data) if size is None else size)
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_becomes_a_jpeg_that_fits(kind: str) -> None:
    made = still(picture((3000, 1500), kind))
    image = opened(made)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1280, 640))
    assert (made.width, made.height) == image.size
    red, blue = image.getpixel((100, 300)), image.getpixel((1100, 300))
    assert red[0] > 150 > red[2]
    assert blue[2] > 150 > blue[0]


def test_a_picture_that_lies_on_its_side_is_turned_and_forgets_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    exif[0x010F] = "KAMERA-RAHASIA"
    exif.get_ifd(0x8825)[2] = (6.0, 12.0, 30.0)
    made = still(picture((640, 360), exif=exif.tobytes(), comment=b"SERI-RAHASIA"))
    image = opened(made)
    assert image.size == (360, 640)
    above, below = image.getpixel((180, 100)), image.getpixel((180, 540))
    assert above[0] > 150 > above[2]
    assert below[2] > 150 > below[0]
    assert not image.getexif()
    assert "comment" not in image.info
    assert b"RAHASIA" not in made.data
    assert "icc_profile" not in image.info


def test_colours_of_another_space_become_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    data = picture(icc_profile=lab.tobytes())
    assert opened(still(data)).mode == "RGB"
    # A damaged profile takes nothing away.
    red = opened(still(picture(icc_profile=b"rusak"))).getpixel((100, 100))
    assert red[0] > 150 > red[2]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16", "1"])
def test_every_kind_of_pixel_is_taken(mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert opened(still(picture((320, 180), kind, mode))).mode == "RGB"


def test_what_shines_through_is_white() -> None:
    assert opened(still(picture((320, 180), "PNG", "RGBA"))).getpixel((9, 9)) == (255, 255, 255)


def test_what_is_no_picture_is_refused() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360"><script/></svg>'
    for data in (b"", svg, b"GIF89a" + b"\0" * 50, b"%PDF-1.7", picture()[:400], b"\x89PNG\r\n"):
        assert refusal(data) == ErrorCode.NOT_A_PICTURE
    assert refusal(picture(kind="GIF")) == ErrorCode.NOT_A_PICTURE
    assert refusal(picture(kind="TIFF")) == ErrorCode.NOT_A_PICTURE


def test_what_is_too_large_or_too_small_is_refused_before_it_is_decoded() -> None:
    assert refusal(picture((143, 300))) == ErrorCode.PICTURE_TOO_SMALL
    assert refusal(picture(), size=16 * 1024**2) == ErrorCode.PICTURE_TOO_LARGE
    for size in ((10_000, 6_000), (10_000, 10_000), (20_000, 20_000)):
        bomb = picture(size, "PNG", "1")
        assert len(bomb) < 100_000
        assert refusal(bomb) == ErrorCode.PICTURE_TOO_LARGE


def test_a_thumbnail_is_a_few_kilobytes() -> None:
    small = thumbnail(still(picture((2000, 1000))).data)
    assert len(small) < 10_000
    assert Image.open(io.BytesIO(small)).size == (256, 128)


def test_the_part_of_a_moment_is_found_in_the_playlist() -> None:
    playlist = (
        '#EXT-X-MAP:URI="a.mp4",BYTERANGE="100@28"\n'
        "#EXTINF:6.000000,\n#EXT-X-BYTERANGE:50@200\na.mp4\n"
        "#EXTINF:4.000000,\n#EXT-X-BYTERANGE:70@250\na.mp4\n"
    )
    first, second = part_at(playlist, 5.99), part_at(playlist, 6.0)
    assert (first.init, first.fragment, first.begins) == ((28, 100), (200, 50), 0.0)
    assert (second.fragment, second.begins, second.ends) == ((250, 70), 6.0, 10.0)
    assert part_at(playlist, 99).fragment == (250, 70)
    with pytest.raises(MediaError):
        part_at("#EXTM3U\n", 1)


def filmed(folder: Path) -> Asset:
    """An asset with one rendition in storage: grey gets a tenth brighter with each second."""
    asset = ready_asset()
    film = folder / "720p.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=black:s=320x180:r=10:d=9",
           "-vf", "geq=lum='25*floor(T)+20':cb=128:cr=128", "-c:v", "libx264", "-g", "20",
           "-sc_threshold", "0", "-movflags",
           "+hybrid_fragmented+frag_keyframe+delay_moov+default_base_moof",
           "-min_frag_duration", "3900000", film)  # fmt: skip
    index = boxes.read_index(film)
    text = playlists.media_playlist(film.name, index).encode()
    files = {}
    for name, data, role in (
        (film.name, film.read_bytes(), FileRole.RENDITION),
        (keys.playlist("720p"), text, FileRole.PLAYLIST),
    ):
        storage.put_bytes(Bucket.STAGING, asset.ladder.prefix + name, data, content_type="x/x")
        files[name] = LadderFile.objects.create(
            ladder=asset.ladder, name=name, role=role, content_type="x/x", size=len(data), sha256=""
        )
    Rendition.objects.create(
        ladder=asset.ladder, name="720p", kind="video", file=files[film.name],
        playlist=files["720p.m3u8"], width=320, height=180, codecs="avc1", bandwidth=1,
        average_bandwidth=1,
    )  # fmt: skip
    return asset


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.ffmpeg
def test_a_frame_is_the_picture_that_the_player_shows(
    store: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = filmed(tmp_path)
    read: list[int] = []
    ranged = storage.read_range

    def counting(bucket: Bucket, key: str, offset: int, length: int) -> bytes:
        read.append(length)
        return ranged(bucket, key, offset, length)

    monkeypatch.setattr(storage, "read_range", counting)
    for second, grey in ((0.0, 20), (3.55, 95), (4.0, 120), (8.95, 220), (500.0, 220)):
        made = frame(asset.ladder, second)
        assert (made.width, made.height) == (320, 180)
        # Limited range: 16 is black, 235 white.
        shown = opened(made).getpixel((160, 90))[0]
        assert abs(shown - (grey - 16) * 255 / 219) < 8, second
    whole = (tmp_path / "720p.mp4").stat().st_size
    assert max(read) < whole
    with pytest.raises(MediaError) as caught:
        frame(ready_asset().ladder, 1.0)
    assert caught.value.code == ErrorCode.NO_FRAME


def choose(asset: Asset, made: Still) -> Poster:
    posters.store(asset, made)
    return posters.record(asset, made, Poster.Origin.UPLOADED)


def status(key: str) -> int:
    return httpx.get(media_url(key)).status_code


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
def test_a_chosen_poster_is_public_while_its_video_is() -> None:
    asset = ready_asset()
    poster = choose(asset, still(picture()))
    assert status(poster.key) in {403, 404}
    promote(asset.ladder)
    answer = httpx.get(media_url(poster.key))
    assert answer.content == still(picture()).data
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    poster.refresh_from_db()
    assert poster.is_public
    demote(asset.ladder)
    poster.refresh_from_db()
    assert not poster.is_public
    assert storage.list_keys(Bucket.MEDIA, "") == []
    assert storage.head(Bucket.STAGING, poster.key)


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
def test_a_replaced_poster_is_retired_and_one_that_comes_back_is_not() -> None:
    asset = ready_asset()
    first = choose(asset, still(picture()))
    promote(asset.ladder)
    second = choose(asset, still(picture((800, 400))))
    assert not second.is_public
    assert set(RetiredKey.objects.values_list("key", flat=True)) == {first.key}
    delete_public([first.key])
    promote(asset.ladder)
    assert (status(first.key), status(second.key)) == (404, 200)
    again = choose(asset, still(picture()))
    assert set(RetiredKey.objects.values_list("key", flat=True)) == {second.key}
    assert again.key == first.key
    posters.clear(asset)
    assert set(RetiredKey.objects.values_list("key", flat=True)) == {first.key, second.key}


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
def test_candidates_never_become_public_but_as_the_poster() -> None:
    asset = ready_asset()
    data = still(picture()).data
    storage.put_bytes(
        Bucket.STAGING, asset.ladder.prefix + "candidate-1.jpg", data, content_type="image/jpeg"
    )
    LadderFile.objects.create(
        ladder=asset.ladder, name="candidate-1.jpg", role=FileRole.CANDIDATE, width=640, height=360,
        content_type="image/jpeg", size=len(data), sha256=still(picture()).sha256,
    )  # fmt: skip
    poster = choose(asset, posters.candidate(asset, "candidate-1.jpg"))
    promote(asset.ladder)
    there = storage.list_keys(Bucket.MEDIA, "")
    assert poster.key in there
    assert not [key for key in there if "candidate" in key]
    with pytest.raises(MediaError):
        posters.candidate(asset, "144p.mp4")


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
def test_a_poster_of_no_row_is_swept_from_storage() -> None:
    asset = ready_asset()
    lost = still(picture((700, 400)))
    posters.store(asset, lost)
    kept = choose(asset, still(picture()))
    key = Poster(asset=asset, sha256=lost.sha256).key
    storage.put_bytes(Bucket.MEDIA, key, b"x", content_type="image/jpeg")
    collect_leftovers(timedelta(0))
    assert [key for key in storage.list_keys(Bucket.STAGING, "") if keys.is_poster(key)] == [
        kept.key
    ]
    assert storage.list_keys(Bucket.MEDIA, "") == []


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
def test_a_poster_to_which_an_editor_returns_while_it_is_swept_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asset = ready_asset()
    former = still(picture())
    posters.store(asset, former)
    delete = storage.delete

    def return_and_delete(*arguments: Any) -> None:
        monkeypatch.undo()
        choose(asset, former)
        delete(*arguments)

    monkeypatch.setattr(storage, "delete", return_and_delete)
    collect_leftovers(timedelta(0))
    assert posters.read(asset.poster) == former.data


@pytest.mark.django_db
@pytest.mark.storage
@pytest.mark.usefixtures("store")
def test_a_poster_swept_just_before_it_was_recorded_is_stored_again() -> None:
    asset = ready_asset()
    made = still(picture())
    posters.store(asset, made)
    storage.delete(Bucket.STAGING, [Poster(asset=asset, sha256=made.sha256).key])
    poster = posters.record(asset, made, Poster.Origin.UPLOADED)
    posters.keep(asset, made)
    assert posters.read(poster) == made.data
