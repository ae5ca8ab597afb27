"""Which part of the long runs `make test` does: another one at each commit, in a soak all of them.

`SAMPLE_SEED=…` repeats the sample of a run, which it names in its header.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

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


def drawn(name: str, among: int) -> int:
    """A number from 0 to `among` - 1 for something of that name, the same for a whole run."""
    return int.from_bytes(hashlib.sha256(f"{seed()} {name}".encode()).digest()[:6]) % among
