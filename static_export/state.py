"""What a target remembers: the manifest that is live there, and the push that has not ended.

One small document, `.policetube/state.json`, replaced in one write, is the only commit point.
Shards lie beside it under names that contain their hash, so no write ever changes one in place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from static_export.errors import ExportError
from static_export.kept import Release, decode_release
from static_export.manifest import (
    VERSION,
    Root,
    Shard,
    ShardRef,
    load_json,
    parse_root,
    parse_shard,
)

PRIVATE = ".policetube"
STATE_KEY = f"{PRIVATE}/state.json"
# Files kept of earlier releases that a push reads after a withdrawal; publications wait for it.
SURVEYED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a push is about to do, stored before its first byte; `fence` is its lock's token.

    `removed` are those of `keys` whose removal has passed the cap, so that finishing asks no one;
    `withdrawn` those of pages and listings that go or move, of which no copy is kept.
    `number` is the release that it takes the place of, under which replaced bytes are kept. `done`:
    what a push that was interrupted had put, with its hash. `left`: those of which a rollback keeps
    no copy, for a build at hand has the same bytes.
    """

    epoch: str
    sequence: int
    fence: int
    keys: tuple[str, ...]
    removed: tuple[str, ...]
    shards: tuple[str, ...]
    number: int = 0
    done: Mapping[str, str] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The live root, the unfinished intent, and shards that nothing names any more.

    `releases` are the earlier ones that are kept, oldest first; `expired` the numbers of those that
    are to be deleted; `number` that of the live one. `losing`: keys that were withdrawn, of which
    what is kept may still speak: a rollback looks, until a push has. `retired`: assets that nothing
    names any more, with the Unix time since when.
    """

    live: Root | None = None
    intent: Intent | None = None
    garbage: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()
    expired: tuple[int, ...] = ()
    losing: tuple[str, ...] = ()
    number: int = 0
    retired: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_surveyable(self) -> bool:
        """Whether so little is kept of earlier releases that a push may read all of it."""
        return sum(release.replaced for release in self.releases) <= SURVEYED

    def encoded(self) -> bytes:
        """Equal states are equal bytes."""
        intent: dict[str, Any] | None = None
        if self.intent:
            intent = {
                "epoch": self.intent.epoch,
                "sequence": self.intent.sequence,
                "fence": self.intent.fence,
                "keys": list(self.intent.keys),
                "removed": list(self.intent.removed),
                "shards": list(self.intent.shards),
                "number": self.intent.number,
                "done": dict(self.intent.done),
                "withdrawn": list(self.intent.withdrawn),
                "left": list(self.intent.left),
            }
        value = {
            "version": VERSION,
            "live": self.live.as_json() if self.live else None,
            "intent": intent,
            "garbage": list(self.garbage),
            "releases": [release.as_json() for release in self.releases],
            "expired": list(self.expired),
            "losing": list(self.losing),
            "number": self.number,
            "retired": dict(self.retired),
        }
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def shard_key(ref: ShardRef) -> str:
    """Where a target keeps one version of a shard."""
    return f"{PRIVATE}/shards/{ref.name}-{ref.sha256[:20]}.json"


def decode_state(data: bytes | None, target: str) -> State:
    """Read what the target remembers; nothing there is an empty state."""
    if data is None:
        return State()
    try:
        value = load_json(data, STATE_KEY)
        live, intent = value["live"], value["intent"]
        return State(
            live=parse_root(live, STATE_KEY) if live is not None else None,
            intent=_intent(intent) if intent is not None else None,
            garbage=tuple(str(key) for key in value["garbage"]),
            # Absent where no release was kept yet.
            releases=tuple(decode_release(entry) for entry in value.get("releases", ())),
            expired=tuple(int(number) for number in value.get("expired", ())),
            losing=tuple(str(key) for key in value.get("losing", ())),
            number=int(value.get("number", 0)),
            retired={str(key): float(at) for key, at in value.get("retired", {}).items()},
        )
    except (AttributeError, KeyError, TypeError, ValueError, ExportError) as error:
        raise _damaged(STATE_KEY, target) from error


def decode_shard(data: bytes | None, ref: ShardRef, target: str) -> Shard:
    """Read a shard that the target keeps, checked against its root."""
    if data is None or hashlib.sha256(data).hexdigest() != ref.sha256:
        raise _damaged(shard_key(ref), target)
    return parse_shard(load_json(data, ref.path), ref.path)


def _intent(value: dict[str, Any]) -> Intent:
    return Intent(
        epoch=str(value["epoch"]),
        sequence=int(value["sequence"]),
        fence=int(value["fence"]),
        keys=tuple(str(key) for key in value["keys"]),
        removed=tuple(str(key) for key in value["removed"]),
        shards=tuple(str(key) for key in value["shards"]),
        number=int(value.get("number", 0)),
        done={str(key): str(sha256) for key, sha256 in value.get("done", {}).items()},
        withdrawn=tuple(str(key) for key in value.get("withdrawn", value["removed"])),
        left=tuple(str(key) for key in value.get("left", ())),
    )


def _damaged(key: str, target: str) -> ExportError:
    return ExportError(
        "damaged-state",
        f"{key} at {target} is missing or damaged, so what is live there is unknown. Delete "
        f"{STATE_KEY} there and push again: every file is then uploaded anew.",
    )
