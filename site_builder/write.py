"""The output folder: files replaced whole, only where bytes changed, every begun write on record.

Before the first file is touched, the paths about to change go into a journal beside the store; it
is taken away only after the store's new state is committed. A build that finds a journal looks at
those paths again, so that a killed build leaves neither a stale page nor a forgotten one.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from site_builder import manifest
from site_builder.errors import BuilderError, ErrorCode


class Journal:
    """Paths that a write has begun with."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begun(self) -> list[str]:
        """Paths of an interrupted write; empty after a whole one."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        paths: list[str] = json.loads(text)
        return paths

    def begin(self, paths: Iterable[str]) -> None:
        """Put paths on record, those of an earlier interruption included, before any is touched."""
        text = json.dumps(sorted({*paths, *self.begun()}))
        temporary = self._path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)

    def end(self) -> None:
        """The write is whole."""
        self._path.unlink(missing_ok=True)


class Output:
    """The folder that is served or pushed."""

    def __init__(self, folder: Path, staging: Path) -> None:
        self.folder = folder
        self.staging = staging

    def prepare(self, *, known: bool) -> None:
        """Make the folders; refuse a folder with files that no build of ours has put there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not known and any(self.folder.iterdir()) and not self._root().exists():
            raise BuilderError(
                ErrorCode.OUTPUT_FOREIGN,
                f"{self.folder} is not empty and holds no {manifest.ROOT}. A build deletes what is "
                "not part of the site, so give it an empty folder.",
            )
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir(parents=True)

    def clear_staging(self) -> None:
        """Throw away what was rendered and not taken over."""
        shutil.rmtree(self.staging, ignore_errors=True)

    def _root(self) -> Path:
        return self.folder / manifest.ROOT

    def root(self) -> bytes | None:
        """The manifest's root as it lies there."""
        try:
            return self._root().read_bytes()
        except FileNotFoundError:
            return None

    def take(self, staged: str, path: str) -> None:
        """Put staged bytes in place, in one step."""
        target = self.folder / path
        source = self.staging / staged
        try:
            source.replace(target)
        except (FileNotFoundError, NotADirectoryError):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)

    def put(self, path: str, content: bytes) -> bool:
        """Write a small file in one step; answers whether its bytes changed."""
        target = self.folder / path
        with contextlib.suppress(FileNotFoundError):
            if target.read_bytes() == content:
                return False
        name = f"put-{os.getpid()}"
        (self.staging / name).write_bytes(content)
        self.take(name, path)
        return True

    def remove(self, path: str) -> bool:
        """Delete a file and the folders it leaves empty; answers whether it was there."""
        target = self.folder / path
        try:
            target.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return False
        for parent in target.parents:
            if parent == self.folder:
                break
            try:
                parent.rmdir()
            except OSError:
                break
        return True

    def strays(self, wanted: Iterable[str]) -> list[str]:
        """Files that lie in the folder and belong to nothing."""
        known = set(wanted)
        found = (
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file() or path.is_symlink()
        )
        return sorted(path for path in found if path not in known)
