"""Photographs: told apart by their first bytes, looked at and developed by a bounded program."""

from __future__ import annotations

import json
import logging
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from cms.media import products
from cms.media.errors import ErrorCode, MediaError
from cms.media.job import Job
from cms.media.judge import Drawn, Photograph
from cms.media.products import Made
from cms.media.runner import Limits, run
from cms.media.space import require_space
from content_models.models import FileRole

logger = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("develop.py")
SECONDS = 180.0
# Half a gigabyte of pixels, once scaled and once in the colours of a screen.
MEMORY = 4 * 1024**3
LARGEST_COPY = 64 * 1024**2
HEAD, TAIL = 1024, 64 * 1024
HEIF_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"avis"})
ROLES = {"photo": FileRole.PHOTO, "poster": FileRole.POSTER}
# What reads a file of text as a page, a drawing or a program, wherever in its head it begins.
ACTIVE = (
    ("PDF", re.compile(rb"%PDF-")),
    ("EPS", re.compile(rb"\A(?:%!PS|\xc5\xd0\xd3\xc6)")),
    ("SVG", re.compile(rb"<svg[\s>]", re.IGNORECASE)),
    ("HTML", re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe)[\s>]", re.IGNORECASE)),
)
ZIP_END = re.compile(rb"PK\x05\x06")
# What a copy must not have, whoever wrote it: Exif, XMP, IPTC, colour profiles, comments.
PRIVATE = ("exif", "xmp", "photoshop", "icc_profile", "comment", "XML:com.adobe.xmp")


def look(source: Path, *, tick: Callable[[], None]) -> Photograph | Drawn | None:
    """What a file is if it is a photograph, or a drawing that could act; None for all else."""
    with source.open("rb") as file:
        head = file.read(HEAD)
        file.seek(max(0, source.stat().st_size - TAIL))
        tail = file.read(TAIL)
    photograph = _is_photograph(head)
    if (active := _active(head, tail if photograph else b"")) is not None:
        return Drawn(what=active, inside=photograph)
    if not photograph:
        return None
    said = _develop(source, None, tick)
    if "reason" in said:
        return Photograph(trouble=said["reason"], params=said["params"])
    return Photograph(
        format=said["format"], width=said["width"], height=said["height"], frames=said["frames"]
    )


def make(job: Job[Photograph]) -> Made:
    """Copies that may go public, under `job.target`; raises `MediaError`."""
    require_space(job.target, LARGEST_COPY)
    said = _develop(job.source, job.target, lambda: job.beat("encode", 0.5))
    if "reason" in said:
        raise MediaError(
            ErrorCode.OUTPUT_INVALID, f"It could be read before, and now is {said['reason']}."
        )
    job.beat("verify", 0)
    for file in said["files"]:
        _verify(job.target / file["name"], (file["width"], file["height"]))
    return Made(
        files=tuple(
            products.file_made(
                job.target / file["name"],
                ROLES[file["role"]],
                file["content_type"],
                (file["width"], file["height"]),
            )
            for file in said["files"]
        )
    )


def _is_photograph(head: bytes) -> bool:
    """JPEG, PNG, TIFF, WebP, HEIC or AVIF by their first bytes."""
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS)
    )


def _active(head: bytes, tail: bytes) -> str | None:
    """The name of what could act, or None."""
    if head.startswith(b"\x1f\x8b"):
        head = _unpacked(head)
    # Texts of sixteen bits a letter read the same once their zeros are gone.
    plain = head.replace(b"\x00", b"")
    for name, pattern in ACTIVE:
        if pattern.search(plain) or pattern.search(tail):
            return name
    return "ZIP" if ZIP_END.search(tail) else None


def _unpacked(head: bytes) -> bytes:
    """The beginning of what is compressed."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD)
    except zlib.error:
        return b""


def _develop(source: Path, target: Path | None, tick: Callable[[], None]) -> dict[str, Any]:
    """Run the program; a decoder that died or went beyond its bounds makes the file damaged."""
    lines: list[str] = []
    outcome = run(
        [sys.executable, "-I", str(PROGRAM), str(source), *([str(target)] if target else [])],
        limits=Limits(seconds=SECONDS, memory=MEMORY, file_size=LARGEST_COPY),
        on_line=lines.append,
        tick=tick,
    )
    if outcome.succeeded and lines:
        said: dict[str, Any] = json.loads(lines[-1])
        return said
    if "No space left on device" in outcome.errors:
        raise MediaError(
            ErrorCode.DISK_FULL, "The disk became full. Free some space; it is tried again."
        )
    if "ModuleNotFoundError" in outcome.errors:
        raise MediaError(ErrorCode.TOOL_MISSING, outcome.errors)
    logger.warning("a photograph's decoder ended with %s: %s", outcome.status, outcome.errors)
    return {"reason": "photo_damaged", "params": {}}


def _verify(path: Path, size: tuple[int, int]) -> None:
    """Whole, as large as it should be, and nothing but pixels."""
    try:
        with Image.open(path) as image:
            image.load()
            told = sorted(set(PRIVATE) & image.info.keys()) + ["exif"] * bool(image.getexif())
            right = image.size == size
    except OSError as error:
        raise MediaError(ErrorCode.OUTPUT_INVALID, f"{path.name} cannot be read.") from error
    if told or not right:
        what = f"it tells {', '.join(told)}" if told else "it has another size"
        raise MediaError(
            ErrorCode.OUTPUT_INVALID, f"{path.name} was made wrongly: {what}. It is made again."
        )
