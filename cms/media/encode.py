"""Run the encoder over a planned ladder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cms.media import graph, stills, tools
from cms.media.errors import ErrorCode, MediaError
from cms.media.ladder import Plan
from cms.media.probe import Probe
from cms.media.products import Made, finish
from cms.media.runner import Limits, require_space, run

# A second of 4K60 takes some fifteen on two slow cores; beyond this something hangs.
SECONDS_PER_SECOND = 60
SECONDS_AT_LEAST = 600


def encode(
    source: Path,
    target: Path,
    found: Probe,
    plan: Plan,
    *,
    on_share: Callable[[float], None],
) -> Made:
    """Write the whole ladder under `target`; `on_share` hears from 0 to 1, at least once a second.

    Raises `DISK_FULL`, `TIME_LIMIT`, `TOOL_FAILED` (with the end of ffmpeg's words) or
    `OUTPUT_INVALID`.
    """
    require_space(target, plan.bytes_at_most)
    top = plan.rungs[0]
    board = stills.storyboard(top.width, top.height, plan.duration)
    share = 0.0

    def note(line: str) -> None:
        nonlocal share
        if (seconds := graph.progress_seconds(line)) is not None:
            share = min(1.0, max(share, seconds / plan.duration))
            on_share(share)

    outcome = run(
        graph.command(tools.ffmpeg(), source, target, found, plan, board),
        limits=Limits(
            seconds=SECONDS_AT_LEAST + SECONDS_PER_SECOND * plan.duration,
            file_size=plan.bytes_at_most,
        ),
        on_line=note,
        tick=lambda: on_share(share),
    )
    if not outcome.succeeded:
        full = "No space left on device" in outcome.errors
        raise MediaError(
            ErrorCode.DISK_FULL if full else ErrorCode.TOOL_FAILED,
            "The disk became full while encoding. Free some space; it is tried again."
            if full
            else f"ffmpeg ended with status {outcome.status}; its last words are kept.",
            detail=outcome.errors,
        )
    return finish(target, plan, board)
