"""Photographs of every kind: shown upright and in true colours, telling nothing else."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pillow_heif
import pytest
from PIL import Image, ImageCms

from cms.media import photos, storage
from cms.media.interface import describe, media_url, promote
from cms.media.judge import Drawn
from cms.media.storage import Bucket
from content_models.models import Asset, AssetKind, AssetState, FileRole
from tests.cms.media.conftest import processed

pytestmark = [
    pytest.mark.any_database,
    pytest.mark.django_db,
    pytest.mark.storage,
    pytest.mark.usefixtures("store"),
]

RED, GREEN = (220, 20, 20), (20, 160, 60)
SECRETS = (b"RahasiaCam", b"SN-998877", b"rahasia", b"S\x00\x00\x00", b"Exif", b"http://ns.adobe")


def picture(width: int = 1500, height: int = 1000) -> Image.Image:
    """Green, with a red corner at the top on the left."""
    image = Image.new("RGB", (width, height), GREEN)
    image.paste(RED, (0, 0, width // 3, height // 3))
    return image


def told(orientation: int = 1) -> Image.Exif:
    """What a phone writes: make, serial number, place, how it was held."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "RahasiaCam"
    exif.get_ifd(0x8769)[0xA431] = "SN-998877"
    exif.get_ifd(0x8825)[1] = "S"
    exif.get_ifd(0x8825)[2] = (6.0, 12.0, 30.0)
    return exif


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    if path.suffix == ".heic":
        pillow_heif.from_pillow(image).save(path, quality=80, **options)
    else:
        image.save(path, **options)
    return path


def public_copy(asset: Asset, role: str = FileRole.PHOTO) -> Image.Image:
    """The largest JPEG as a stranger gets it."""
    files = asset.ladder.files.filter(role=role, content_type="image/jpeg").order_by("-width")
    return Image.open(io.BytesIO(httpx.get(media_url(files[0].key)).content))


def near(image: Image.Image, share: tuple[float, float], colour: tuple[int, int, int]) -> bool:
    place = int(image.width * share[0]), int(image.height * share[1])
    return all(
        abs(a - b) < 14
        for a, b in zip(image.convert("RGB").getpixel(place), colour, strict=True)  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("name", ["foto.jpg", "foto.png", "foto.webp", "foto.heic", "foto.tif"])
def test_a_photograph_of_every_kind_gets_copies_that_tell_nothing(
    name: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"exif": told().tobytes()}
    if name.endswith("jpg"):
        options |= {"comment": b"rahasia", "xmp": b"<x:xmpmeta>rahasia</x:xmpmeta>"}
    source = saved(tmp_path / name, picture(), **options)
    asset = processed(source)

    assert asset.state == AssetState.READY, (asset.message_code, asset.error_detail)
    assert (asset.kind, asset.width, asset.height) == (AssetKind.PHOTO, 1500, 1000)
    assert (asset.duration, asset.frame_rate, asset.has_audio) == (None, None, False)
    names = {file.name: (file.role, file.width) for file in asset.ladder.files.all()}
    jpegs = {name: said for name, said in names.items() if name.endswith("jpg")}
    assert jpegs == {
        "photo-1500.jpg": (FileRole.PHOTO, 1500),
        "photo-1200.jpg": (FileRole.PHOTO, 1200),
        "photo-640.jpg": (FileRole.PHOTO, 640),
        "poster.jpg": (FileRole.POSTER, 640),
    }
    promote(asset.ladder)
    for file in asset.ladder.files.select_related("ladder"):
        answer = httpx.get(media_url(file.key))
        assert answer.headers["Content-Type"] == file.content_type
        assert not [word for word in SECRETS if word in answer.content], file.name
    copy = public_copy(asset)
    assert near(copy, (0.1, 0.1), RED)
    assert near(copy, (0.9, 0.9), GREEN)
    assert b"".join(storage.read(Bucket.ORIGINALS, asset.original_key)) == source.read_bytes()


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0.1, 0.1)), (3, (0.9, 0.9)), (6, (0.9, 0.1)), (8, (0.1, 0.9))]
)
def test_however_the_phone_was_held_the_picture_is_upright(
    orientation: int, corner: tuple[float, float], tmp_path: Path
) -> None:
    source = saved(tmp_path / "miring.jpg", picture(600, 400), exif=told(orientation))
    asset = processed(source)
    size = (600, 400) if orientation in {1, 3} else (400, 600)
    assert (asset.width, asset.height) == size
    promote(asset.ladder)
    copy = public_copy(asset)
    assert copy.size == size
    assert near(copy, corner, RED)


