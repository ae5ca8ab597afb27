"""Orphans: what lies at a target and belongs to no release, live or kept. Found by listing it.

Where a target keeps whole releases, pushes delete those that are too old; what is left to find are
those that never went live.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from static_export import kept
from static_export.carrying import lock_path
from static_export.errors import ExportError
from static_export.keeping import everything_of, lose_mentions
from static_export.live import live_items
from static_export.lock import push_lock
from static_export.manifest import Artifact
from static_export.paths import INDEX
from static_export.release import is_ours
from static_export.retry import persistently
from static_export.rollback import kept_releases
from static_export.state import PRIVATE, STATE_KEY, State, shard_key
from static_export.targets import open_target
from static_export.targets.base import ObjectTarget, ReleaseArchive, ReleaseTarget, Target
from static_export.targets.directory import INCOMING, RULES

Found = tuple[tuple[str, str], ...]
# Seconds after which a release that is not live yet is not on its way any more, whoever made it.
LONGEST_RELEASE = 3600.0
STRANDED = "announced by a push that did not end"


def collect_garbage(*, target: str | Target, state: Path, dry_run: bool = False) -> Found:
    """Delete orphans and return them with reasons; refused while a push has not ended.

    Lists the whole target, so it is for now and then; pushes clean up after themselves.
    """
    place = open_target(target) if isinstance(target, str) else target
    try:
        if isinstance(place, ReleaseTarget):
            return _stranded(place, state, dry_run=dry_run)
        with push_lock(lock_path(state, place.name)) as lock:
            remembered = kept_releases(place)
            if remembered.live is None or remembered.intent is not None:
                raise ExportError(
                    "unfinished",
                    f"A push to {place.name} has not ended (or none was begun), so that nobody can "
                    "say what belongs there. Push again, then collect.",
                )
            if remembered.losing and not dry_run:
                # More than a push may read, and most of what there is to list here.
                numbers = [release.number for release in remembered.releases]
                lose_mentions(place, numbers, remembered.losing)
                lock.check()
                remembered = replace(remembered, losing=())
                data = remembered.encoded()
                persistently(lambda: place.write_state(STATE_KEY, data), STATE_KEY)
            orphans = tuple(sorted(_orphans(place, remembered)))
            if not dry_run:
                with ThreadPoolExecutor(max_workers=place.parallel) as pool:
                    for _ in pool.map(lambda found: _drop(place, found[0]), orphans):
                        lock.check()
            return orphans
    finally:
        place.close()


def _drop(place: ObjectTarget, key: str) -> None:
    persistently(lambda: place.delete_state(key), key)


def _stranded(target: ReleaseTarget, state: Path, *, dry_run: bool) -> Found:
    """Delete what pushes that died had announced to a target that keeps whole releases."""
    if not isinstance(target, ReleaseArchive):
        raise ExportError("bad-target", f"{target.name} keeps nothing of ours: nothing to do.")
    with push_lock(lock_path(state, target.name)) as lock:
        announced = target.stranded(time.time() - LONGEST_RELEASE)
        found = tuple((name, STRANDED) for name, title in announced if is_ours(title))
        if not dry_run:
            for name, _ in found:
                lock.check()
                target.delete_deploy(name)
        return found


def _orphans(place: ObjectTarget, state: State) -> Iterator[tuple[str, str]]:
    assert state.live is not None  # noqa: S101 -- asked before
    items = live_items(place, state.live.shards)
    private = {STATE_KEY, *(shard_key(ref) for ref in state.live.shards), *state.garbage}
    for number in {*(release.number for release in state.releases), *state.expired}:
        private.update(everything_of(number, place))
    for key in place.all_keys():
        if key.startswith(f"{INCOMING}/") or key in private:
            continue
        if key.startswith(f"{RULES}/"):
            address, _, _ = key.removeprefix(f"{RULES}/").rpartition("/")
            item = items.get(address) or items.get(f"{address}/{INDEX}".lstrip("/"))
            if item is None or isinstance(item, Artifact):
                yield key, "a rule that no manifest has"
        elif key.startswith((f"{kept.FOLDER}/", f"{kept.NOTES}/")):
            yield key, "of a release that is not kept"
        elif key.startswith(f"{PRIVATE}/"):
            yield key, "a shard that no manifest names"
        elif key not in items and key not in state.retired:
            yield key, "a file that no manifest has"
