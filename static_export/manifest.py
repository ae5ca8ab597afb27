"""The manifest, version 1: what a build holds. Format: `docs/manifest.md`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import orjson

from static_export.errors import ExportError
from static_export.paths import check_location, check_path, object_key

VERSION = 1
Group = Literal["asset", "page", "listing"]
GROUPS: tuple[Group, ...] = ("asset", "page", "listing")
CachePolicy = Literal["immutable", "page", "listing", "urgent"]
CACHE_CONTROL: Mapping[CachePolicy, str] = {
    "immutable": "public, max-age=31536000, immutable",
    "page": "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400",
    "listing": "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400",
    # Stale only where nobody answers: what is urgent is not served once more while it is renewed.
    "urgent": "public, max-age=10, stale-if-error=86400",
}
REDIRECT_STATUSES = (301, 308)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHARD_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One output file; `size` in bytes, `sha256` in hex."""

    path: str
    sha256: str
    size: int
    type: str
    cache: CachePolicy
    group: Group

    @property
    def key(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """A URL path that answers with another address; `to` is fit for a Location header."""

    source: str
    to: str
    status: int

    @property
    def key(self) -> str:
        return object_key(self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A URL path that answers 410."""

    path: str

    @property
    def key(self) -> str:
        return object_key(self.path)


Item = Artifact | Redirect | Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One part of the manifest; every item answers another URL."""

    name: str
    items: Mapping[str, Item]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRef:
    """What the root says of a shard; `count` is the number of its artifacts."""

    name: str
    path: str
    sha256: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The identity of a build and its shards, ordered by name."""

    epoch: str
    sequence: int
    built_with: str
    shards: tuple[ShardRef, ...]

    @property
    def artifact_count(self) -> int:
        return sum(shard.count for shard in self.shards)

    def as_json(self) -> dict[str, Any]:
        """The JSON form of `dist/manifest.json`."""
        return {
            "version": VERSION,
            "epoch": self.epoch,
            "sequence": self.sequence,
            "built_with": self.built_with,
            "shards": [
                {"name": ref.name, "path": ref.path, "sha256": ref.sha256, "count": ref.count}
                for ref in self.shards
            ],
        }


def load_json(data: bytes, where: str) -> dict[str, Any]:
    """Decode one JSON object of version 1; `where` names it in the error."""
    try:
        value = orjson.loads(data)
    except ValueError as error:
        raise _bad(where, f"is not JSON ({error})") from error
    if not isinstance(value, dict):
        raise _bad(where, "is not a JSON object")
    if value.get("version") != VERSION:
        raise _bad(where, f"has version {value.get('version')!r}; this exporter reads {VERSION}")
    return value


def parse_root(value: Mapping[str, Any], where: str) -> Root:
    """Read and check a root; raise `bad-manifest` or `bad-path`."""
    shards = tuple(_shard_ref(entry, where) for entry in _list(value, "shards", where))
    names = [shard.name for shard in shards]
    if names != sorted(set(names)):
        raise _bad(where, "lists its shards out of order or twice")
    return Root(
        epoch=_text(value, "epoch", where),
        sequence=_whole(value, "sequence", where),
        built_with=_text(value, "built_with", where),
        shards=shards,
    )


def parse_shard(value: Mapping[str, Any], where: str) -> Shard:
    """Read and check a shard; two items for one URL are refused."""
    found: list[Item] = []
    found += (_artifact(entry, where) for entry in _list(value, "artifacts", where))
    found += (_redirect(entry, where) for entry in _list(value, "redirects", where))
    for path in _list(value, "gone", where):
        if not isinstance(path, str):
            raise _bad(where, f"has a gone path that is not text: {path!r}")
        object_key(path)
        found.append(Gone(path=path))
    items: dict[str, Item] = {}
    for item in found:
        if item.key in items:
            raise _bad(where, f"says two things about {item.key}")
        items[item.key] = item
    return Shard(name=_shard_name(value, where), items=items)


def encode_shard(shard: Shard) -> bytes:
    """A shard as the site builder writes it; equal shards are equal bytes."""
    items = sorted(shard.items.values(), key=lambda item: item.key)
    value = {
        "version": VERSION,
        "name": shard.name,
        "artifacts": [asdict(item) for item in items if isinstance(item, Artifact)],
        "redirects": [
            {"from": item.source, "to": item.to, "status": item.status}
            for item in items
            if isinstance(item, Redirect)
        ],
        "gone": [item.path for item in items if isinstance(item, Gone)],
    }
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


def _artifact(entry: Any, where: str) -> Artifact:
    value = _object(entry, where)
    path = check_path(_text(value, "path", where))
    cache, group = value.get("cache"), value.get("group")
    if cache not in CACHE_CONTROL:
        raise _bad(where, f"gives {path} the unknown cache policy {cache!r}")
    if group not in GROUPS:
        raise _bad(where, f"gives {path} the unknown group {group!r}")
    media_type = _text(value, "type", where)
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise _bad(where, f"gives {path} the media type {media_type!r}")
    return Artifact(
        path=path,
        sha256=_sha256(value, where),
        size=_whole(value, "size", where),
        type=media_type,
        cache=cast(CachePolicy, cache),
        group=cast(Group, group),
    )


def _redirect(entry: Any, where: str) -> Redirect:
    value = _object(entry, where)
    source = _text(value, "from", where)
    key = object_key(source)
    status = value.get("status")
    if status not in REDIRECT_STATUSES:
        raise _bad(where, f"redirects {source} with status {status!r}; 301 and 308 are known")
    to = check_location(_text(value, "to", where))
    if to.startswith("/") and object_key(to.split("?")[0].split("#")[0]) == key:
        raise _bad(where, f"redirects {source} to itself")
    return Redirect(source=source, to=to, status=int(status))


def _shard_ref(entry: Any, where: str) -> ShardRef:
    value = _object(entry, where)
    return ShardRef(
        name=_shard_name(value, where),
        path=check_path(_text(value, "path", where)),
        sha256=_sha256(value, where),
        count=_whole(value, "count", where),
    )


def _shard_name(value: Mapping[str, Any], where: str) -> str:
    name = _text(value, "name", where)
    if not _SHARD_NAME.fullmatch(name):
        raise _bad(where, f"names a shard {name!r}")
    return name


def _object(entry: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(entry, dict):
        raise _bad(where, f"has {entry!r} where an object belongs")
    return entry


def _list(value: Mapping[str, Any], field: str, where: str) -> list[Any]:
    found = value.get(field)
    if not isinstance(found, list):
        raise _bad(where, f"has no list {field!r}")
    return found


def _text(value: Mapping[str, Any], field: str, where: str) -> str:
    found = value.get(field)
    if not isinstance(found, str) or not found:
        raise _bad(where, f"has no text {field!r}")
    return found


def _whole(value: Mapping[str, Any], field: str, where: str) -> int:
    found = value.get(field)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise _bad(where, f"has no whole number {field!r}")
    return found


def _sha256(value: Mapping[str, Any], where: str) -> str:
    found = _text(value, "sha256", where)
    if not _SHA256.fullmatch(found):
        raise _bad(where, f"has {found!r} where a SHA-256 in hex belongs")
    return found


def _bad(where: str, problem: str) -> ExportError:
    return ExportError("bad-manifest", f"{where} {problem}: build the site again.")
