"""What a push has still to see at the edge: kept until seen, whatever dies meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path


class Doubts:
    """Keys not yet seen right at the edge, in a small file beside the lock of one target."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keys(self) -> frozenset[str]:
        """Keys in doubt; a file nobody can read casts doubt on nothing."""
        try:
            return frozenset(json.loads(self._path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            return frozenset()

    def keep(self, keys: Iterable[str]) -> None:
        """Replace what is in doubt; nothing in doubt, no file."""
        doubted = sorted(keys)
        if not doubted:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(doubted), encoding="utf-8")
        fresh.replace(self._path)
