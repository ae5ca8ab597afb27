"""Bytes of containers, changed by hand where no tool would write them."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"dinf"}


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each box (ISO/IEC 14496-12)."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        size = size or end - start
        yield kind, start, start + size
        start += size


def without(data: bytes, unwanted: bytes) -> bytes:
    """A file that lacks its top boxes of one kind."""
    return b"".join(data[start:end] for kind, start, end in boxes(data) if kind != unwanted)


def noise_in_mdat(data: bytes) -> bytes:
    """A file whose index is right and whose pictures are noise."""
    parts = []
    for kind, start, end in boxes(data):
        body = data[start:end]
        if kind == b"mdat":
            body = body[:8] + random.Random(4).randbytes(len(body) - 8)
        parts.append(body)
    return b"".join(parts)


def elsewhere(data: bytes, entry: bytes) -> bytes:
    """An MP4 with its index behind its data, whose every track says that the data lie elsewhere."""
    return b"".join(_elsewhere(data[start:end], kind, entry) for kind, start, end in boxes(data))


def url_entry(address: str) -> bytes:
    """A data reference by address (section 8.7.2)."""
    body = struct.pack(">I", 0) + address.encode() + b"\0"
    return struct.pack(">I4s", 8 + len(body), b"url ") + body


def alias_entry(path: str) -> bytes:
    """A data reference as QuickTime writes it: an alias record with an absolute path."""
    name = path.rpartition("/")[2].encode()
    told = path.encode()
    told += b"\0" * (len(told) % 2)
    record = bytes(10) + bytes([1]) + b"/".ljust(27, b"\0") + bytes(12)
    record += bytes([min(63, len(name))]) + name[:63].ljust(63, b"\0") + bytes(16)
    record += struct.pack(">hh", 1, 1) + bytes(16)
    record += struct.pack(">hH", 2, len(told)) + told
    record += struct.pack(">hH", 18, len(told)) + told + struct.pack(">hH", -1, 0)
    body = struct.pack(">I", 0) + record
    return struct.pack(">I4s", 8 + len(body), b"alis") + body


def _elsewhere(box: bytes, kind: bytes, entry: bytes) -> bytes:
    if kind == b"dref":
        body = struct.pack(">II", 0, 1) + entry
    elif kind in PARENTS:
        body = b"".join(
            _elsewhere(box[start:end], inner, entry) for inner, start, end in boxes(box, 8)
        )
    else:
        return box
    return struct.pack(">I4s", 8 + len(body), kind) + body


def linked_segment(streamed: bytes, name: str) -> bytes:
    """A Matroska file of unknown size that says which file it goes on in."""
    # The first is the entry of the table of contents.
    info = streamed.rindex(b"\x15\x49\xa9\x66", 0, 4096)
    width = 9 - streamed[info + 4].bit_length()
    size = int.from_bytes(streamed[info + 4 : info + 4 + width], "big") & ((1 << 7 * width) - 1)
    start = info + 4 + width
    more = b"\x3e\xb9\x23\x90" + bytes(range(16))  # NextUID
    more += b"\x3e\x83\xbb" + bytes([0x80 | len(name)]) + name.encode()  # NextFilename
    grown = (0x01 << 56 | size + len(more)).to_bytes(8, "big")
    return (
        streamed[: info + 4]
        + grown
        + streamed[start : start + size]
        + more
        + streamed[start + size :]
    )
