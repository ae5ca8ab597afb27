"""What a push needs of a place it pushes to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from static_export.errors import ExportError, TransientError
from static_export.manifest import Artifact, Item

# What `compare` says where nothing answers at all.
ABSENT = "absent"
# Artifacts, each with its bytes.
Puts = Sequence[tuple[Artifact, bytes]]
# Waits for puts that have begun; of each, what failed.
Pending = Callable[[], list[Exception | None]]


class ObjectTarget(Protocol):
    """A place where each object is replaced by itself: a bucket, a folder.

    One URL has one answer: putting an artifact, a redirect or a tombstone replaces what answered
    there before. Methods raise `TransientError` where another attempt may help and `ExportError`
    where it cannot. All but `prepare`
    and `close` are called from several threads.
    """

    name: str
    parallel: int
    # How many artifacts `put_all` is best given: 1 where it saves nothing.
    together: int
    # Whether a tombstone is a copy of the site's page for it, made when it was put.
    copies_gone_page: bool

    def prepare(self) -> None:
        """Make ready for a push; called under the lock, before anything is written."""
        ...

    def read_state(self, key: str) -> bytes | None:
        """The bytes of a private object, or None if there is none."""
        ...

    def write_state(self, key: str, data: bytes) -> None:
        """Replace a private object in one step."""
        ...

    def delete_state(self, key: str) -> None:
        """Remove a private object; nothing there is fine."""
        ...

    def put(self, item: Item, body: bytes) -> None:
        """Make `item` the answer for its key and verify that the target holds `body`."""
        ...

    def put_all(self, artifacts: Puts) -> Pending:
        """Begin to `put` several artifacts at once; raise nothing of what fails."""
        ...

    def delete(self, key: str) -> None:
        """Leave nothing that answers for `key`; nothing there is fine."""
        ...

    def compare(self, item: Item, body: bytes) -> str | None:
        """Read `item` back; say what differs (`ABSENT`: nothing is there), or None if it is it."""
        ...

    def keep(self, key: str, place: str) -> bool:
        """Keep the bytes under `key` under `place`, too, which is private; send none of them.

        False if there are none.
        """
        ...

    def restore(self, item: Artifact, place: str) -> bool:
        """Make bytes kept under `place` the answer for `item`'s key; send none of them.

        False if there are none.
        """
        ...

    def has(self, place: str) -> bool:
        """Whether there is a private object."""
        ...

    def all_keys(self) -> Iterator[str]:
        """Every key there is, private ones and those of rules included, in any order."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


def one_by_one(target: ObjectTarget, artifacts: Puts) -> list[Exception | None]:
    """What `put_all` does where nothing is saved by it."""

    def failure(item: Artifact, body: bytes) -> Exception | None:
        try:
            target.put(item, body)
        except (ExportError, TransientError, OSError) as error:
            return error
        return None

    return [failure(item, body) for item, body in artifacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One release: its name at the target, where it can be seen, and the paths that were sent."""

    deploy: str
    url: str
    sent: tuple[str, ...]


@runtime_checkable
class ReleaseTarget(Protocol):
    """A place that publishes a whole site in one step, or none of it."""

    name: str
    parallel: int
    media_origin: str

    def published_title(self) -> str | None:
        """The title of what is live, or None if nothing is."""
        ...

    def published_digests(self) -> dict[str, str]:
        """SHA-1 in hex of every live file, by path without leading slash."""
        ...

    def release(
        self,
        title: str,
        digests: Mapping[str, str],
        read: Callable[[str], bytes],
        check: Callable[[], None],
        *,
        draft: bool = False,
    ) -> Released:
        """Publish these files; a draft can be seen at its own address, and nothing else changes.

        `read` gives the bytes of a path; `check` raises if this push must stop.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


@runtime_checkable
class ReleaseArchive(Protocol):
    """What a release target has that keeps every release under an address of its own."""

    def stranded(self, before: float) -> tuple[tuple[str, str], ...]:
        """Releases announced before a moment (Unix time) that never went live, and their titles."""
        ...

    def deploys_holding(self, paths: Collection[str]) -> tuple[str, ...]:
        """Releases, those on their way too but not the live one, that hold any of these files."""
        ...

    def delete_deploy(self, deploy: str) -> None:
        """Delete one release for good; one that is gone already is fine."""
        ...

    def read_from(self, url: str, path: str) -> bytes | None:
        """The bytes of a file of an earlier release, seen at its address; None if it has none."""
        ...


Target = ObjectTarget | ReleaseTarget
