"""Which differences belong on the public ledger: pure functions of what was told and is told.

The ledger says what became of things after they were published: corrected, withdrawn, returned. A
first publication is none of these. Nor is what follows by itself from another thing's change (a tag
that is renamed, a link that follows its page, an address of the media) while nobody published the
item again. Files encoded anew from the same original are noted, but no entry: nothing that anybody
sees or hears was corrected, and one new profile would bury the ledger under every video there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import models

Record = Mapping[str, Any]

# Kinds of node whose fate the ledger tells.
KINDS = ("video:", "story:")
HREF = re.compile(r'\shref="[^"]*"')


class LedgerKind(models.TextChoices):
    """What the ledger calls a change; nothing where it does not speak of it."""

    CORRECTION = "CORRECTION"
    WITHDRAWAL = "WITHDRAWAL"
    RETURN = "RETURN"


class LedgerField(models.TextChoices):
    """What of an item changed, in words of the contract."""

    TITLE = "TITLE"
    ADDRESS = "ADDRESS"
    SUMMARY = "SUMMARY"
    TEXT = "TEXT"
    INCIDENT = "INCIDENT"
    PUBLISHED = "PUBLISHED"
    CREDIT = "CREDIT"
    RIGHTS = "RIGHTS"
    LANGUAGE = "LANGUAGE"
    UNIT = "UNIT"
    CATEGORIES = "CATEGORIES"
    TAGS = "TAGS"
    RECORDING = "RECORDING"
    PHOTOGRAPHS = "PHOTOGRAPHS"
    POSTER = "POSTER"
    CAPTIONS = "CAPTIONS"
    SIGN_LANGUAGE = "SIGN_LANGUAGE"
    FILES = "FILES"


# Noted with the change, but no correction of what the public sees.
TECHNICAL = frozenset({LedgerField.FILES.value})

Look = Callable[[Record], Any]


def _media(record: Record) -> Record:
    return record.get("media") or {}


def _digest(image: Any) -> Any:
    return (image or {}).get("sha256")


def _digests(images: Any) -> list[Any]:
    return [_digest(image) for image in images or ()]


LOOKS: dict[LedgerField, Look] = {
    LedgerField.TITLE: lambda record: record.get("title"),
    LedgerField.ADDRESS: lambda record: record.get("path"),
    LedgerField.SUMMARY: lambda record: record.get("synopsis"),
    LedgerField.TEXT: lambda record: HREF.sub("", record.get("bodyHtml") or ""),
    LedgerField.INCIDENT: lambda record: (record.get("incidentDate"), record.get("incidentPlace")),
    LedgerField.PUBLISHED: lambda record: record.get("publishedAt"),
    LedgerField.CREDIT: lambda record: record.get("credit"),
    LedgerField.RIGHTS: lambda record: (record.get("rights") or {}).get("code"),
    LedgerField.LANGUAGE: lambda record: record.get("language"),
    LedgerField.RECORDING: lambda record: _media(record).get("originalSha256"),
    LedgerField.PHOTOGRAPHS: lambda record: [
        (one["originalSha256"], one["alternativeText"], one["caption"], one["credit"])
        for one in record.get("photographs") or ()
    ],
    LedgerField.CAPTIONS: lambda record: (
        sorted(
            (item["language"], item["kind"], item["sha256"]) for item in _media(record)["captions"]
        )
        if _media(record)
        else []
    ),
    LedgerField.SIGN_LANGUAGE: lambda record: (_media(record).get("signLanguage") or {}).get(
        "originalSha256"
    ),
}
# Lists and links that also change where another thing is renamed, moved or deleted: they count as
# the item's own only if it was published again.
WHEN_PUBLISHED: dict[LedgerField, Look] = {
    LedgerField.TEXT: lambda record: record.get("bodyHtml"),
    # The nearest that is public: another as soon as a unit between is hidden, or renamed.
    LedgerField.UNIT: lambda record: record.get("unit"),
    LedgerField.CATEGORIES: lambda record: record.get("categories"),
    LedgerField.TAGS: lambda record: record.get("tags"),
}


def changed_fields(before: Record, after: Record) -> list[str]:
    """What differs for a reader between two public records of one item, in the order of the words.

    The date of change alone is nothing; neither is an address of the media.
    """
    found = {field for field, look in LOOKS.items() if look(before) != look(after)}
    if before.get("updatedAt") != after.get("updatedAt"):
        found |= {field for field, look in WHEN_PUBLISHED.items() if look(before) != look(after)}
    if LedgerField.RECORDING not in found:
        found |= _of_files(_media(before), _media(after))
    return [field.value for field in LedgerField if field in found]


def _of_files(before: Record, after: Record) -> set[LedgerField]:
    """New files of the same original; a poster that came with them is the encoder's choice."""
    if _digests(before.get("renditions")) != _digests(after.get("renditions")):
        return {LedgerField.FILES}
    if _digest(before.get("poster")) != _digest(after.get("poster")):
        return {LedgerField.POSTER}
    return set()


def has_fate(node_id: str) -> bool:
    """Whether the ledger speaks of such nodes at all."""
    return node_id.startswith(KINDS)


def kind_of(
    node_id: str,
    *,
    is_removed: bool,
    is_new: bool,
    was_withdrawn: bool,
    changed: Iterable[str] | None,
) -> str:
    """Kind of a change's entry on the ledger, or nothing if there is none."""
    if not has_fate(node_id):
        return ""
    if is_removed:
        return LedgerKind.WITHDRAWAL.value
    if is_new:
        return LedgerKind.RETURN.value if was_withdrawn else ""
    return LedgerKind.CORRECTION.value if set(changed or ()) - TECHNICAL else ""
