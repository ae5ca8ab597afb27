"""Back to an earlier release where a target keeps whole ones: by their digests.

The same promises as `rollback` makes for folders and buckets: a new release, minus all that is not
public now. Files of the past are read at the address of their release, to see whether they mention
what was withdrawn since; nothing is sent that the target still has.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from static_export import kept
from static_export.carrying import Done, Means
from static_export.diff import GROUP_PHASE, Action, Reason, group_of
from static_export.edge.netlify import HEADERS_FILE, REDIRECTS_FILE
from static_export.errors import ExportError
from static_export.manifest import Artifact, Item, Root
from static_export.paths import object_key, url_path
from static_export.release import released_identity, remember, sha1_of, title_of, unknown_file
from static_export.remembered import Releases, Remembered
from static_export.report import step_counter
from static_export.taken import Entry, Taken
from static_export.targets.base import ReleaseArchive, ReleaseTarget

RESERVED = frozenset({HEADERS_FILE, REDIRECTS_FILE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What the target shall hold: the live release with some files of the past."""

    target: ReleaseTarget
    root: Root
    title: str
    digests: Mapping[str, str]
    actions: tuple[Action, ...]
    past: Remembered
    rules: str
    settled: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return not self.actions

    def items(self) -> Mapping[str, Item]:
        """As far as this machine knows them: what becomes again what it was."""
        return {action.key: action.item for action in self.actions if action.item}

    def carry_out(self, means: Means) -> Done:
        """Release it; what the target has lost meanwhile is read where the past can be seen."""

        def read(path: str) -> bytes:
            return _read(self.target, self.past, path)

        released = self.target.release(self.title, self.digests, read, means.lock.check)
        sys.audit("policetube.step", "release.returned")
        remember(
            self.target, means.known, self.root, released, self.digests, self.rules, means.keep
        )
        tell = step_counter(len(self.actions), means.progress)
        for action in self.actions:
            tell(action)
        purged: tuple[str, ...] = ()
        if means.purger:
            purged = means.purger.purge(url_path(action.key) for action in self.actions)
        return Done(resumed=0, purged=purged, url=released.url)


def prepare_return(
    target: ReleaseTarget,
    known: Releases,
    sequence: int,
    without: tuple[str, ...],
    taken: Taken,
) -> Return:
    """Decide what becomes again what it was; raise `unknown-release`. Writes nothing."""
    identity = released_identity(target)
    if identity is None:
        raise ExportError("unknown-release", f"{target.name} holds no site of ours: push one.")
    epoch, now_at = identity
    past = _past(target, known, epoch, sequence)
    there = target.published_digests()
    down = tuple(sorted(map(url_path, taken.entries())))
    chosen = _chosen(target, past, there, (*without, *down))
    digests = {**there, **{path: past.digests[path] for path in chosen}}
    latest = known.latest()
    same_rules = latest and there.get(REDIRECTS_FILE) == sha1_of(latest.rules.encode())
    return Return(
        target=target,
        # An identity: no shards travel to such a target.
        root=Root(epoch=epoch, sequence=now_at, built_with="", shards=()),
        title=title_of(epoch, now_at, _mark(digests)),
        digests=digests,
        actions=tuple(_actions(chosen, there)),
        past=past,
        rules=latest.rules if latest and same_rules else "",
    )


def _past(target: ReleaseTarget, known: Releases, epoch: str, sequence: int) -> Remembered:
    releases = known.all()
    # The last one is what is live.
    found = [one for one in releases[:-1] if one.sequence == sequence]
    if not found:
        before = ", ".join(str(one.sequence) for one in releases[:-1]) or "none"
        raise ExportError(
            "unknown-release",
            f"Nothing is known here of a release of change {sequence} at {target.name}. Known "
            f"are those of: {before}.",
        )
    if found[-1].epoch != epoch:
        raise ExportError(
            "foreign-epoch",
            f"The release of change {sequence} at {target.name} is one of another database: push "
            "a build instead.",
        )
    return found[-1]


def _chosen(
    target: ReleaseTarget, past: Remembered, there: Mapping[str, str], without: tuple[str, ...]
) -> dict[str, Artifact]:
    """Files that become again what they were; each is looked at where the past can be seen."""
    wanted: list[str] = []
    hidden = {needle for path in without for needle in kept.mentions(path)}
    for path, sha1 in past.digests.items():
        if path in RESERVED or there.get(path) == sha1:
            continue
        if path in there or group_of(path) == "asset":
            wanted.append(path)
        elif group_of(path) == "page":
            hidden.update(kept.mentions(url_path(path)))
        else:
            hidden.add(url_path(path).encode())
    stays = {object_key(path) for path in without}

    def look(path: str) -> Artifact | None:
        data = _read(target, past, path)
        if any(needle in data for needle in hidden):
            return None
        digest = hashlib.sha256(data).hexdigest()
        return replace(unknown_file(path), sha256=digest, size=len(data))

    wanted = [path for path in wanted if path not in stays]
    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        found = zip(wanted, pool.map(look, wanted), strict=True)
        return {path: item for path, item in found if item}


def _read(target: ReleaseTarget, past: Remembered, path: str) -> bytes:
    """The bytes of a file of the past, checked by their digest."""
    data = target.read_from(past.url, path) if isinstance(target, ReleaseArchive) else None
    if data is None or sha1_of(data) != past.digests.get(path):
        raise ExportError(
            "unknown-release",
            f"{path} of change {past.sequence} is not at {past.url or target.name} any more: "
            "choose a later release, or push a build.",
        )
    return data


def _actions(chosen: Mapping[str, Artifact], there: Mapping[str, str]) -> Iterator[Action]:
    for path, item in sorted(chosen.items()):
        yield Action(
            phase=GROUP_PHASE[item.group],
            key=path,
            item=item,
            reason=Reason.EARLIER,
            replaces=item if path in there else None,
            place=path,
        )


def _mark(digests: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(digests), sort_keys=True).encode()).hexdigest()
