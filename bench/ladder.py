"""One decode for the whole ladder, beside the ways that others go.

All sides read the same clip with the same ffmpeg, in turns. Ours is the media worker's own
`encode`, playlists, posters, storyboard and the measuring of loudness included.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from django.conf import settings

from bench import footage, peers, quality
from bench.result import ROUNDS, Result, Spent, machine, spent_on
from cms.media import loudness, tools
from cms.media.encode import encode
from cms.media.ladder import Plan, plan
from cms.media.loudness import Gain
from cms.media.probe import Probe, Unreadable, probe

SECONDS = 60.0
# The ladder that the reference figures speak of; the whole one goes down to 144p.
RUNGS = ("1080p", "720p", "480p", "360p")
CRFS = (20, peers.PEERTUBE_CRF, 26)
CLIPS: dict[str, Callable[[Path, float], Path | None]] = {
    "filmed": footage.filmed,
    "drawn": footage.drawn,
}


@dataclass(slots=True)
class Side:
    """One way to make the ladder: what it took, each time."""

    folder: Path
    act: Callable[[Path], object]
    spent: list[Spent] = field(default_factory=list)

    def go(self) -> None:
        """Once, into an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self.spent.append(spent_on(lambda: self.act(self.folder)))

    @property
    def wall(self) -> float:
        return median(one.wall for one in self.spent)

    @property
    def cpu(self) -> float:
        return median(one.cpu for one in self.spent)


def measure(
    folder: Path,
    seconds: float = SECONDS,
    rounds: int = ROUNDS,
    wanted: Sequence[str] = tuple(CLIPS),
) -> Result:
    """The wanted clips, each through all the ways."""
    there = machine()
    figures: dict[str, float] = {"clip_seconds": seconds}
    ratios: dict[str, float] = {}
    for name in wanted:
        clip = CLIPS[name](folder, seconds)
        if clip is None:
            print(f"  {name}: the clips that it is made of are not beside the project")
            continue
        place = folder / clip.stem
        place.mkdir()
        found, numbers = _compare(clip, place, rounds)
        figures |= {f"{name}_{key}": value for key, value in found.items()}
        ratios |= {f"{name}_{key}": value for key, value in numbers.items()}
        clip.unlink()
        shutil.rmtree(place)
    return Result(name="ladder", figures=figures, ratios=ratios, machine=there, rounds=rounds)


def planned(clip: Path) -> tuple[Probe, Plan]:
    """What the clip is, and its ladder, cut to the four rungs."""
    found = probe(clip)
    if isinstance(found, Unreadable):
        raise RuntimeError(f"The clip cannot be read: {found.errors}")
    whole = plan(found)
    return found, replace(whole, rungs=tuple(one for one in whole.rungs if one.name in RUNGS))


