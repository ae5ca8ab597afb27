"""A disk that fails: operations of the folder target end with ENOSPC, EIO or EACCES."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from static_export.targets.directory import INCOMING, DirectoryTarget
from tests.static_export.faults import Faults

# A folder that cannot be removed stays, empty: nobody sees it, and no push fails by it.
ASKED = ("mkdir", "open", "read_bytes", "replace", "unlink")


@contextmanager
def failing_disk(root: Path, faults: Faults[int]) -> Iterator[None]:
    """What touches files under `root` may fail, and what is written may be cut in half."""
    writing = threading.local()

    def trouble(operation: str, path: Path) -> None:
        if not path.is_relative_to(root):
            return
        name = path.relative_to(root).as_posix()
        if name.startswith(f"{INCOMING}/"):  # a random name, so that of what it becomes
            name = f"incoming {getattr(writing, 'file', '')}"
        if code := faults.next(f"{operation} {name}"):
            raise OSError(code, os.strerror(code), str(path))

    def failing(operation: str) -> Callable[..., Any]:
        real = getattr(Path, operation)

        def call(path: Path, *rest: Any, **named: Any) -> Any:
            trouble(operation, path)
            return real(path, *rest, **named)

        return call

    replace_file, fsync = DirectoryTarget._replace, os.fsync

    def noted(target: DirectoryTarget, file: Path, data: bytes) -> None:
        writing.file = file.relative_to(target.root).as_posix()
        replace_file(target, file, data)

    def half(descriptor: int) -> None:
        if code := faults.next(f"fsync {getattr(writing, 'file', '')}"):
            os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
            raise OSError(code, os.strerror(code))
        fsync(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        for operation in ASKED:
            patch.setattr(Path, operation, failing(operation))
        patch.setattr(DirectoryTarget, "_replace", noted)
        patch.setattr("static_export.targets.directory.os.fsync", half)
        yield
