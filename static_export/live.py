"""What manifests kept at a target say."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from static_export.manifest import Item, ShardRef
from static_export.retry import persistently
from static_export.state import decode_shard, shard_key
from static_export.targets.base import ObjectTarget


def live_items(target: ObjectTarget, refs: Iterable[ShardRef]) -> dict[str, Item]:
    """What shards of the live manifest say, by object key."""
    return items_kept(target, ((ref, shard_key(ref)) for ref in refs))


def items_kept(target: ObjectTarget, shards: Iterable[tuple[ShardRef, str]]) -> dict[str, Item]:
    """What shards say, each kept at a place of its own."""

    def read(shard: tuple[ShardRef, str]) -> dict[str, Item]:
        ref, place = shard
        data = persistently(lambda: target.read_state(place), place)
        return dict(decode_shard(data, ref, target.name).items)

    found: dict[str, Item] = {}
    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        for items in pool.map(read, shards):
            found |= items
    return found
