"""How a file is cut into parts, and what proves that the parts make the file. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

MEBI = 1024 * 1024
# S3: a part has at least 5 MiB, the last one excepted, and an upload 10,000 parts.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
SMALLEST, MOST = 5 * MEBI, 10_000
# Up to this size somebody with a phone sends it: a broken part costs little. Beyond, fewer
# requests count for more.
SMALL_FILE = 512 * MEBI
LARGE_PART = 16 * MEBI

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_PARTS = re.compile(r"[0-9a-f]{32}-[0-9]{1,5}\Z")
_UNSPEAKABLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part as storage lists it; the ETag without quotes, the hexadecimal MD5 in most stores."""

    number: int
    size: int
    etag: str


def part_size(size: int) -> int:
    """Bytes of each part but the last, for a file of `size` bytes."""
    chosen = SMALLEST if size <= SMALL_FILE else LARGE_PART
    # Whole mebibytes, so that nobody has to calculate.
    return max(chosen, -(-size // (MOST * MEBI)) * MEBI)


def part_count(size: int, each: int) -> int:
    """How many parts of `each` bytes a file has."""
    return -(-size // each)


def length(number: int, size: int, each: int) -> int:
    """Bytes of the part with this number; the first is 1."""
    return min(each, size - (number - 1) * each)


def missing(parts: Iterable[Part], size: int, each: int) -> tuple[int, ...]:
    """Numbers that storage lacks or holds with another length."""
    there = {part.number for part in parts if part.size == length(part.number, size, each)}
    return tuple(n for n in range(1, part_count(size, each) + 1) if n not in there)


def is_checksum(text: str) -> bool:
    """Whether this is a checksum that `Digest` can compare with."""
    return bool(_SHA256.match(text) or _PARTS.match(text))


class Digest:
    """Hashes a file that is read from its beginning: whole by SHA-256, each part by MD5."""

    def __init__(self, each: int) -> None:
        self._each = each
        self._whole = hashlib.sha256()
        self._parts: list[bytes] = []
        self._part = _md5()
        self._left = each
        self.size = 0

    def update(self, data: bytes) -> None:
        self._whole.update(data)
        self.size += len(data)
        view = memoryview(data)
        while len(view) >= self._left:
            self._part.update(view[: self._left])
            view = view[self._left :]
            self._parts.append(self._part.digest())
            self._part, self._left = _md5(), self._each
        self._part.update(view)
        self._left -= len(view)

    @property
    def sha256(self) -> str:
        return self._whole.hexdigest()

    @property
    def of_parts(self) -> str:
        """MD5 of the parts' MD5s and their number: what S3 calls the ETag of such an object."""
        begun = [self._part.digest()] if self._left < self._each else []
        return of_parts([*self._parts, *begun])

    def agrees(self, declared: str) -> bool:
        """Whether these are the bytes that somebody declared; nothing declared is no objection."""
        return declared in {"", self.sha256, self.of_parts}


def of_parts(digests: Iterable[bytes]) -> str:
    """The checksum of a file from the MD5s of its parts."""
    found = list(digests)
    whole = _md5()
    whole.update(b"".join(found))
    return f"{whole.hexdigest()}-{len(found)}"


def clean_name(name: str) -> str:
    """A file's name without folders and without what no screen shows."""
    last = PurePath(name.replace("\\", "/")).name
    shown = "".join(c for c in last if unicodedata.category(c) not in _UNSPEAKABLE)
    return " ".join(shown.split())[-255:] or "original"


def _md5() -> hashlib._Hash:
    # The store's own checksum of parts, against accidents; the original's identity is SHA-256.
    return hashlib.md5(usedforsecurity=False)
