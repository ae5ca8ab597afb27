"""A publisher's process: cycle after cycle, as the worker does."""

from __future__ import annotations

import time
from random import Random

from cms.publishing.media import Patience
from cms.publishing.pipeline import cycle


def publish(seed: str, cycles: int) -> int:
    """So many cycles, some with a sweep; the sequence that is live then."""
    rng = Random(seed)
    patience, sequence = Patience(), 0
    for _ in range(cycles):
        report = cycle(sweep=rng.random() < 0.3, patience=patience)
        sequence = report.sequence
        if not report.did_something:
            time.sleep(0.05)
    return sequence
