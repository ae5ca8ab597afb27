"""What gives a hidden thing away: its numbers, IDs, hashes, file names and the words it is made of.

All rows of a hidden thing are numbered far above those of public things, so that nothing has to be
listed by hand: what lies above is hidden, every text of it is taken apart, and what a public row
says too is taken out again.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.apps import apps
from django.db import connection, models

# Below the largest number of a 32-bit key, above any that occurs by chance.
FIRST_HIDDEN = 700_001_000
PREFIX = "rahasia"
SECRET = re.compile(PREFIX + r"[0-9a-f]{10}")
TOKEN = re.compile(r"[a-z0-9]+")
ENCODED = re.compile(r"[A-Za-z0-9_-]{12,}")
SHORTEST = 6
# What somebody outside could know, guess or have been told of a thing, and ask a door for.
ASKED_FOR = frozenset(
    {
        "content_models.Asset",
        "content_models.Captions",
        "content_models.Category",
        "content_models.Ladder",
        "content_models.StoryPage",
        "content_models.UnitPage",
        "content_models.VideoPage",
        "taggit.Tag",
        "wagtailcore.Revision",
        "auth.User",
    }
)
IDS = frozenset({"public_id", "uuid", "code"})
NAMES = frozenset({"slug", "code", "name", "username"})


def secret() -> str:
    """A word that occurs nowhere else in the world."""
    return PREFIX + secrets.token_hex(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """`tokens`: what must not be seen → whose it is; `ids`, `names`: what to ask doors for."""

    tokens: dict[str, str]
    ids: tuple[str, ...]
    names: tuple[str, ...]

    def seen_in(self, body: bytes | str) -> set[str]:
        """Those of the marks that a text gives away, however it is written down."""
        return {mark for text in readings(body) for mark in self._in(text)}

    def _in(self, text: str) -> Iterator[str]:
        lower = text.lower()
        yield from self.tokens.keys() & set(TOKEN.findall(lower))
        # Every secret is one, even of a row that is deleted by now.
        yield from SECRET.findall(lower)


def readings(body: bytes | str) -> Iterator[str]:
    """The text as it stands, and as what it stands for."""
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    yield text
    yield html.unescape(unquote(text))
    yield "\n".join(_decoded(text))


def _decoded(text: str) -> Iterator[str]:
    for found in ENCODED.findall(text):
        try:
            plain = base64.urlsafe_b64decode(found + "=" * (-len(found) % 4))
        except (binascii.Error, ValueError):
            continue
        yield plain.decode("utf-8", "replace")


def raise_numbers() -> None:
    """From now on every new row of any table has a number above `FIRST_HIDDEN`."""
    for place, model in enumerate(_numbered()):
        _number_from(model, FIRST_HIDDEN + place * 1_000_000)


def marks() -> Marks:
    """The marks of everything that was made since the numbers were raised."""
    hidden: dict[str, str] = {}
    numbers: dict[str, str] = {}
    ids: set[str] = set()
    names: set[str] = set()
    public: set[str] = set()
    for model in _tables():
        for row in model._default_manager.using("default").order_by("pk"):
            number = _number(row)
            if number is not None and number >= FIRST_HIDDEN:
                label = f"{model._meta.label} {number}"
                hidden |= dict.fromkeys(_tokens(row), label)
                numbers[str(number)] = label
                ids |= _values(row, IDS)
                names |= _values(row, NAMES)
            else:
                public |= set(_tokens(row))
    tokens = {token: label for token, label in hidden.items() if token not in public} | numbers
    # Only what is itself hidden: an answer about a public word says nothing.
    return Marks(
        tokens=tokens,
        ids=tuple(sorted(value for value in ids if _tells(value, tokens))),
        names=tuple(sorted(value for value in names if _tells(value, tokens))),
    )


def _tells(value: str, tokens: dict[str, str]) -> bool:
    return any(token in tokens for token in TOKEN.findall(value.lower()))


def _tables() -> list[type[models.Model]]:
    """All but those that say what is public: what is wrong there must not excuse itself."""
    return [
        model
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy and model._meta.app_label != "publishing"
    ]


def _numbered() -> list[type[models.Model]]:
    """Tables whose rows the database numbers itself; a child's number is its parent's."""
    return [model for model in _tables() if isinstance(model._meta.pk, models.AutoField)]


def _number_from(model: type[models.Model], first: int) -> None:
    table, pk = model._meta.db_table, model._meta.pk
    assert pk is not None
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first]
            )
        else:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence(%s, %s), %s)",
                [connection.ops.quote_name(table), pk.column, first],
            )


def _number(row: models.Model) -> int | None:
    """The row's number; of a row that has none, that of what it belongs to."""
    return row.pk if isinstance(row.pk, int) else None


def _texts(row: models.Model) -> Iterator[str]:
    for field in row._meta.local_fields:
        if field.choices or field.is_relation:
            continue
        value: Any = field.value_from_object(row)
        if isinstance(value, uuid.UUID):
            yield from (str(value), value.hex)
        elif isinstance(value, dict | list | str) and value:
            yield str(value)
        elif isinstance(field, models.FileField) and value:
            yield value.name


def _tokens(row: models.Model) -> Iterator[str]:
    """IDs, and words that cannot occur by chance: with a digit in them, and not short."""
    yield from (value.lower() for name in IDS if (value := str(getattr(row, name, ""))))
    for text in _texts(row):
        for token in TOKEN.findall(text.lower()):
            if len(token) >= SHORTEST and any(letter.isdigit() for letter in token):
                yield token


def _values(row: models.Model, fields: frozenset[str]) -> set[str]:
    if row._meta.label not in ASKED_FOR:
        return set()
    found = {str(row.pk)} if fields is IDS else set()
    for name in fields:
        found.add(str(getattr(row, name, "")))
    return found - {""}
