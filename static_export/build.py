"""A build on disk, read with distrust: no path leaves it, every byte has the hash it claims."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from static_export.digests import sha256
from static_export.errors import ExportError
from static_export.manifest import (
    Artifact,
    Item,
    Root,
    Shard,
    ShardRef,
    load_json,
    parse_root,
    parse_shard,
)
from static_export.paths import check_path

MANIFEST = "manifest.json"
LONG = 1024 * 1024  # bytes of a file from which on one call may not read it whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A folder written by the site builder and the root of its manifest."""

    folder: Path
    root: Root

    @classmethod
    def open(cls, folder: Path) -> Build:
        """Read the root; raise `damaged-build` where there is none."""
        resolved = folder.resolve()
        _is_plain.cache_clear()
        data = _read(resolved, MANIFEST)
        root = parse_root(load_json(data, MANIFEST), MANIFEST)
        return cls(folder=resolved, root=root)

    def shard_bytes(self, ref: ShardRef) -> bytes:
        """The bytes of one shard, checked against the root."""
        data = _read(self.folder, ref.path)
        if hashlib.sha256(data).hexdigest() != ref.sha256:
            raise ExportError(
                "damaged-build",
                f"{ref.path} is not the shard that {MANIFEST} names: build the site again.",
            )
        return data

    def shard(self, ref: ShardRef) -> Shard:
        """One shard, checked against the root."""
        return parse_shard(load_json(self.shard_bytes(ref), ref.path), ref.path)

    def items(self, refs: tuple[ShardRef, ...] | None = None) -> dict[str, Item]:
        """What the given shards (all, if none are given) hold, by object key."""
        found: dict[str, Item] = {}
        for ref in self.root.shards if refs is None else refs:
            for key, item in self.shard(ref).items.items():
                if key in found:
                    raise ExportError(
                        "bad-manifest", f"Two shards speak of {key}: build the site again."
                    )
                found[key] = item
        return found

    def read(self, artifact: Artifact) -> bytes:
        """The bytes of one artifact; raise `damaged-build` if they are not what was built."""
        data = _read(self.folder, artifact.path, artifact.size)
        if len(data) != artifact.size or sha256(data) != artifact.sha256:
            raise ExportError(
                "damaged-build",
                f"{artifact.path} is not what was built (size or SHA-256 differ): nothing was "
                "replaced by it. Build the site again.",
            )
        return data


def _read(folder: Path, path: str, size: int = 0) -> bytes:
    """The bytes of a file that should be `size` long, or more than that many if it is longer.

    Without `Path.resolve`, which asks about every folder above, again, and without a file object,
    which asks the disk four times more: each time a thread queues for Python's lock.
    """
    name = f"{folder}/{check_path(path)}"
    try:
        if not _is_plain(os.path.dirname(name), str(folder)):  # noqa: PTH120 -- thrice as fast
            return _read_resolved(folder, path)
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return _read_resolved(folder, path)
    try:
        if 0 < size < LONG:
            return os.read(descriptor, size + 1)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(descriptor)


@lru_cache(maxsize=10_000)
def _is_plain(name: str, folder: str) -> bool:
    """Whether no part of a folder's name, below the build's, is a link."""
    if name == folder:
        return True
    above = os.path.dirname(name)  # noqa: PTH120
    return _is_plain(above, folder) and stat.S_ISDIR(os.lstat(name).st_mode)


def _read_resolved(folder: Path, path: str) -> bytes:
    file = (folder / path).resolve()
    if not file.is_relative_to(folder):
        raise ExportError("bad-path", f"{path} leads out of the build: remove that link.")
    try:
        return file.read_bytes()
    except OSError as error:
        raise ExportError(
            "damaged-build",
            f"{path} cannot be read from {folder} ({error.strerror}): build the site again.",
        ) from error
