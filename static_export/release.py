"""Pushing to a target that publishes a whole site in one step: every digest, then what it lacks.

Epoch, sequence and the hash of the manifest travel in the release's title, the only thing that
the target keeps for us; what is live is told by the digests it lists.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from static_export.build import Build
from static_export.diff import Action, check_identity, check_removals, plan, removed_keys
from static_export.edge.netlify import HEADERS_FILE, REDIRECTS_FILE, headers_file, redirects_file
from static_export.errors import ExportError
from static_export.lock import PushLock
from static_export.manifest import Artifact, Gone, Item, Root
from static_export.paths import url_path
from static_export.purge import Purger
from static_export.report import Progress, step_counter
from static_export.rules import GONE_PAGE
from static_export.taken import Entry, Taken
from static_export.targets.base import ReleaseArchive, ReleaseTarget
from static_export.verify import Bodies, Verdict

MARK = "policetube"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One build for one release target, and what it changes there.

    `settled` was taken down because of changes that this build contains.
    """

    build: Build
    target: ReleaseTarget
    title: str
    bodies: dict[str, Item | bytes]
    digests: dict[str, str]
    actions: tuple[Action, ...]
    is_done: bool
    taken: Taken
    settled: Mapping[str, Entry]


def prepare_release(
    build: Build, target: ReleaseTarget, taken: Taken, accept_epoch: bool, mass_delete: bool
) -> Release:
    """Compare the build with what is live; refuse what must not be done. Writes nothing."""
    settled = taken.known(build.root)
    title = _title(build.root)
    published = target.published_title()
    if published == title:
        return Release(
            build=build,
            target=target,
            title=title,
            bodies={},
            digests={},
            actions=(),
            is_done=True,
            taken=taken,
            settled=settled,
        )
    identity = _identity(published)
    if identity:
        check_identity(build.root, *identity, target.name, accept_epoch=accept_epoch)
    held = taken.held(build.root)
    items = {key: item for key, item in build.items().items() if key not in held}
    bodies = _bodies(build, items, target)
    digests = _digests(build, bodies, target.parallel)
    there = target.published_digests()
    actions = plan(_live(there, items, digests), items, {})
    live_count = len(there.keys() - {HEADERS_FILE, REDIRECTS_FILE})
    check_removals(removed_keys(actions), live_count, allow_mass_delete=mass_delete)
    return Release(
        build=build,
        target=target,
        title=title,
        bodies=bodies,
        digests=digests,
        actions=actions,
        is_done=False,
        taken=taken,
        settled=settled,
    )


def release(
    job: Release, lock: PushLock, purger: Purger | None, progress: Progress | None
) -> tuple[int, tuple[str, ...]]:
    """Publish; return how many changed files the target already had, and the URLs purged."""

    def read(path: str) -> bytes:
        return _read(job.build, job.bodies[path])

    sent = job.target.release(job.title, job.digests, read, lock.check)
    # Withdrawn while the release was on its way.
    late = job.taken.held(job.build.root) & job.digests.keys()
    if late:
        take_out(job.target, late, lock.check)
    job.taken.drop(job.settled)
    tell = step_counter(len(job.actions), progress)
    for action in job.actions:
        tell(action)
    uploads = {action.key for action in job.actions if isinstance(action.item, Artifact)}
    purged: tuple[str, ...] = ()
    if purger:
        purged = purger.purge(url_path(action.key) for action in job.actions)
    return len(uploads - set(sent)), purged


def take_out(
    target: ReleaseTarget, keys: frozenset[str], check: Callable[[], None]
) -> frozenset[str]:
    """Release what is live without some files, and delete every release that holds one of them.

    Deletes too what an unfinished push was about to release: that push fails, and the next one
    knows better. Returns the keys that were live. An archive that cannot be asked is left alone.
    """
    there = target.published_digests()
    found = keys & there.keys()
    if found:
        digests = {path: sha1 for path, sha1 in there.items() if path not in keys}
        target.release(_reduced(target.published_title()), digests, _nothing_new, check)
        sys.audit("policetube.step", "release.reduced")
    if isinstance(target, ReleaseArchive):
        for deploy in target.deploys_holding(sorted(keys)):
            target.delete_deploy(deploy)
    return found


