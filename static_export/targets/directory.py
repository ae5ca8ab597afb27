"""`file:DIR`: a folder that an edge on this machine serves.

Files are replaced whole: written beside, flushed, renamed. Redirects and tombstones are files in
a hidden tree of the same shape, `.policetube/rules/{path}/{kind}`, which the static Caddy
configuration of `static_export.edge` reads only where no public file answers. So a page wins over
a rule, and the one step that makes a page appear or vanish is also the step that switches.
Assets have packed copies beside them.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from static_export.errors import ExportError, TransientError
from static_export.manifest import Artifact, Gone, Item, Redirect
from static_export.paths import INDEX, check_path
from static_export.state import PRIVATE
from static_export.targets.base import ABSENT, Pending, Puts, one_by_one
from static_export.targets.packed import ENDINGS, FOLDER, is_packed, packed, unpacked

RULES = f"{PRIVATE}/rules"
INCOMING = f"{PRIVATE}/incoming"
RULE_NAMES = ("redirect-301", "redirect-308", "gone-410")


class DirectoryTarget:
    """A local folder; created if it is absent."""

    parallel = 4
    copies_gone_page = False
    together = 1

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.name = f"file:{self.root}"
        # Held while folders appear or vanish: none may be pruned under a file about to enter it.
        self._folders = threading.Lock()

    def prepare(self) -> None:
        """Create the folder; drop what a killed push left half written."""
        incoming = self.root / INCOMING
        try:
            shutil.rmtree(incoming, ignore_errors=True)
            incoming.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _failed(self.root, error) from error

    def read_state(self, key: str) -> bytes | None:
        try:
            return (self.root / key).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed(self.root / key, error) from error

    def write_state(self, key: str, data: bytes) -> None:
        self._replace(self.root / key, data)

    def delete_state(self, key: str) -> None:
        self._drop(self.root / key)

    def put(self, item: Item, body: bytes) -> None:
        public, rules = self._places(item.key)
        if isinstance(item, Artifact):
            file, content = public, body
        else:
            file, content = rules / _rule_name(item), _rule_content(item)
        # First, so that there is no moment at which a file has others' copies beside it.
        copies = packed(body) if is_packed(item) else {}
        for ending, copy in copies.items():
            self._replace(_beside(public, ending), copy)
        self._replace(file, content)
        sys.audit("policetube.step", "push.replaced")
        answers = (public, *(rules / name for name in RULE_NAMES))
        stale = () if copies else _copies(public, item.key)
        self._drop(*(other for other in answers if other != file), *stale)

    def put_all(self, artifacts: Puts) -> Pending:
        return partial(one_by_one, self, artifacts)

    def delete(self, key: str) -> None:
        public, rules = self._places(key)
        self._drop(public, *_copies(public, key), *(rules / name for name in RULE_NAMES))

    def compare(self, item: Item, body: bytes) -> str | None:
        public, rules = self._places(item.key)
        if isinstance(item, Artifact):
            file, expected = public, body
        else:
            file, expected = rules / _rule_name(item), _rule_content(item)
        try:
            found = file.read_bytes()
            if file != public and public.exists():
                return "a page is still there"
            if any((rules / name).exists() for name in RULE_NAMES if rules / name != file):
                return "another rule lies beside it"
            if found != expected:
                return "the bytes differ"
            return self._compare_copies(public, body) if is_packed(item) else None
        except (FileNotFoundError, NotADirectoryError):
            return "a page is still there" if file != public and public.exists() else ABSENT
        except OSError as error:
            raise _failed(file, error) from error

    def keep(self, key: str, place: str) -> bool:
        return self._link(self.root / key, self.root / place)

    def restore(self, item: Artifact, place: str) -> bool:
        public, rules = self._places(item.key)
        found = self._link(self.root / place, public)
        if found:
            sys.audit("policetube.step", "push.relinked")
            self._drop(*(rules / name for name in RULE_NAMES))
        return found

    def has(self, place: str) -> bool:
        return (self.root / place).is_file()

    def all_keys(self) -> Iterator[str]:
        for folder, _, names in os.walk(self.root):
            for name in names:
                key = (Path(folder) / name).relative_to(self.root).as_posix()
                # A copy belongs to the file that it is one of.
                whole, _, ending = name.rpartition(".")
                if not (key.startswith(FOLDER) and f".{ending}" in ENDINGS and whole in names):
                    yield key

    def close(self) -> None:
        """Nothing is held."""

    def _places(self, key: str) -> tuple[Path, Path]:
        """The public file and the folder of rules for one key."""
        check_path(key)
        address = key[: -len(INDEX)] if key == INDEX or key.endswith("/" + INDEX) else key
        return self.root / key, self.root / RULES / address

    def _compare_copies(self, public: Path, body: bytes) -> str | None:
        """A copy may be absent, where a file came before copies did; a wrong one is served."""
        for ending in ENDINGS:
            copy = _beside(public, ending)
            if copy.exists() and unpacked(ending, copy.read_bytes()) != body:
                return f"its packed copy {copy.name} holds other bytes"
        return None

    def _replace(self, file: Path, data: bytes) -> None:
        fresh = self.root / INCOMING / secrets.token_hex(12)
        try:
            fresh.parent.mkdir(parents=True, exist_ok=True)
            with fresh.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            sys.audit("policetube.step", "push.flushed")
            with self._folders:
                file.parent.mkdir(parents=True, exist_ok=True)
                if not file.parent.resolve().is_relative_to(self.root):
                    raise ExportError(
                        "bad-path", f"{file} leads out of {self.root} by a link: remove that link."
                    )
                fresh.replace(file)
        except FileNotFoundError as error:
            # A takedown beside a push: one has cleared away what the other had just made.
            raise TransientError(f"{file}: {error.strerror}") from error
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise _failed(file, error) from error

    def _link(self, source: Path, goal: Path) -> bool:
        """Another name for the same bytes, in one step: files are replaced whole, never changed."""
        fresh = self.root / INCOMING / secrets.token_hex(12)
        try:
            fresh.parent.mkdir(parents=True, exist_ok=True)
            try:
                fresh.hardlink_to(source)
            except (FileNotFoundError, NotADirectoryError):
                return False
            with self._folders:
                goal.parent.mkdir(parents=True, exist_ok=True)
                fresh.replace(goal)
            # Where both are the same file already, nothing was renamed.
            fresh.unlink(missing_ok=True)
            return True
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise _failed(source, error) from error

    def _drop(self, *files: Path) -> None:
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except NotADirectoryError:
                continue
            except OSError as error:
                raise _failed(file, error) from error
        with self._folders:
            for folder in {file.parent for file in files}:
                self._prune(folder)

    def _prune(self, folder: Path) -> None:
        """Remove folders that became empty, from the bottom up."""
        while folder not in (self.root, self.root / PRIVATE, self.root / RULES):
            try:
                folder.rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                return
            folder = folder.parent


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _copies(file: Path, key: str) -> tuple[Path, ...]:
    """Where packed copies of a key would be."""
    return tuple(_beside(file, ending) for ending in ENDINGS if key.startswith(FOLDER))


def _rule_name(item: Redirect | Gone) -> str:
    return f"redirect-{item.status}" if isinstance(item, Redirect) else "gone-410"


def _rule_content(item: Redirect | Gone) -> bytes:
    return item.to.encode("ascii") if isinstance(item, Redirect) else b""


def _failed(file: Path, error: OSError) -> ExportError:
    return ExportError(
        "target-failed",
        f"{file}: {error.strerror}. Mend that (space? rights?) and push again: it goes on from "
        "here.",
    )
