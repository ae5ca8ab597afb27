"""What the search knows of one published item, whatever its kind."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from site_builder.records import Image, Link, Passage, Publication, Story

TAG = re.compile(r"<[^>]*>")
# A block of passages is fetched whole, for the one that is shown.
BLOCK_LETTERS = 900
BODY_LETTERS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One item to be found. `body` is plain text; `names` are those of all that it is filed under.

    `filters` are exact: `unit:` with every unit above, `category:`, `tag:`.
    """

    kind: str
    public_id: str
    path: str
    title: str
    synopsis: str
    body: str
    place: str
    published_at: datetime
    language: str
    poster: Image | None
    duration: float
    has_captions: bool
    unit: Link
    names: tuple[str, ...]
    filters: tuple[str, ...]
    passages: tuple[Passage, ...]


def plain(body_html: str) -> str:
    """The words of sanitised HTML, whose attributes hold no bare `>`."""
    return " ".join(html.unescape(TAG.sub(" ", body_html)).split())


def body(shown: Publication) -> str:
    """The words of a publication's text, and of what stands beneath its photographs."""
    words = [plain(shown.body_html)]
    if isinstance(shown, Story):
        words += [photograph.caption for photograph in shown.photographs]
    return " ".join(filter(None, words))


def blocks(passages: Sequence[Passage]) -> list[list[Passage]]:
    """Passages in blocks of some letters each, in order."""
    found: list[list[Passage]] = []
    letters = BLOCK_LETTERS
    for passage in passages:
        if letters >= BLOCK_LETTERS:
            found.append([])
            letters = 0
        found[-1].append(passage)
        letters += len(passage.text)
    return found


def excerpt(text: str, letters: int) -> str:
    """The beginning of a text, cut between words."""
    if len(text) <= letters:
        return text
    return text[: letters + 1].rpartition(" ")[0] or text[:letters]
