"""A picture that somebody brings, made a plain JPEG: upright, sRGB, and nothing else in it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import IO

from PIL import Image, ImageCms, ImageOps

from cms.media.errors import ErrorCode, MediaError
from cms.media.stills import POSTER_LONGEST, fit

# By content, whatever the name says. No vector or document formats: those are programs.
FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 15 * 1024**2
MOST_PIXELS = 50_000_000
SHORTEST_SIDE = 144
# A warning where warnings are errors; without that, `MOST_PIXELS` is looked at next.
BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)
QUALITY = 85
THUMBNAIL_LONGEST = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A JPEG in memory, with its size in pixels."""

    data: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def still_of(source: IO[bytes], *, size: int, shortest: int = SHORTEST_SIDE) -> Still:
    """A poster of an uploaded picture of `size` bytes.

    Raises `PICTURE_TOO_LARGE`, `PICTURE_TOO_SMALL`, or `NOT_A_PICTURE` for whatever is none.
    """
    if size > MOST_BYTES:
        raise MediaError(ErrorCode.PICTURE_TOO_LARGE, f"A picture of {size} bytes is too large.")
    try:
        with Image.open(source, formats=FORMATS) as image:
            return _still(image, shortest)
    except BOMBS as error:
        raise MediaError(ErrorCode.PICTURE_TOO_LARGE, str(error)) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise MediaError(ErrorCode.NOT_A_PICTURE, f"Not a picture: {error}") from error


def thumbnail(data: bytes) -> bytes:
    """A JPEG of ours as a small one, for lists."""
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        image.draft("RGB", (2 * THUMBNAIL_LONGEST, 2 * THUMBNAIL_LONGEST))
        size = fit(*image.size, THUMBNAIL_LONGEST)
        small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    small.save(written, "JPEG", quality=70, optimize=True)
    return written.getvalue()


def _still(image: Image.Image, shortest: int) -> Still:
    if image.width * image.height > MOST_PIXELS:
        raise MediaError(
            ErrorCode.PICTURE_TOO_LARGE, f"{image.width} × {image.height} pixels are too many."
        )
    if min(image.size) < shortest:
        raise MediaError(
            ErrorCode.PICTURE_TOO_SMALL, f"{image.width} × {image.height} pixels are too few."
        )
    # A JPEG is decoded at a fraction of its size where that is enough.
    image.draft("RGB", (2 * POSTER_LONGEST, 2 * POSTER_LONGEST))
    upright = ImageOps.exif_transpose(image)
    plain = _in_srgb(upright, image.info.get("icc_profile"))
    size = fit(*plain.size, POSTER_LONGEST)
    plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
    written = io.BytesIO()
    plain.save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return Still(data=written.getvalue(), width=plain.width, height=plain.height)


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Opaque RGB in the colours that browsers take for granted; a new image, without metadata."""
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.new("RGB", rgba.size, "white")
        image.paste(rgba, mask=rgba.getchannel("A"))
    elif image.mode.startswith("I"):
        # Sixteen bits, of which a screen shows the upper eight.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode not in {"RGB", "L", "CMYK"}:
        image = image.convert("RGB")
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError):
            # A damaged profile, or one of another kind of picture: its colours are not known.
            converted = None
        image = converted or image
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain
