"""One decode for the whole ladder, beside one ffmpeg run per rendition.

Both sides read the same clip with the same binary, through the same runner, with the same encoder
settings: the peer's are cut out of our own command line. The peer scales each rung from the source
and makes renditions only; our run also makes poster candidates and the storyboard.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from statistics import median

from bench.result import ROUNDS, Result, machine, spent_on
from cms.media import graph, keys, stills, tools
from cms.media.ladder import Plan, Rung, plan
from cms.media.probe import Probe, Unreadable, probe
from cms.media.runner import FORMATS, PROTOCOLS, Limits, run
from cms.media.samples import VOICE, Sample, make

CLIP = Sample(
    name="clip.mp4", picture="testsrc2", sound=VOICE, width=1920, height=1080, seconds=20.0
)
LIMITS = Limits(seconds=900)


def measure(folder: Path) -> Result:
    """Encode the clip both ways, in turns."""
    there = machine()
    clip = make(CLIP, folder)
    found = probe(clip)
    if isinstance(found, Unreadable):
        raise RuntimeError(f"The generated clip cannot be read: {found.errors}")
    planned = plan(found)
    one, many = ours(clip, folder / "one", found, planned), peers(clip, folder / "many", planned)
    once, each = [], []
    for _round in range(ROUNDS):
        once.append(spent_on(lambda: carry_out([one], folder / "one")))
        each.append(spent_on(lambda: carry_out(many, folder / "many")))
    wall, cpu = median(one.wall for one in once), median(one.cpu for one in once)
    peer_wall, peer_cpu = median(one.wall for one in each), median(one.cpu for one in each)
    made = renditions(folder / "one", planned)
    figures = {
        "clip_seconds": CLIP.seconds,
        "renditions": len(made),
        "one_run_seconds": round(wall, 2),
        "one_run_cpu_seconds": round(cpu, 2),
        "one_run_bytes": sum(made),
        "run_per_rendition_seconds": round(peer_wall, 2),
        "run_per_rendition_cpu_seconds": round(peer_cpu, 2),
        "run_per_rendition_bytes": sum(renditions(folder / "many", planned)),
    }
    ratios = {
        "seconds_run_per_rendition_to_one_run": round(peer_wall / wall, 3),
        "cpu_seconds_run_per_rendition_to_one_run": round(peer_cpu / cpu, 3),
        "one_run_cpu_seconds_to_length_of_clip": round(cpu / CLIP.seconds, 3),
    }
    return Result(name="ladder", figures=figures, ratios=ratios, machine=there)


def ours(clip: Path, target: Path, found: Probe, planned: Plan) -> list[str]:
    """The command that the media worker runs."""
    top = planned.rungs[0]
    board = stills.storyboard(top.width, top.height, planned.duration)
    return graph.command(tools.ffmpeg(), clip, target, found, planned, board)


def peers(clip: Path, target: Path, planned: Plan) -> list[list[str]]:
    """One command per rendition, each with the settings of ours."""
    found = probe(clip)
    if isinstance(found, Unreadable):
        raise RuntimeError(f"The generated clip cannot be read: {found.errors}")
    whole = ours(clip, target, found, planned)
    begin = [
        *(tools.ffmpeg(), "-nostdin", "-nostats", "-hide_banner", "-v", "error", "-y"),
        *("-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS, "-i", str(clip)),
    ]
    commands = []
    for rung in planned.rungs:
        output = str(target / keys.rendition(rung.name))
        filters = ["-map", "0:v:0", "-map", "0:a:0", "-vf", scaled(rung, planned)]
        commands.append([*begin, *filters, *settings_of(whole, output), output])
    output = str(target / keys.rendition(keys.AUDIO))
    commands.append([*begin, "-map", "0:a:0", *settings_of(whole, output), output])
    return commands


def scaled(rung: Rung, planned: Plan) -> str:
    """The filters of a rung that has the decoder to itself."""
    rate = planned.frame_rate
    size = f"scale={rung.width}:{rung.height}:flags=bicubic"
    return f"fps={rate.numerator}/{rate.denominator}:start_time=0,{size},setsar=1,format=yuv420p"


def settings_of(command: list[str], output: str) -> list[str]:
    """Options that stand before an output: what lies between its last `-map` and its name."""
    end = command.index(output)
    last = max(place for place in range(end) if command[place] == "-map")
    return command[last + 2 : end]


def carry_out(commands: list[list[str]], target: Path) -> None:
    """Run commands one after the other into an empty folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for command in commands:
        outcome = run(command, limits=LIMITS, on_line=lambda _: None, tick=lambda: None)
        if not outcome.succeeded:
            raise RuntimeError(f"ffmpeg failed: {outcome.errors}")


def renditions(folder: Path, planned: Plan) -> list[int]:
    """Sizes of all renditions in a folder, in bytes."""
    names = [*(rung.name for rung in planned.rungs), keys.AUDIO]
    return [(folder / keys.rendition(name)).stat().st_size for name in names]
