"""Documents -> one file of the index, laid out so that a browser reads only what it asks about.

| part | what |
|---|---|
| header | `PTS1`, number of documents (u32), place of the table of documents (u32), 0 (u32) |
| slots | fixed in number and size, so that a word's slot is known before anything is read |
| table | of each document, newest first: place and length of its card (u32 each) |
| rest | whatever is too long for a slot, then cards, then blocks of passages |

A slot is `0`, u16 length, entries; or `1`, u32 place, u32 length of entries that overflow it. An
entry is a fingerprint of the term (3 bytes), then the length of its list (u8) and the list; or 255,
u32 place and u24 length of a longer list. A list is, of each document that has the term, the step
from the document before in a varint whose two lowest bits say where the term stands (`TITLE`…); a
term that is only said is followed by the varint of the first block that has it.

The term `@days` has pairs of varints: a day's ordinal, less than the one before by so much, and the
step to its first document.

Numbers are little-endian, varints LEB128; cards and blocks are UTF-8 JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from struct import Struct
from zlib import crc32

from site_builder.keys import ZONE
from site_builder.records import Passage
from site_builder.search.documents import BODY_LETTERS, Document, blocks, excerpt
from site_builder.search.words import Stems, beginnings, tokens

MAGIC = b"PTS1"
HEADER = Struct("<4sIII")
PAIR = Struct("<II")
OVERFLOW = Struct("<BII")
SLOT_BYTES = 256
SHORT_LIST = 16
LONG = 255
SAID, TEXT, NAME, TITLE = range(4)
DAYS = "@days"


def place_of(term: str, slots: int) -> tuple[int, bytes]:
    """Number of a term's slot and the fingerprint that stands for it there."""
    content = term.encode()
    fingerprint = crc32(content[::-1]) >> 8
    return crc32(content) % slots, fingerprint.to_bytes(3, "little")


def varint(value: int) -> bytes:
    """LEB128 of a whole number that is not negative."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


SMALL = [varint(value) for value in range(1 << 14)]


def written(documents: Iterable[Document], *, slots: int, stems: Stems) -> bytes:
    """The whole file of some documents, which must come newest first."""
    lists = _Lists()
    cards: list[bytes] = []
    said: list[list[bytes]] = []
    for document in documents:
        spoken = blocks(document.passages)
        lists.add(_terms(document, spoken, stems), document)
        cards.append(_shown(document))
        said.append([_json([[one.start, one.text] for one in block]) for block in spoken])
    return _laid_out(lists.found(), cards, said, slots=slots)


class _Lists:
    """The list of every term, grown document by document."""

    def __init__(self) -> None:
        self._lists: dict[str, bytearray] = {}
        self._last: dict[str, int] = {}
        self._number = 0
        self._days = bytearray()
        self._day: int | None = None
        self._day_number = 0

    def add(self, terms: dict[str, int], document: Document) -> None:
        number, lists, last = self._number, self._lists, self._last
        for term, value in terms.items():
            if term in lists:
                step = (number - last[term]) << 2
            else:
                lists[term] = bytearray()
                step = (number + 1) << 2
            last[term] = number
            where = value & 3
            lists[term] += _short(step | where)
            if where == SAID:
                lists[term] += _short(value >> 2)
        day = document.published_at.astimezone(ZONE).date().toordinal()
        if self._day != day:
            self._days += varint(day if self._day is None else self._day - day)
            self._days += varint(number - self._day_number)
            self._day, self._day_number = day, number
        self._number += 1

    def found(self) -> dict[str, bytes]:
        days = {DAYS: bytes(self._days)} if self._days else {}
        return {**{term: bytes(one) for term, one in self._lists.items()}, **days}


def _short(value: int) -> bytes:
    return SMALL[value] if value < len(SMALL) else varint(value)


def _terms(document: Document, spoken: list[list[Passage]], stems: Stems) -> dict[str, int]:
    """Each term of a document with where it stands; for one that is only said, its block, too."""
    found: dict[str, int] = {}
    for number in range(len(spoken) - 1, -1, -1):
        text = " ".join(passage.text for passage in spoken[number])
        found.update(dict.fromkeys([stems[token] for token in tokens(text)], number << 2 | SAID))
    text = f"{document.synopsis} {document.body}"
    found.update(dict.fromkeys([stems[token] for token in tokens(text)], TEXT))
    names = tokens(" ".join((*document.names, document.place)))
    title = tokens(document.title)
    for heard, where in ((names, NAME), (title, TITLE)):
        found.update(dict.fromkeys([stems[token] for token in heard], where))
        found.update((term, where) for token in heard for term in beginnings(token))
    found.update(dict.fromkeys(tokens(document.public_id), NAME))
    found.update(dict.fromkeys(document.filters, TEXT))
    found.pop("", None)
    return found


def _shown(document: Document) -> bytes:
    """What a result shows, as JSON."""
    poster = document.poster
    return _json(
        {
            "kind": document.kind,
            "path": document.path,
            "title": document.title,
            "synopsis": document.synopsis,
            "body": excerpt(document.body, BODY_LETTERS),
            "place": document.place,
            "date": document.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "language": document.language,
            "poster": [poster.url, poster.width, poster.height] if poster else None,
            "duration": round(document.duration),
            "captions": document.has_captions,
            "unit": [document.unit.name, document.unit.path],
        }
    )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _laid_out(
    lists: dict[str, bytes],
    cards: list[bytes],
    said: list[list[bytes]],
    *,
    slots: int,
) -> bytes:
    table_at = HEADER.size + slots * SLOT_BYTES
    rest_at = table_at + PAIR.size * len(cards)
    rest = bytearray()
    filed: list[list[tuple[bytes, bytes]]] = [[] for _ in range(slots)]
    for term, found in lists.items():
        slot, fingerprint = place_of(term, slots)
        filed[slot].append((fingerprint, found))
    content = bytearray(HEADER.pack(MAGIC, len(cards), table_at, 0))
    for entries in filed:
        content += _slot(sorted(entries), rest, rest_at)
    # Cards name the places of their blocks, which lie behind all cards.
    lengths = [[len(block) for block in one] for one in said]
    sizes = [len(_card(*one, 0)) for one in zip(cards, lengths, strict=True)]
    block_at = rest_at + len(rest) + sum(sizes)
    for card, own, size in zip(cards, lengths, sizes, strict=True):
        content += PAIR.pack(rest_at + len(rest), size)
        rest += _card(card, own, block_at)
        block_at += sum(own)
    return b"".join([content, rest, *(block for one in said for block in one)])


def _card(shown: bytes, lengths: list[int], block_at: int) -> bytes:
    """A card as JSON, equally long wherever its blocks begin."""
    said = ",".join(map(str, [f'"{block_at:010}"', *lengths])) if lengths else ""
    return b'%s,"said":[%s]}' % (shown.removesuffix(b"}"), said.encode())


def _slot(entries: list[tuple[bytes, bytes]], rest: bytearray, rest_at: int) -> bytes:
    content = bytearray()
    for fingerprint, found in entries:
        content += fingerprint
        if len(found) <= SHORT_LIST:
            content.append(len(found))
            content += found
        else:
            content.append(LONG)
            content += (rest_at + len(rest)).to_bytes(4, "little")
            content += len(found).to_bytes(3, "little")
            rest += found
    if len(content) > SLOT_BYTES - 3:
        slot = OVERFLOW.pack(1, rest_at + len(rest), len(content))
        rest += content
    else:
        slot = b"\0" + len(content).to_bytes(2, "little") + content
    return slot.ljust(SLOT_BYTES, b"\0")
