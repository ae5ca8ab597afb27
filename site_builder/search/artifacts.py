"""The bytes of the index's files: the root, which names all stretches, and each stretch."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from site_builder import keys
from site_builder.search import stretches, volume
from site_builder.search.stretches import Stretch
from site_builder.search.words import Stems
from site_builder.views import Views

VERSION = 1
# One for the length of a build and longer: stems do not change.
STEMS = Stems()


def root(views: Views, _owner: str) -> bytes:
    """Names of all files, newest first, with the moment each begins (seconds of the epoch)."""
    found = [[stretches.name(one.kind, one.start), _begins(one)] for one in views.index_stretches()]
    content = {
        "version": VERSION,
        "slots": {stretches.KINDS[kind]: slots for kind, slots in stretches.SLOTS.items()},
        "stretches": found[::-1],
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _begins(stretch: Stretch) -> int:
    if not stretch.low:
        return 0
    moment = datetime.strptime(stretch.low.partition("|")[0], keys.STAMP)
    return int(moment.replace(tzinfo=UTC).timestamp())


def stretch(views: Views, owner: str) -> bytes:
    """One stretch's documents and the words they are found by."""
    found = views.index_stretch(owner)
    if found is None:
        raise LookupError(f"{owner} is no stretch of the index")
    slots = stretches.SLOTS[found.kind]
    return volume.written(views.documents(found), slots=slots, stems=STEMS)


MAKERS: dict[str, Callable[[Views, str], bytes]] = {
    "search_root": root,
    "search_stretch": stretch,
}
