"""Poster and storyboard: how many stills, where they lie, which one is the poster."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageFilter, ImageStat

POSTER_LONGEST = 1280
# The poster and what an editor may choose in its place.
CANDIDATES = 4
# Frames looked at for each candidate; ffmpeg holds them in memory.
FRAMES_PER_CANDIDATE = 8
TILE_LONGEST = 160
MOST_TILES = 100
COLUMNS = 10
SHORTEST_INTERVAL = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyboard:
    """One sprite, whatever the length: tiles in pixels, `interval` seconds from still to still."""

    columns: int
    rows: int
    tile_width: int
    tile_height: int
    interval: float
    count: int

    def as_json(self) -> dict[str, int | float]:
        """For the ladder's `storyboard` field."""
        return {
            "columns": self.columns,
            "rows": self.rows,
            "tile_width": self.tile_width,
            "tile_height": self.tile_height,
            "interval": self.interval,
        }


def storyboard(width: int, height: int, duration: float) -> Storyboard:
    """A still a second, or as far apart as makes a hundred of them."""
    interval = max(SHORTEST_INTERVAL, math.ceil(duration / MOST_TILES * 10) / 10)
    count = min(MOST_TILES, max(1, math.ceil(round(duration / interval, 3))))
    tile_width, tile_height = fit(width, height, TILE_LONGEST)
    return Storyboard(
        columns=min(COLUMNS, count),
        rows=math.ceil(count / COLUMNS),
        tile_width=tile_width,
        tile_height=tile_height,
        interval=interval,
        count=count,
    )


def storyboard_vtt(board: Storyboard, sprite: str, duration: float) -> str:
    """WebVTT whose cues point into the sprite (Media Fragments URI, `#xywh=`)."""
    cues = ["WEBVTT\n"]
    for number in range(board.count):
        start = number * board.interval
        end = duration if number == board.count - 1 else start + board.interval
        x = number % board.columns * board.tile_width
        y = number // board.columns * board.tile_height
        cues.append(
            f"{_stamp(start)} --> {_stamp(max(end, start + 0.001))}\n"
            f"{sprite}#xywh={x},{y},{board.tile_width},{board.tile_height}\n"
        )
    return "\n".join(cues)


def fit(width: int, height: int, longest: int) -> tuple[int, int]:
    """Even size of the same shape whose long side is at most `longest`; never larger."""
    scale = min(Fraction(1), Fraction(longest, max(width, height)))
    return max(2, 2 * round(width * scale / 2)), max(2, 2 * round(height * scale / 2))


def by_information(candidates: list[Path]) -> list[Path]:
    """Candidates from the one that shows most: detail, contrast, neither dark nor blown out."""
    return sorted(candidates, key=_information, reverse=True)


def _information(path: Path) -> float:
    """Entropy of brightness plus sharpness of edges, much less for black or white."""
    with Image.open(path) as image:
        grey = image.convert("L")
        grey.thumbnail((320, 320))
        mean = ImageStat.Stat(grey).mean[0]
        edges = ImageStat.Stat(grey.filter(ImageFilter.FIND_EDGES)).mean[0]
        penalty = 0.1 if mean < 24 or mean > 232 else 1.0
        return (grey.entropy() + math.log1p(edges)) * penalty


def image_size(path: Path) -> tuple[int, int]:
    """Width and height of a still in pixels; raises OSError if it is none."""
    with Image.open(path) as image:
        image.load()
        return image.size


def _stamp(seconds: float) -> str:
    """`HH:MM:SS.mmm` (W3C WebVTT, section 4.1)."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
