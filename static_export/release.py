"""Pushing to a target that publishes a whole site in one step: every digest, then what it lacks.

Epoch, sequence and the hash of the manifest travel in the release's title, the only thing that
the target keeps for us; what is live is told by the digests it lists.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from static_export.build import Build
from static_export.carrying import Done, Means
from static_export.diff import (
    Action,
    check_identity,
    check_removals,
    group_of,
    plan,
    removed_keys,
)
from static_export.edge.netlify import (
    HEADERS_FILE,
    REDIRECTS_FILE,
    headers_file,
    redirect_line,
    redirects_file,
)
from static_export.errors import ExportError
from static_export.manifest import Artifact, Gone, Item, Root
from static_export.paths import url_path
from static_export.remembered import Releases, Remembered
from static_export.report import step_counter
from static_export.rules import GONE_PAGE
from static_export.taken import Entry, Taken
from static_export.targets.base import ReleaseArchive, Released, ReleaseTarget
from static_export.verify import Bodies, Verdict
from static_export.watched import tombstone

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
    draft: bool = False

    @property
    def root(self) -> Root:
        return self.build.root

    def items(self) -> Mapping[str, Item]:
        """All of the build, by object key."""
        return self.build.items()

    def carry_out(self, means: Means) -> Done:
        """Publish, remember what was published, and delete what is older than what is kept."""
        return _release(self, means)


def prepare_release(
    build: Build,
    target: ReleaseTarget,
    taken: Taken,
    accept_epoch: bool,
    mass_delete: bool,
    draft: bool = False,
) -> Release:
    """Compare the build with what is live; refuse what must not be done. Writes nothing."""
    settled = {} if draft else taken.known(build.root)
    title = _title(build.root)
    published = target.published_title()
    if published == title and not draft:
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
    if identity and not draft:
        check_identity(build.root, *identity, target.name, accept_epoch=accept_epoch)
    held = taken.held(build.root)
    items = build.items() | {key: tombstone(key) for key in held}
    bodies = _bodies(build, items, target)
    digests = _digests(build, bodies, target.parallel)
    there = target.published_digests()
    actions = plan(_live(there, items, digests), items, {})
    live_count = len(there.keys() - {HEADERS_FILE, REDIRECTS_FILE})
    check_removals(removed_keys(actions), live_count, allow_mass_delete=mass_delete or draft)
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
        draft=draft,
    )


def _release(job: Release, means: Means) -> Done:
    lock, known = means.lock, means.known

    def read(path: str) -> bytes:
        return _read(job.build, job.bodies[path])

    released = job.target.release(job.title, job.digests, read, lock.check, draft=job.draft)
    # Withdrawn while the release was on its way.
    late = job.taken.held(job.build.root) & job.digests.keys()
    if job.draft:
        if late:
            _delete(job.target, released.deploy)
            raise ExportError(
                "target-failed",
                f"{min(late)} was withdrawn meanwhile, so the draft was deleted: build again.",
            )
    else:
        rules = _rules(job.bodies)
        remember(job.target, known, job.build.root, released, job.digests, rules, means.keep)
        if late:
            take_out(job.target, late, lock.check, known)
        job.taken.drop(job.settled)
    tell = step_counter(len(job.actions), means.progress)
    for action in job.actions:
        tell(action)
    uploads = {action.key for action in job.actions if isinstance(action.item, Artifact)}
    purged: tuple[str, ...] = ()
    if means.purger and not job.draft:
        purged = means.purger.purge(url_path(action.key) for action in job.actions)
    return Done(resumed=len(uploads - set(released.sent)), purged=purged, url=released.url)


def remember(
    target: ReleaseTarget,
    known: Releases,
    root: Root,
    released: Released,
    digests: Mapping[str, str],
    rules: str,
    keep: int,
) -> None:
    """Note a release that is live; what is older than those that are kept goes from the target."""
    old = known.add(
        Remembered(
            epoch=root.epoch,
            sequence=root.sequence,
            deploy=released.deploy,
            url=released.url,
            digests=digests,
            rules=rules,
        ),
        keep=keep,
    )
    sys.audit("policetube.step", "release.noted")
    for release in old:
        _delete(target, release.deploy)


def _delete(target: ReleaseTarget, deploy: str) -> None:
    if isinstance(target, ReleaseArchive):
        target.delete_deploy(deploy)


def _rules(bodies: Mapping[str, Item | bytes]) -> str:
    rules = bodies[REDIRECTS_FILE]
    return rules.decode() if isinstance(rules, bytes) else ""


def take_out(
    target: ReleaseTarget,
    keys: frozenset[str],
    check: Callable[[], None],
    known: Releases,
) -> frozenset[str]:
    """Release what is live without some files, and delete every release that holds one of them.

    Their addresses answer 410 if the rules of what is live are known here, else 404. Deletes too
    what an unfinished push was about to release: that push fails, and the next one knows better.
    Returns the keys that were live. An archive that cannot be asked is left alone.
    """
    there = target.published_digests()
    found = keys & there.keys()
    if found:
        digests = {path: sha1 for path, sha1 in there.items() if path not in keys}
        rules = _with_tombstones(known.latest(), there, found)
        if rules:
            digests[REDIRECTS_FILE] = sha1_of(rules)
        title = target.published_title()
        released = target.release(_reduced(title), digests, _only(rules), check)
        sys.audit("policetube.step", "release.reduced")
        if identity := _identity(title):
            epoch, sequence = identity
            known.add(
                Remembered(
                    epoch=epoch,
                    sequence=sequence,
                    deploy=released.deploy,
                    url=released.url,
                    digests=digests,
                    rules=rules.decode(),
                ),
                # The next push sees to what is too old.
                keep=len(known),
            )
    if isinstance(target, ReleaseArchive):
        for deploy in target.deploys_holding(sorted(keys)):
            target.delete_deploy(deploy)
            known.drop(deploy)
    return found


def _with_tombstones(
    latest: Remembered | None, there: Mapping[str, str], gone: Iterable[str]
) -> bytes:
    """The rules of what is live and one more for each address; empty if they are not known here."""
    if latest is None or there.get(REDIRECTS_FILE) != sha1_of(latest.rules.encode()):
        return b""
    lines = set(latest.rules.splitlines())
    lines |= {line for key in gone if (line := redirect_line(Gone(path=url_path(key))))}
    return "".join(f"{line}\n" for line in sorted(lines)).encode()


def sha1_of(data: bytes) -> str:
    """The digest that such targets know files by, in hex."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def left_in(target: ReleaseTarget, keys: frozenset[str]) -> dict[str, str]:
    """Which of the keys the target still holds, live or in earlier releases, and where."""
    left = dict.fromkeys(sorted(keys & target.published_digests().keys()), "still live")
    if not isinstance(target, ReleaseArchive):
        return left | dict.fromkeys(keys - left.keys(), "earlier releases cannot be asked")
    for key in sorted(keys - left.keys()):
        if held := target.deploys_holding([key]):
            left[key] = f"still in release {held[0]}"
    return left


