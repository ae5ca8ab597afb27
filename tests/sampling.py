"""Which part of the long runs `make test` does: another one at each commit, in a soak all of them.

`SAMPLE_SEED=…` repeats the sample of a run, which it names in its header.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

# Real platforms are killed on one database or the other, with one queue or the other.
SAMPLED = {"builder": "tests/kills/", "queue": "tests/cms/media/test_workers.py"}
ROOT = Path(__file__).resolve().parents[1]


@cache
def seed() -> str:
    """`SAMPLE_SEED`, or the commit that is tested; outside a repository always the same."""
    if given := os.environ.get("SAMPLE_SEED"):
        return given
    # Whoever owns the checkout: nothing of it is run.
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]
    commit = [*git, "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(commit, capture_output=True, text=True, check=False)
    except OSError:
        return "policetube"
    return found.stdout.strip() or "policetube"


def one_of_each(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Tests that run, and those left out: of one test with several parts, the part drawn.

    In a soak all run, and so does whatever was asked for alone.
    """
    if os.environ.get("SOAK"):
        return list(items), []
    groups: dict[str, list[pytest.Item]] = {}
    for item in items:
        groups.setdefault(_group(item), []).append(item)
    taken = {
        sorted(item.nodeid for item in group)[drawn(name, len(group))]
        for name, group in groups.items()
    }
    run = [item for item in items if item.nodeid in taken]
    return run, [item for item in items if item.nodeid not in taken]


def _parts(item: pytest.Item) -> list[str]:
    """Names of parameters of which a sample takes one value: the database, the queue."""
    given = getattr(item, "callspec", None)
    found = given.params if given else {}
    return [
        name for name, folder in SAMPLED.items() if name in found and item.nodeid.startswith(folder)
    ]


def _group(item: pytest.Item) -> str:
    """What the variants of one test have in common: its ID without the values of those names."""
    if not (parts := _parts(item)):
        return item.nodeid
    params = item.callspec.params  # type: ignore[attr-defined]
    values = {str(params[name]) for name in parts}
    test, _, given = item.nodeid.partition("[")
    return test + str([word for word in given.rstrip("]").split("-") if word not in values])


def drawn(name: str, among: int) -> int:
    """A number from 0 to `among` - 1 for something of that name, the same for a whole run."""
    return int.from_bytes(hashlib.sha256(f"{seed()} {name}".encode()).digest()[:6]) % among
