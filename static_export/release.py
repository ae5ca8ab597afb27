"""Pushing to a target that publishes a whole site in one step: every digest, then what it lacks.

Epoch, sequence and the hash of the manifest travel in the release's title, the only thing that
the target keeps for us; what is live is told by the digests it lists.
"""

from __future__ import annotations

import hashlib
import json
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
from static_export.targets.base import ReleaseTarget
from static_export.verify import Bodies, Verdict

MARK = "policetube"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One build for one release target, and what it changes there."""

    build: Build
    target: ReleaseTarget
    title: str
    bodies: dict[str, Item | bytes]
    digests: dict[str, str]
    actions: tuple[Action, ...]
    is_done: bool


def prepare_release(
    build: Build, target: ReleaseTarget, accept_epoch: bool, mass_delete: bool
) -> Release:
    """Compare the build with what is live; refuse what must not be done. Writes nothing."""
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
        )
    identity = _identity(published)
    if identity:
        check_identity(build.root, *identity, target.name, accept_epoch=accept_epoch)
    items = build.items()
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
    )


def release(
    job: Release, lock: PushLock, purger: Purger | None, progress: Progress | None
) -> tuple[int, tuple[str, ...]]:
    """Publish; return how many changed files the target already had, and the URLs purged."""

    def read(path: str) -> bytes:
        return _read(job.build, job.bodies[path])

    sent = job.target.release(job.title, job.digests, read, lock.check)
    tell = step_counter(len(job.actions), progress)
    for action in job.actions:
        tell(action)
    uploads = {action.key for action in job.actions if isinstance(action.item, Artifact)}
    purged: tuple[str, ...] = ()
    if purger:
        purged = purger.purge(url_path(action.key) for action in job.actions)
    return len(uploads - set(sent)), purged


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
