"""The output folder: files replaced whole, only where bytes changed, every begun write on record.

Before the first file is touched, the paths about to change go into a journal beside the store; it
is taken away only after the store's new state is committed. A build that finds a journal looks at
those paths again, so that a killed build leaves neither a stale page nor a forgotten one.
"""

from __future__ import annotations

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

    def __init__(self, folder: Path, staging: Path, *, was_empty: bool = False) -> None:
        self.folder = folder
        self.staging = staging
        # Without a file when the build began: nothing to compare with, nothing to clear away.
        self.was_empty = was_empty

    def prepare(self, *, known: bool) -> None:
        """Make the folders; refuse a folder with files that no build of ours has put there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.was_empty = not any(self.folder.iterdir())
        if not known and not self.was_empty and not self._root().exists():
            raise BuilderError(
                ErrorCode.OUTPUT_FOREIGN,
                f"{self.folder} is not empty and holds no {manifest.ROOT}. A build deletes what is "
                "not part of the site, so give it an empty folder.",
            )
        self.clear_staging()
        self.staging.mkdir(parents=True)

    def clear_staging(self) -> None:
        """Throw away what was rendered and not taken over, by this build and by killed ones."""
        shutil.rmtree(self.staging.parent, ignore_errors=True)

    def _root(self) -> Path:
        return self.folder / manifest.ROOT

    def root(self) -> bytes | None:
        """The manifest's root as it lies there."""
        try:
            return self._root().read_bytes()
        except FileNotFoundError:
            return None

    def stage(self, path: str, content: bytes) -> bool:
        """Lay new bytes for `path` into the staging folder; False if the output has them."""
        if not self.was_empty and has(self.folder / path, content):
            return False
        stage(self.staging, path, content)
        return True

    def staged(self) -> list[str]:
        """What lies in the staging folder, in as few moves as there can be, ordered by path.

        A folder that the output does not have yet is moved with all that is in it: the first build
        of a large site takes a dozen moves.
        """
        found: list[str] = []
        open_folders = [""]
        while open_folders:
            above = open_folders.pop()
            with os.scandir(self.staging / above) as entries:
                for entry in entries:
                    path = f"{above}{entry.name}"
                    if entry.is_dir() and (self.folder / path).is_dir():
                        open_folders.append(f"{path}/")
                    else:
                        found.append(path)
        return sorted(found)

    def take(self, path: str) -> None:
        """Put a staged file, or a folder that is new, in its place, in one step."""
        target = self.folder / path
        source = self.staging / path
        try:
            source.replace(target)
        except (FileNotFoundError, NotADirectoryError):
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)

    def put(self, path: str, content: bytes) -> bool:
        """Write a small file in one step; answers whether its bytes changed."""
        target = self.folder / path
        if has(target, content):
            return False
        stage(self.staging, path, content)
        self.take(path)
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
        start = len(os.fspath(self.folder)) + 1
        found: list[str] = []
        for folder, folders, files in os.walk(self.folder):
            prefix = f"{folder[start:]}/" if len(folder) >= start else ""
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            found.extend(prefix + name for name in [*files, *links])
        return sorted(path for path in found if path not in known)


def stage(staging: Path, path: str, content: bytes) -> None:
    """Lay bytes into the staging folder, under the path that they are for."""
    target = f"{staging}/{path}"
    # Nearly every page has a folder of its own, so that making it goes before looking for it.
    if "/" in path:
        _make(target.rpartition("/")[0])
    # Without `Path` and buffers: thrice as fast, a hundred thousand times.
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        written = os.write(file, content)
        while written < len(content):
            written += os.write(file, content[written:])
    finally:
        os.close(file)


def _make(folder: str) -> None:
    try:
        os.mkdir(folder)  # noqa: PTH102 -- the same
    except FileExistsError:
        pass
    except FileNotFoundError:
        _make(folder.rpartition("/")[0])
        _make(folder)


def has(target: Path, content: bytes) -> bool:
    """Whether a file holds these very bytes."""
    try:
        return target.read_bytes() == content
    except (FileNotFoundError, NotADirectoryError):
        return False
