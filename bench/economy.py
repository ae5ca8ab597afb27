"""The AV1 set beside our own H.264: bytes at the same quality, and what it costs to make."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import ffmpeg

from bench import footage, quality
from bench.ladder import planned
from bench.result import Result, Spent, machine, spent_on
from cms.media import graph, keys, loudness, tools
from cms.media.encode import encode
from cms.media.ladder import Plan, twin
from cms.media.probe import Probe

CRFS = (28, 34, 40)


def measure(folder: Path, seconds: float) -> Result:
    """Filmed footage, or a drawn one where there is none, made with the set and without."""
    there = machine()
    clip = footage.filmed(folder, seconds) or footage.drawn(folder, seconds)
    figures, ratios = compare(clip, folder)
    return Result(
        name="economy",
        figures={"clip_seconds": seconds, **figures},
        ratios=ratios,
        machine=there,
        rounds=1,
    )


def compare(clip: Path, folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Figures and ratios."""
    found, plan = planned(clip)
    both = replace(plan, economy=tuple(map(twin, plan.rungs)))
    alone = replace(plan, rungs=both.economy)
    place = folder / "with"
    without = _made(clip, folder / "without", found, plan)
    within = _made(clip, place, found, both)
    kept, ours = quality.losses(clip, place, plan), quality.picture_bytes(place, plan)
    reached, size = quality.losses(clip, place, alone), quality.picture_bytes(place, alone)
    known: dict[str, list[tuple[float, int]]] = {name: [] for name in ours}
    for crf in CRFS:
        pictures, weight = _only_pictures(clip, folder / str(crf), found, plan, crf)
        for name in ours:
            known[name].append((pictures[name], weight[name]))
    theirs = {name: quality.bytes_at(kept[name], known[name]) for name in ours}
    figures: dict[str, float] = {
        "without_cpu_seconds": round(without.cpu, 2),
        "with_cpu_seconds": round(within.cpu, 2),
        "h264_picture_bytes": sum(ours.values()),
        "av1_picture_bytes": sum(size.values()),
        "av1_picture_bytes_at_equal_xpsnr": round(sum(theirs.values())),
        "objects_more": 2 * len(both.economy),
    }
    for rung, other in zip(plan.rungs, both.economy, strict=True):
        less = reached[other.name] - kept[rung.name]
        figures[f"av1_less_h264_xpsnr_{rung.name}"] = round(less, 2)
    ratios = {
        "with_to_without_cpu_seconds": within.cpu / without.cpu,
        "av1_to_h264_bytes_as_made": sum(size.values()) / sum(ours.values()),
        "av1_to_h264_bytes_at_equal_xpsnr": sum(theirs.values()) / sum(ours.values()),
    }
    for name in ours:
        ratios[f"av1_to_h264_bytes_at_equal_xpsnr_{name}"] = theirs[name] / ours[name]
    return figures, {name: round(value, 3) for name, value in ratios.items()}


def _made(clip: Path, target: Path, found: Probe, plan: Plan) -> Spent:
    target.mkdir()
    return spent_on(lambda: encode(clip, target, found, plan, on_share=lambda share: None))


def _only_pictures(
    clip: Path, target: Path, found: Probe, plan: Plan, crf: int
) -> tuple[dict[str, float], dict[str, int]]:
    """XPSNR and bytes of each rung, by the name of its H.264 twin."""
    target.mkdir()
    rungs = tuple(replace(twin(rung), name=rung.name, crf=crf) for rung in plan.rungs)
    alone = replace(plan, rungs=rungs)
    pictures = graph.stretch(loudness.opened(clip), found, alone)
    made = graph.cascade(pictures, found, alone, stills_too=False)
    outputs = [
        ffmpeg.output(
            stream, str(target / keys.rendition(rung.name)), **graph.video_options(rung, alone)
        )
        for rung, stream in zip(rungs, made.rungs, strict=True)
    ]
    subprocess.run(graph.compiled(tools.ffmpeg(), outputs), check=True, stdin=subprocess.DEVNULL)
    return quality.losses(clip, target, alone), quality.picture_bytes(target, alone)