def left_in(target: ReleaseTarget, keys: frozenset[str]) -> dict[str, str]:
    """Which of the keys the target still holds, live or in earlier releases, and where."""
    left = dict.fromkeys(sorted(keys & target.published_digests().keys()), "still live")
    if not isinstance(target, ReleaseArchive):
        return left | dict.fromkeys(keys - left.keys(), "earlier releases cannot be asked")
    for key in sorted(keys - left.keys()):
        if held := target.deploys_holding([key]):
            left[key] = f"still in release {held[0]}"
    return left


def _nothing_new(path: str) -> bytes:
    raise ExportError(
        "target-failed", f"The target asks for the bytes of {path}, which it had a moment ago."
    )


def _reduced(title: str | None) -> str:
    """Title of a release that lacks something: of the same change, and never taken for whole."""
    identity = _identity(title)
    return json.dumps({MARK: [*identity, "reduced"] if identity else "reduced"})


def verify_release(build: Build, target: ReleaseTarget) -> Verdict:
    """Compare the digests of everything the target should hold with those it lists."""
    expected = _digests(build, _bodies(build, build.items(), target), target.parallel)
    there = target.published_digests()
    wrong = {
        path: "the bytes differ" if path in there else "absent"
        for path, sha1 in expected.items()
        if there.get(path) != sha1
    }
    wrong |= dict.fromkeys(there.keys() - expected.keys(), "is there, and should not be")
    right = (path for path in expected if path not in wrong)
    return Verdict(right=tuple(right), wrong=tuple(sorted(wrong.items())))


def _bodies(build: Build, items: dict[str, Item], target: ReleaseTarget) -> dict[str, Item | bytes]:
    """Every file of the release: artifacts by name, generated ones by content."""
    for reserved in (HEADERS_FILE, REDIRECTS_FILE):
        if reserved in items:
            raise ExportError(
                "bad-manifest", f"{target.name} keeps {reserved} for itself: rename that file."
            )
    files: dict[str, Item | bytes] = {
        key: item for key, item in items.items() if isinstance(item, Artifact)
    }
    gone = next((item for item in items.values() if isinstance(item, Gone)), None)
    if gone and GONE_PAGE not in files:
        files[GONE_PAGE] = Bodies(build).of(gone)
    files[HEADERS_FILE] = headers_file(items.values(), target.media_origin)
    files[REDIRECTS_FILE] = redirects_file(items.values())
    return files


def _digests(build: Build, bodies: dict[str, Item | bytes], parallel: int) -> dict[str, str]:
    def digest(body: Item | bytes) -> str:
        return hashlib.sha1(_read(build, body), usedforsecurity=False).hexdigest()

    with ThreadPoolExecutor(max_workers=parallel) as pool:
        return dict(zip(bodies, pool.map(digest, bodies.values()), strict=True))


def _read(build: Build, body: Item | bytes) -> bytes:
    return body if isinstance(body, bytes) else Bodies(build).of(body)


def _live(
    there: dict[str, str], items: dict[str, Item], digests: dict[str, str]
) -> dict[str, Item]:
    """What is live, as far as digests tell: equal files, other files, and equal rules."""
    live: dict[str, Item] = {}
    for path, sha1 in there.items():
        if path in {HEADERS_FILE, REDIRECTS_FILE}:
            continue
        item = items.get(path)
        same = isinstance(item, Artifact) and digests.get(path) == sha1
        live[path] = item if same and item else _unknown(path)
    if there.get(REDIRECTS_FILE) == digests[REDIRECTS_FILE]:
        live |= {
            key: item
            for key, item in items.items()
            if not isinstance(item, Artifact) and key not in live
        }
    return live


def _unknown(path: str) -> Artifact:
    """A live file of which only the path is known."""
    return Artifact(
        path=path,
        sha256="",
        size=0,
        type="application/octet-stream",
        cache="page",
        group="asset" if path.startswith("assets/") else "page",
    )


def _title(root: Root) -> str:
    manifest = hashlib.sha256(json.dumps(root.as_json(), sort_keys=True).encode()).hexdigest()
    return json.dumps({MARK: [root.epoch, root.sequence, manifest[:16]]})


def _identity(title: str | None) -> tuple[str, int] | None:
    """Epoch and sequence of what is live, if it was us who released it."""
    try:
        epoch, sequence, _ = json.loads(title or "")[MARK]
        return str(epoch), int(sequence)
    except (ValueError, KeyError, TypeError):
        return None


def released_identity(target: ReleaseTarget) -> tuple[str, int] | None:
    """Epoch and sequence of what the target shows, if it was us who released it."""
    return _identity(target.published_title())
