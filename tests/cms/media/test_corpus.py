"""Whatever arrives ends in something that plays, or in its exact refusal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from cms.media import keys
from cms.media.probe import Probe
from tests.cms.media import corpus, playing
from tests.cms.media.corpus import Case, Plays

pytestmark = pytest.mark.ffmpeg

SOAK = os.environ.get("SOAK") == "1"
CORNERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))


def named(cases: tuple[Case, ...]) -> list[object]:
    """One parameter for each case; those that take minutes are for the soak."""
    return [
        pytest.param(case, id=case.name.replace(" ", "-"))
        for case in cases
        if SOAK or not case.slow
    ]


@pytest.mark.parametrize("case", named(corpus.PLAYING))
def test_what_arrives_is_played_upright_in_its_colours_with_its_sound(
    case: Case, tmp_path: Path
) -> None:
    assert isinstance(case.then, Plays)
    source = case.make(tmp_path)
    found, verdict = playing.examined(source)
    assert isinstance(found, Probe)
    assert tuple(note.reason for note in verdict.notes) == case.then.notes
    _made, plan = playing.encoded(source, tmp_path / "ladder")
    lowest = plan.rungs[-1].name
    for name in (keys.rendition(lowest), keys.playlist(lowest)):
        path = tmp_path / "ladder" / name
        has_tags(path)
        is_right(playing.play(path, every=case.then.every), case.then)


@pytest.mark.parametrize("case", named(corpus.REFUSED))
def test_what_cannot_be_shown_is_refused_for_its_reason(case: Case, tmp_path: Path) -> None:
    _found, verdict = playing.examined(case.make(tmp_path))
    assert verdict.refusal is not None
    assert verdict.refusal.reason == case.then


def has_tags(path: Path) -> None:
    """Every player is told the same of colours, and none is turned."""
    stream = next(
        one
        for one in playing.look(path, "-show_streams")["streams"]
        if one["codec_type"] == "video"
    )
    assert (stream["pix_fmt"], stream["color_range"]) == ("yuv420p", "tv")
    told = [stream[name] for name in ("color_space", "color_transfer", "color_primaries")]
    assert told == ["bt709"] * 3
    assert not any("rotation" in data for data in stream.get("side_data_list", []))


def is_right(played: playing.Played, wanted: Plays) -> None:
    assert played.middle.size == (wanted.width, wanted.height)
    assert played.seconds == pytest.approx(
        wanted.seconds, abs=0.1 if wanted.every == 1 else wanted.every / 5 + 1
    )
    seen = corners(played.middle)
    for corner, colour in zip(seen, CORNERS, strict=True):
        assert all(
            abs(one - other) <= wanted.off for one, other in zip(corner, colour, strict=True)
        ), seen
    assert combing(played.middle) < wanted.combed
    if wanted.pitch is None:
        assert not played.samples
        return
    assert played.seconds_of_sound == pytest.approx(wanted.seconds, abs=0.1)
    assert played.pitch() == pytest.approx(wanted.pitch, rel=0.06)
    assert played.level == pytest.approx(wanted.level, abs=1.5)


def combing(image: Image.Image) -> float:
    """How much more a line differs from the next than from the one after: above 1, two moments."""
    grey = image.convert("L")
    width, height = grey.size

    def apart(lines: int) -> float:
        upper = grey.crop((0, 0, width, height - 2))
        lower = grey.crop((0, lines, width, height - 2 + lines))
        return ImageStat.Stat(ImageChops.difference(upper, lower)).mean[0]

    return apart(1) / apart(2)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """Colours in the middle of the four boxes, clockwise from the top left."""
    width, height = image.size
    places = [(1, 1), (7, 1), (7, 7), (1, 7)]
    small = image.convert("RGB")
    return [small.getpixel((width * x // 8, height * y // 8)) for x, y in places]  # type: ignore[misc]