def test_colours_of_a_wide_space_are_brought_into_the_webs(tmp_path: Path) -> None:
    swapped = Image.merge("RGB", picture(300, 200).split()[::-1])
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))

    srgb = ImageCms.createProfile("sRGB")
    plain = ImageCms.profileToProfile(picture(300, 200), srgb, lab, outputMode="LAB")
    source = tmp_path / "lab.tif"
    plain.save(source, icc_profile=lab.tobytes())
    asset = processed(source)
    promote(asset.ladder)
    assert near(public_copy(asset), (0.1, 0.1), RED)
    assert not near(public_copy(asset), (0.1, 0.1), swapped.getpixel((5, 5)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("sixteen.png", Image.new("I;16", (200, 100), 40_000)),
        ("palette.png", picture(200, 100).convert("P")),
        ("clear.png", Image.new("RGBA", (200, 100), (0, 0, 0, 0))),
        ("print.jpg", picture(200, 100).convert("CMYK")),
        ("grey.jpg", picture(200, 100).convert("L")),
        ("bits.tif", picture(200, 100).convert("1")),
    ],
)
def test_every_way_to_store_pixels_ends_in_the_same(
    name: str, image: Image.Image, tmp_path: Path
) -> None:
    asset = processed(saved(tmp_path / name, image))
    assert asset.state == AssetState.READY, (asset.message_code, asset.error_detail)
    promote(asset.ladder)
    copy = public_copy(asset)
    assert (copy.mode, copy.size) == ("RGB", (200, 100))
    expected = {"sixteen.png": (156, 156, 156), "clear.png": (255, 255, 255)}.get(name)
    assert expected is None or near(copy, (0.5, 0.5), expected)


@pytest.mark.parametrize("name", ["gerak.png", "gerak.webp", "halaman.tif"])
def test_of_several_pictures_the_first_is_shown_with_a_note(name: str, tmp_path: Path) -> None:
    others = [Image.new("RGB", (90, 60), "blue"), Image.new("RGB", (90, 60), "black")]
    source = saved(tmp_path / name, picture(90, 60), save_all=True, append_images=others)
    asset = processed(source)
    assert asset.state == AssetState.READY, (asset.message_code, asset.error_detail)
    assert "3" in describe(asset).notes[0]
    promote(asset.ladder)
    assert near(public_copy(asset), (0.1, 0.1), RED)


SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
HTML = b"\n <!DOCTYPE html><html><script>alert(1)</script></html>"


def jpeg() -> bytes:
    data = io.BytesIO()
    picture(90, 60).save(data, "JPEG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "what"),
    [
        (lambda: SVG, "active", "SVG"),
        (lambda: gzip.compress(SVG), "active", "SVG"),
        (lambda: SVG.decode().encode("utf-16"), "active", "SVG"),
        (lambda: HTML, "active", "HTML"),
        (lambda: b"%PDF-1.7\n" + bytes(400), "active", "PDF"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n", "active", "EPS"),
        (lambda: jpeg() + HTML, "active_inside", "HTML"),
        (lambda: jpeg() + b"%PDF-1.4\n1 0 obj", "active_inside", "PDF"),
        (lambda: jpeg() + b"PK\x05\x06" + bytes(18), "active_inside", "ZIP"),
        (lambda: jpeg()[:4] + b"<svg onload=alert(1)>" + jpeg()[4:], "active_inside", "SVG"),
    ],
)
def test_what_could_act_in_a_browser_is_refused_by_its_name(
    content: Callable[[], bytes], code: str, what: str, tmp_path: Path
) -> None:
    source = tmp_path / "foto.jpg"
    source.write_bytes(content())
    asset = processed(source)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, code)
    assert asset.message_params == {"what": what}
    assert re.search(rf"\b{what}\b", describe(asset).message)
    assert storage.list_keys(Bucket.STAGING, "") == []


@pytest.mark.parametrize("name", ["foto.jpg", "foto.png", "foto.webp", "foto.heic", "foto.tif"])
def test_a_photograph_cut_off_in_the_middle_is_refused_as_damaged(
    name: str, tmp_path: Path
) -> None:
    noisy = Image.effect_noise((400, 300), 90).convert("RGB")
    source = saved(tmp_path / name, noisy)
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    asset = processed(source)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, "photo_damaged")
    assert asset.failures == 0


def test_a_picture_of_billions_of_pixels_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    source = tmp_path / "bom.png"
    bomb = Image.new("1", (20_000, 20_000))
    bomb.save(source)
    assert source.stat().st_size < 200_000
    asset = processed(source)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, "photo_too_large")
    assert asset.message_params["found"] == 400


def test_a_phones_motion_photograph_is_a_photograph(tmp_path: Path) -> None:
    """Samsung and Google put a short film behind the picture."""
    source = tmp_path / "gerak.jpg"
    source.write_bytes(jpeg() + b"\x00\x00\x00\x18ftypmp42" + bytes(4000))
    assert processed(source).state == AssetState.READY


def test_a_bare_head_of_each_kind_never_stops_the_worker(tmp_path: Path) -> None:
    source = tmp_path / "kepala"
    heads = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"RIFF\x00\x00\x00\x00WEBPVP8 ")
    for head in (*heads, b"\x00\x00\x00\x18ftypheic", b"\x00\x00\x00\x1cftypavif"):
        source.write_bytes(head + b"\x01" * 40)
        found = photos.look(source, tick=lambda: None)
        assert found is not None
        assert not isinstance(found, Drawn)
        assert found.trouble == "photo_damaged"
