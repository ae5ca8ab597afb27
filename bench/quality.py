"""How much a rendition has lost (XPSNR), how many bytes its pictures are, and both compared."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cms.media import keys, tools
from cms.media.ladder import Plan

# As they are, whatever they say of their colours: where two differ, ffmpeg would convert one.
SAID = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited"
_AVERAGE = re.compile(r"^XPSNR average.*?\by:\s*([\d.]+|inf)", re.MULTILINE)


def losses(clip: Path, folder: Path, plan: Plan) -> dict[str, float]:
    """Rung → XPSNR of luma in dB, against the source scaled to its size."""
    count = len(plan.rungs)
    inputs, outputs = ["-i", str(clip)], []
    graph = [f"[0:v:0]fps={plan.frame_rate}:start_time=0,split={count}" + _labels("s", count)]
    # Picture by picture, whatever the time base of the container.
    evenly = f"settb={1 / plan.frame_rate},setpts=N"
    for number, rung in enumerate(plan.rungs):
        inputs += ["-i", str(folder / keys.rendition(rung.name))]
        outputs += ["-map", f"[x{number}]", "-f", "null", "-"]
        size = f"{SAID},scale={rung.width}:{rung.height}:flags=bicubic,setsar=1,format=yuv420p"
        graph.append(f"[s{number}]{size},{evenly}[r{number}]")
        graph.append(f"[{number + 1}:v:0]{SAID},setsar=1,format=yuv420p,{evenly}[d{number}]")
        graph.append(f"[d{number}][r{number}]xpsnr=stats_file={rung.name}.log[x{number}]")
    command = [tools.ffmpeg(), "-nostdin", "-v", "error", *inputs]
    command += ["-filter_complex", ";".join(graph), *outputs]
    subprocess.run(command, check=True, cwd=folder)
    return {rung.name: _average(folder / f"{rung.name}.log") for rung in plan.rungs}


def picture_bytes(folder: Path, plan: Plan) -> dict[str, int]:
    """Rung → bytes of its pictures alone, without sound and boxes."""
    return {rung.name: _packets(folder / keys.rendition(rung.name)) for rung in plan.rungs}


def bytes_at(wanted: float, known: Sequence[tuple[float, int]]) -> float:
    """Bytes at a quality (dB), from qualities and bytes at some settings.

    The logarithm of bytes is nearly straight over decibels; outside what is known, the nearest
    two go on.
    """
    points = sorted(known)
    after = next((at for at, (quality, _) in enumerate(points) if quality >= wanted), len(points))
    upper = min(max(after, 1), len(points) - 1)
    (low, fewer), (high, more) = points[upper - 1], points[upper]
    share = (wanted - low) / (high - low)
    return math.exp(math.log(fewer) + share * (math.log(more) - math.log(fewer)))


def _labels(letter: str, count: int) -> str:
    return "".join(f"[{letter}{number}]" for number in range(count))


def _average(log: Path) -> float:
    found = _AVERAGE.search(log.read_text(encoding="utf-8"))
    if found is None:
        raise RuntimeError(f"ffmpeg's xpsnr filter wrote no average into {log}.")
    return float(found[1])


def _packets(file: Path) -> int:
    command = [tools.ffprobe(), "-v", "error", "-select_streams", "v:0"]
    command += ["-show_entries", "packet=size", "-of", "csv=p=0", str(file)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sum(int(line.strip(",")) for line in said.split())
