"""A poster for what has no picture: bars as high as the sound is loud."""

from __future__ import annotations

import array
import math
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

# Values a second of the envelope that ffmpeg writes: four hours are three megabytes.
RATE = 50
SIZE = (1280, 720)
BARS = 64
# Colours of the site's player and its gold (`--bar`, `--gold` in tokens.css).
GROUND = "#11161e"
GOLD = "#cda349"
MARGIN = 96
TALLEST = 400
LOWEST = 10
# Drawn larger and scaled down: Pillow's round ends have no smooth edges.
OVERSIZE = 2


def read_envelope(path: Path) -> list[float]:
    """The values that ffmpeg wrote (32-bit floats); raises OSError or ValueError for none."""
    values = array.array("f")
    values.frombytes(path.read_bytes())
    if not values:
        raise ValueError("the sound has no envelope")
    return [value if math.isfinite(value) else 0.0 for value in values]


def bars(envelope: list[float], count: int = BARS) -> list[float]:
    """Loudness of equal stretches of time, from 0 to 1, the loudest being 1; all 0 for silence."""
    edges = [round(number * len(envelope) / count) for number in range(count + 1)]
    means = []
    for start, end in pairwise(edges):
        part = envelope[start : max(end, start + 1)] or envelope[-1:]
        means.append(max(0.0, sum(part) / len(part)))
    loudest = max(means)
    # The ear hears in ratios: a square root lets quiet speech be seen beside a siren.
    return [math.sqrt(mean / loudest) if loudest > 1e-4 else 0.0 for mean in means]


def draw(heights: list[float], target: Path) -> None:
    """Write the poster as JPEG."""
    width, height = (side * OVERSIZE for side in SIZE)
    image = Image.new("RGB", (width, height), GROUND)
    pen = ImageDraw.Draw(image)
    step = (width - 2 * MARGIN * OVERSIZE) / len(heights)
    thick = step * 0.56
    for number, share in enumerate(heights):
        tall = max(LOWEST, TALLEST * share) * OVERSIZE
        left = MARGIN * OVERSIZE + number * step + (step - thick) / 2
        top = (height - tall) / 2
        pen.rounded_rectangle(
            (left, top, left + thick, top + tall), radius=min(thick, tall) / 2, fill=GOLD
        )
    image.resize(SIZE, Image.Resampling.LANCZOS).save(target, "JPEG", quality=85, optimize=True)
