"""A build on this machine, as one more place that holds the bytes of what is live.

What a rollback replaces it need not have the target copy if they are at hand: whoever wants that
release back pushes the build. Copies are most of what a rollback costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from static_export.build import Build
from static_export.errors import ExportError
from static_export.manifest import Artifact, Item


class AtHand:
    """The files of a build, or of none: one that is damaged or being written counts as none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def holds(self, item: Artifact) -> bool:
        """Whether the build has this very file, by its manifest."""
        return self._items.get(item.key) == item

    def read(self, item: Artifact) -> bytes:
        """Its bytes, checked; raise `damaged-build`."""
        if self._build is None:
            raise ExportError("damaged-build", f"{self._folder} holds no build: push a build.")
        return self._build.read(item)

    @cached_property
    def _build(self) -> Build | None:
        try:
            return Build.open(self._folder) if self._folder else None
        except ExportError:
            return None

    @cached_property
    def _items(self) -> Mapping[str, Item]:
        try:
            return self._build.items() if self._build else {}
        except ExportError:
            return {}