def _only(rules: bytes) -> Callable[[str], bytes]:
    """Bytes of the rules, and of nothing else."""

    def read(path: str) -> bytes:
        if path == REDIRECTS_FILE and rules:
            return rules
        raise ExportError(
            "target-failed", f"The target asks for the bytes of {path}, which it had a moment ago."
        )

    return read


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
        return sha1_of(_read(build, body))

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
        live[path] = item if same and item else unknown_file(path)
    if there.get(REDIRECTS_FILE) == digests[REDIRECTS_FILE]:
        live |= {
            key: item
            for key, item in items.items()
            if not isinstance(item, Artifact) and key not in live
        }
    return live


def unknown_file(path: str) -> Artifact:
    """A file of which only the path is known."""
    return Artifact(
        path=path,
        sha256="",
        size=0,
        type="application/octet-stream",
        cache="page",
        group=group_of(path),
    )


def _title(root: Root) -> str:
    manifest = hashlib.sha256(json.dumps(root.as_json(), sort_keys=True).encode()).hexdigest()
    return title_of(root.epoch, root.sequence, manifest)


def title_of(epoch: str, sequence: int, mark: str) -> str:
    """The title of a release; `mark` tells it from others of the same change."""
    return json.dumps({MARK: [epoch, sequence, mark[:16]]})


def _identity(title: str | None) -> tuple[str, int] | None:
    """Epoch and sequence of what is live, if it was us who released it."""
    try:
        epoch, sequence, _ = json.loads(title or "")[MARK]
        return str(epoch), int(sequence)
    except (ValueError, KeyError, TypeError):
        return None


def is_ours(title: str | None) -> bool:
    """Whether a release with this title was made here, whole or reduced."""
    try:
        return MARK in json.loads(title or "")
    except (ValueError, TypeError):
        return False


def released_identity(target: ReleaseTarget) -> tuple[str, int] | None:
    """Epoch and sequence of what the target shows, if it was us who released it."""
    return _identity(target.published_title())
