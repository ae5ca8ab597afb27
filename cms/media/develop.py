"""Look at a photograph, and make the copies that may go public.

`python -I develop.py SOURCE [TARGET]` prints what it found as JSON and, given a folder, writes the
copies there. A program of its own, so that `runner` can bound it: decoders of pictures are where
files attack. It knows nothing of the CMS and imports nothing of it.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pillow_heif
from PIL import Image, ImageCms, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")
# Long sides of the copies in pixels; none is larger than the photograph.
LONG_SIDES = (2400, 1200, 640)
POSTER_SIDE = 640
SMALLEST_SIDE = 16
# Phones reach 200 million; JPEG is scaled while it is decoded, the others are decoded whole.
MOST_PIXELS = 210_000_000
MOST_PIXELS_WHOLE = 110_000_000
SCALED_WHILE_DECODED = frozenset({"JPEG", "MPO"})
DNG_VERSION = 50706
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = frozenset(TURNS[turned] for turned in (5, 6, 7, 8))
JPEG_QUALITY = 84
WEBP_QUALITY = 80
GROUND = "white"


class RefusedError(Exception):
    """Cannot be shown; the code of a reason (`judge.Reason`) with what fills its sentence."""

    def __init__(self, reason: str, **params: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


def opened(source: Path) -> Image.Image:
    """The photograph, not yet decoded; raises `RefusedError`."""
    try:
        image = Image.open(source, formats=FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, RuntimeError) as error:
        raise RefusedError("photo_damaged") from error
    width, height = image.size
    scaled = image.format in SCALED_WHILE_DECODED
    most = MOST_PIXELS if scaled else MOST_PIXELS_WHOLE
    if width * height > most:
        raise RefusedError(
            "photo_too_large",
            width=width,
            height=height,
            found=round(width * height / 1e6),
            limit=round(most / 1e6),
        )
    if min(width, height) < SMALLEST_SIDE:
        raise RefusedError("too_small", width=width, height=height)
    if image.format == "TIFF" and DNG_VERSION in image.tag_v2:  # type: ignore[attr-defined]
        raise RefusedError("photo_raw")
    return image


def decoded(image: Image.Image) -> Image.Image:
    """All its pixels, of the first picture if there are several; raises `RefusedError`."""
    if image.format in SCALED_WHILE_DECODED:
        image.draft(None, (LONG_SIDES[0],) * 2)
    try:
        image.load()
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        raise RefusedError("photo_damaged") from error
    return image


def developed(image: Image.Image) -> Image.Image:
    """Upright, in sRGB, at most as large as the largest copy, and nothing but pixels."""
    profile, turn = image.info.get("icc_profile"), turn_of(image)
    if image.mode.startswith("I"):
        # Sixteen bits a channel, of which a screen shows the upper eight.
        image, profile = image.convert("I").point(lambda value: value / 256).convert("L"), None
    if max(image.size) > LONG_SIDES[0]:
        image.thumbnail((LONG_SIDES[0],) * 2, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if image.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, GROUND)
        image = Image.alpha_composite(ground, image).convert("RGB")
    image = _in_srgb(image, profile)
    # A new picture carries no metadata, whatever a format's writer would copy by itself.
    plain = Image.new("RGB", image.size)
    plain.paste(image)
    return plain if turn is None else plain.transpose(turn)


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What makes it upright, as the camera noted (Exif 2.32, 4.6.4); libheif does it itself."""
    return None if image.format == "HEIF" else TURNS.get(image.getexif().get(ORIENTATION, 1))


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, read, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that fits neither its picture nor any reader: taken as sRGB, as viewers do.
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def copies(image: Image.Image, target: Path) -> Iterator[dict[str, str | int]]:
    """Write each size as JPEG, and as WebP where that is smaller; says what was written."""
    own = max(image.size)
    sides = sorted({min(side, own) for side in LONG_SIDES}, reverse=True)
    for side in sides:
        size = image.copy()
        size.thumbnail((side, side), Image.Resampling.LANCZOS)
        jpeg = target / f"photo-{side}.jpg"
        size.save(jpeg, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
        yield _said(jpeg, "photo", "image/jpeg", size)
        webp = target / f"photo-{side}.webp"
        size.save(webp, "WEBP", quality=WEBP_QUALITY, method=4)
        if webp.stat().st_size < jpeg.stat().st_size:
            yield _said(webp, "photo", "image/webp", size)
        else:
            webp.unlink()
    image.thumbnail((POSTER_SIDE, POSTER_SIDE), Image.Resampling.LANCZOS)
    poster = target / "poster.jpg"
    image.save(poster, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)
    yield _said(poster, "poster", "image/jpeg", image)


def _said(path: Path, role: str, content_type: str, image: Image.Image) -> dict[str, str | int]:
    return {
        "name": path.name,
        "role": role,
        "content_type": content_type,
        "width": image.width,
        "height": image.height,
    }


def main(source: Path, target: Path | None) -> dict[str, object]:
    """What was found, and what was written."""
    pillow_heif.register_heif_opener(thumbnails=False)
    Image.init()
    # Bounded above, by kinds of files; Pillow's own bound is one for all.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = opened(source)
        size = image.size
        kind, frames = image.format, getattr(image, "n_frames", 1)
        lies = turn_of(image) in LYING
        decoded(image)
        made = list(copies(developed(image), target)) if target else []
    except RefusedError as refused:
        return {"reason": refused.reason, "params": refused.params}
    width, height = size[::-1] if lies else size
    return {
        "format": kind,
        "width": width,
        "height": height,
        "frames": 1 if kind == "MPO" else frames,
        "files": made,
    }


if __name__ == "__main__":
    SOURCE, *TARGET = (Path(argument) for argument in sys.argv[1:])
    sys.stdout.write(json.dumps(main(SOURCE, TARGET[0] if TARGET else None)) + "\n")
