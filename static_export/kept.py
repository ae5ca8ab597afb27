"""Earlier releases at a target: what each push replaced is kept there, unseen by the public.

A release that another takes the place of leaves a note, `.policetube/releases/{number}.json`: how
its manifest differed from that of its successor. The bytes that were replaced lie under
`.policetube/kept/{number}/`. So a release is its successor and its note, back to the oldest that is
kept, and keeping one costs what the push that replaced it has changed. Bytes of pages that are
withdrawn are kept in no release.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from static_export.errors import ExportError
from static_export.manifest import Root, ShardRef, load_json, parse_root

KEEP = 30  # releases, unless a push is told otherwise
FOLDER = ".policetube/kept"
NOTES = ".policetube/releases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What the state document says of an earlier release.

    `at` is when its successor went live (ISO 8601), `artifacts` how many it had, `replaced` how
    many of them differ in its successor; the bytes of `left` of these were left to a build.
    """

    number: int
    epoch: str
    sequence: int
    at: str
    artifacts: int
    replaced: int
    left: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "epoch": self.epoch,
            "sequence": self.sequence,
            "at": self.at,
            "artifacts": self.artifacts,
            "replaced": self.replaced,
            "left": self.left,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """How a release differed from its successor.

    `shards` are its own versions of those that differ, `added` names those that only the successor
    has, `keys` are the artifacts whose bytes are kept. `forgotten` went with its successor, and
    with them whatever this release and older ones kept of them. `lost` are artifacts whose bytes
    were kept until a page went that they mentioned, or could not be kept, for a push that died had
    withdrawn them; `dropped` those of which that push had deleted every older copy. `left` are
    artifacts of which no copy was made, for a build at hand had the same bytes.
    """

    built_with: str
    shards: tuple[ShardRef, ...]
    added: tuple[str, ...]
    keys: tuple[str, ...]
    forgotten: tuple[str, ...]
    lost: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def encoded(self) -> bytes:
        """Equal notes are equal bytes."""
        root = Root(epoch="-", sequence=0, built_with=self.built_with, shards=self.shards)
        value = {
            **root.as_json(),
            "added": list(self.added),
            "keys": list(self.keys),
            "forgotten": list(self.forgotten),
            "lost": list(self.lost),
            "dropped": list(self.dropped),
            "left": list(self.left),
        }
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def note_key(number: int) -> str:
    """Where a target keeps a release's note."""
    return f"{NOTES}/{number}.json"


def place(number: int, key: str) -> str:
    """Where a target keeps the bytes that a release had under a key."""
    return f"{FOLDER}/{number}/{key}"


def shard_place(number: int, name: str) -> str:
    """Where a target keeps a release's version of a shard."""
    return f"{FOLDER}/{number}/.shards/{name}.json"


def note(
    before: Root,
    after: Root,
    *,
    keys: Iterable[str],
    forgotten: Iterable[str],
    lost: Iterable[str] = (),
    dropped: Iterable[str] = (),
    left: Iterable[str] = (),
) -> Note:
    """The note of a release that another takes the place of."""
    later = {ref.name: ref for ref in after.shards}
    earlier = {ref.name for ref in before.shards}
    return Note(
        built_with=before.built_with,
        shards=tuple(ref for ref in before.shards if later.get(ref.name) != ref),
        added=tuple(sorted(later.keys() - earlier)),
        keys=tuple(sorted(keys)),
        forgotten=tuple(sorted(forgotten)),
        lost=tuple(sorted(lost)),
        dropped=tuple(sorted(dropped)),
        left=tuple(sorted(left)),
    )


def decode_note(data: bytes | None, number: int, target: str) -> Note:
    """Read a note; raise `damaged-state`."""
    where = note_key(number)
    try:
        value = load_json(data or b"", where)
        root = parse_root(value, where)
        return Note(
            built_with=root.built_with,
            shards=root.shards,
            added=tuple(map(str, value["added"])),
            keys=tuple(map(str, value["keys"])),
            forgotten=tuple(map(str, value["forgotten"])),
            lost=tuple(map(str, value["lost"])),
            dropped=tuple(map(str, value.get("dropped", ()))),
            left=tuple(map(str, value.get("left", ()))),
        )
    except (KeyError, TypeError, ExportError) as error:
        raise ExportError(
            "damaged-state",
            f"{where} at {target} is missing or damaged, so releases up to that one cannot be "
            "returned to. Choose a later one.",
        ) from error


def decode_release(value: Mapping[str, Any]) -> Release:
    """One entry of the state document."""
    return Release(
        number=int(value["number"]),
        epoch=str(value["epoch"]),
        sequence=int(value["sequence"]),
        at=str(value["at"]),
        artifacts=int(value["artifacts"]),
        replaced=int(value["replaced"]),
        left=int(value.get("left", 0)),
    )


def mentions(path: str) -> tuple[bytes, ...]:
    """What a file that speaks of a page holds: its URL path, or the name that stays its own."""
    parts = path.strip("/").split("/")
    # `/video/{public-id}/{slug}/`: other addresses of the same page carry the ID, too.
    return (path.encode(), parts[1].encode()) if len(parts) > 2 else (path.encode(),)