def _compare(clip: Path, folder: Path, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    found, ladder = planned(clip)
    gain = _gain(clip, found, ladder)
    sides = {
        "ours": Side(
            folder / "ours",
            lambda target: encode(clip, target, found, ladder, on_share=lambda share: None),
        ),
        "each": Side(
            folder / "each",
            lambda target: carry_out(peers.one_run_each(clip, target, found, ladder, gain)),
        ),
        "peertube": Side(
            folder / "peertube", lambda target: carry_out(peers.peertube(clip, target, ladder))
        ),
        "mediacms": Side(
            folder / "mediacms", lambda target: carry_out(peers.mediacms(clip, target, ladder))
        ),
        "decoding": Side(folder / "decoding", lambda target: carry_out([peers.decoding(clip)])),
    }
    for turn in range(rounds):
        for name, side in sides.items():
            side.go()
            print(f"  {clip.stem}, {name}: {side.spent[-1]}", flush=True)
        if turn == 0:
            compared = _qualities(clip, sides, ladder)
            print(f"  {clip.stem}: {compared}", flush=True)
    figures: dict[str, float] = {"source_bytes": clip.stat().st_size}
    for name, side in sides.items():
        figures[f"{name}_seconds"] = round(side.wall, 2)
        figures[f"{name}_cpu_seconds"] = round(side.cpu, 2)
    ours = sides["ours"]
    ratios = {"ours_seconds_to_length": round(ours.wall / ladder.duration, 3)}
    for name in ("each", "peertube", "mediacms"):
        ratios[f"ours_to_{name}_seconds"] = round(ours.wall / sides[name].wall, 3)
        ratios[f"ours_to_{name}_cpu_seconds"] = round(ours.cpu / sides[name].cpu, 3)
    for numbers, others in (compared, _resources(clip, folder)):
        figures |= numbers
        ratios |= others
    return figures, ratios


def _qualities(
    clip: Path, sides: dict[str, Side], ladder: Plan
) -> tuple[dict[str, float], dict[str, float]]:
    """Compared once: the same commands make the same bytes."""
    kept = quality.losses(clip, sides["ours"].folder, ladder)
    figures = _losses(kept, quality.losses(clip, sides["each"].folder, ladder))
    sizes, ratios = _sizes(clip, sides["ours"].folder, ladder, kept)
    return figures | sizes, ratios


def _gain(clip: Path, found: Probe, ladder: Plan) -> Gain:
    """Measured outside the clock: the peer gets it for nothing."""
    if found.audio is None:
        return loudness.AS_IT_IS
    channels = ladder.audio_channels
    target = settings.MEDIA_LOUDNESS
    return loudness.wanted(tools.ffmpeg(), clip, found.audio, channels, target, tick=lambda: None)


def _losses(ours: dict[str, float], each: dict[str, float]) -> dict[str, float]:
    """XPSNR of ours, and what it differs from the same settings without the cascade."""
    figures = {f"ours_xpsnr_{rung}": round(value, 2) for rung, value in ours.items()}
    return figures | {
        f"ours_less_each_xpsnr_{rung}": round(ours[rung] - each[rung], 3) for rung in ours
    }


def _sizes(
    clip: Path, made: Path, ladder: Plan, kept: dict[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Bytes of pictures, ours and PeerTube's at the quality that ours have kept."""
    ours = quality.picture_bytes(made, ladder)
    known: dict[str, list[tuple[float, int]]] = {name: [] for name in ours}
    for crf in CRFS:
        place = made.with_name("peertube")
        if crf != peers.PEERTUBE_CRF:
            place = made.with_name(f"peertube-{crf}")
            place.mkdir()
            carry_out(peers.peertube(clip, place, ladder, crf))
        reached, size = quality.losses(clip, place, ladder), quality.picture_bytes(place, ladder)
        for name in ours:
            known[name].append((reached[name], size[name]))
    theirs = {name: quality.bytes_at(kept[name], known[name]) for name in ours}
    figures: dict[str, float] = {
        "ours_picture_bytes": sum(ours.values()),
        "peertube_picture_bytes_at_equal_xpsnr": round(sum(theirs.values())),
    }
    ratios = {
        f"ours_to_peertube_bytes_at_equal_xpsnr_{name}": round(ours[name] / theirs[name], 3)
        for name in ours
    }
    whole = sum(ours.values()) / sum(theirs.values())
    return figures, {"ours_to_peertube_bytes_at_equal_xpsnr": round(whole, 3), **ratios}


def _resources(clip: Path, folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Memory of the worker's process for the clip and for a quarter of it; disk; objects."""
    whole = _worker(clip, folder / "whole")
    part = folder / "quarter.mp4"
    length = planned(clip)[1].duration / 4
    cut = [tools.ffmpeg(), *peers.QUIET, "-i", str(clip), "-t", f"{length:.2f}", "-c", "copy"]
    carry_out([[*cut, str(part)]])
    quarter = _worker(part, folder / "quarter")
    figures: dict[str, float] = {
        "worker_grew_bytes": whole["worker_bytes"] - whole["worker_bytes_before"],
        "worker_grew_bytes_for_a_quarter": quarter["worker_bytes"] - quarter["worker_bytes_before"],
        "ffmpeg_bytes": whole["ffmpeg_bytes"],
        "objects": whole["objects"],
    }
    ratios = {
        "worker_bytes_to_those_for_a_quarter": whole["worker_bytes"] / quarter["worker_bytes"],
        "ffmpeg_bytes_to_those_for_a_quarter": whole["ffmpeg_bytes"] / quarter["ffmpeg_bytes"],
        "disk_to_made_bytes": whole["disk_bytes"] / whole["made_bytes"],
    }
    return figures, {name: round(value, 3) for name, value in ratios.items()}


def _worker(clip: Path, folder: Path) -> dict[str, int]:
    folder.mkdir()
    command = [sys.executable, "-m", "bench.worker", str(clip), str(folder)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    shutil.rmtree(folder)
    numbers: dict[str, int] = json.loads(said.stdout.splitlines()[-1])
    return numbers


def carry_out(commands: list[list[str]]) -> None:
    """One after the other; peers get no launcher, no limits and no niceness to carry."""
    for command in commands:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
