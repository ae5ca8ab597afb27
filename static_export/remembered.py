"""What was released at targets that keep whole releases and do not list them for us.

Kept on this machine, beside the lock: which files each release had by their digest, the rules it
was released with, and where it can be seen. Without it nothing is lost but the way back.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from static_export.errors import ExportError
from static_export.lock import local_name

VERSION = 1
_NAME = re.compile(r"(\d{8})\.json\.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """One release: `digests` are SHA-1 in hex by path, `rules` the redirects it was made with."""

    epoch: str
    sequence: int
    deploy: str
    url: str
    digests: Mapping[str, str] = field(repr=False)
    rules: str = field(default="", repr=False)
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def as_json(self) -> dict[str, Any]:
        """What a list of releases says of it."""
        return {
            "sequence": self.sequence,
            "deploy": self.deploy,
            "url": self.url,
            "at": self.at,
            "files": len(self.digests),
        }


class Releases:
    """The releases of one target, oldest first."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder / f"releases-{local_name(target)}"

    def all(self) -> list[Remembered]:
        """Raises `damaged-state` for a file that nobody can read."""
        return [self._read(file) for file in self._files()]

    def __len__(self) -> int:
        return len(self._files())

    def latest(self) -> Remembered | None:
        files = self._files()
        return self._read(files[-1]) if files else None

    def add(self, release: Remembered, *, keep: int) -> tuple[Remembered, ...]:
        """Note one that has gone live; forget and return those that are not kept any longer."""
        files = self._files()
        number = int(_number(files[-1])) + 1 if files else 1
        self._folder.mkdir(parents=True, exist_ok=True)
        data = json.dumps(
            {
                "version": VERSION,
                "epoch": release.epoch,
                "sequence": release.sequence,
                "deploy": release.deploy,
                "url": release.url,
                "at": release.at,
                "rules": release.rules,
                "digests": dict(release.digests),
            }
        ).encode()
        try:
            fresh = self._folder / "new"
            fresh.write_bytes(gzip.compress(data, compresslevel=1, mtime=0))
            fresh.replace(self._folder / f"{number:08}.json.gz")
            # The live one, and so many before it.
            return tuple(self._forget(file) for file in files[: len(files) - keep])
        except OSError as error:
            raise ExportError(
                "target-failed",
                f"{self._folder} could not be written ({error.strerror}). Mend that (space? "
                "rights?) and push again: it goes on from here.",
            ) from error

    def drop(self, deploy: str) -> None:
        """Forget a release that was deleted."""
        for file in self._files():
            if self._read(file).deploy == deploy:
                file.unlink(missing_ok=True)

    def _forget(self, file: Path) -> Remembered:
        found = self._read(file)
        file.unlink(missing_ok=True)
        return found

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(file for file in self._folder.iterdir() if _NAME.fullmatch(file.name))

    def _read(self, file: Path) -> Remembered:
        try:
            value = json.loads(gzip.decompress(file.read_bytes()))
            return Remembered(
                epoch=str(value["epoch"]),
                sequence=int(value["sequence"]),
                deploy=str(value["deploy"]),
                url=str(value["url"]),
                at=str(value["at"]),
                rules=str(value["rules"]),
                digests={str(path): str(sha1) for path, sha1 in value["digests"].items()},
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ExportError(
                "damaged-state",
                f"{file} tells of an earlier release and cannot be read. Delete it: only the way "
                "back to that release is lost.",
            ) from error


def _number(file: Path) -> str:
    found = _NAME.fullmatch(file.name)
    return found.group(1) if found else "0"
