"""Long originals are encoded stretch by stretch, and nobody sees or hears where."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.media import boxes, encode, keys, stretches
from cms.media.ladder import Plan, rungs
from cms.media.loudness import AS_IT_IS
from cms.media.probe import MOST_GAPS
from tests.cms.media import corpus, playing
from tests.cms.media.test_judge import GOOD as FOUND

FLASHES = (
    "testsrc2=size=192x144:rate={rate},drawbox=c=black:t=fill,"
    "drawbox=c=white:t=fill:enable='lt(mod(t,1),0.04)'"
)
BEEPS = "aevalsrc='0.5*sin(2*PI*1000*t)*lt(mod(t\\,1)\\,0.04)':s=48000"


def planned(rate: Fraction, duration: float) -> Plan:
    return Plan(
        rungs=rungs(1920, 1080, rate=rate),
        frame_rate=rate,
        frame_rate_reason="",
        duration=duration,
        audio_channels=2,
    )


@given(
    st.fractions(Fraction(5), Fraction(60), max_denominator=1001),
    st.floats(0.1, 14_000),
    st.floats(1, 600),
)
def test_stretches_cover_every_picture_once_and_end_where_segments_do(
    rate: Fraction, duration: float, seconds: float
) -> None:
    plan = planned(rate, duration)
    parts = stretches.stretches(plan, seconds)
    assert parts[0].first == 0
    assert parts[-1].end == plan.frames
    for before, after in itertools.pairwise(parts):
        assert before.end == after.first
        assert before.count % plan.segment == 0
    assert [part.number for part in parts] == list(range(len(parts)))
    assert 5.9 <= plan.segment / plan.frame_rate <= 6.7


def test_a_stretch_is_opened_where_its_first_picture_is_shown() -> None:
    plan = planned(Fraction(25), 700)
    part = stretches.Stretch(number=1, first=25 * 300, count=25 * 300)
    assert 297 < stretches.begin(part, FOUND, plan) < 300
    # A camera that stood still for four minutes, and a file that has to be searched.
    still = replace(FOUND, gaps=((20.0, 30.0), (90.0, 330.0)), longest_gap=240.0)
    assert 87 < stretches.begin(part, still, plan) < 90
    assert stretches.begin(part, replace(FOUND, format="mpegts"), plan) < 290
    many = replace(FOUND, gaps=((0.0, 9.0),) * MOST_GAPS, longest_gap=100.0)
    assert stretches.begin(part, many, plan) < 200


def test_another_way_to_encode_shares_no_finished_stretch() -> None:
    plan = planned(Fraction(25), 700)
    names = {
        stretches.profile(plan, AS_IT_IS, 120, "/bin/ffmpeg"),
        stretches.profile(plan, AS_IT_IS, 60, "/bin/ffmpeg"),
        stretches.profile(plan, AS_IT_IS, 120, "/opt/ffmpeg-9"),
        stretches.profile(planned(Fraction(25), 701), AS_IT_IS, 120, "/bin/ffmpeg"),
    }
    assert len(names) == 4
    assert all(len(name) <= 40 for name in names)


class Shelf:
    """Keeps parts in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, list[int]()

    def open(self, profile: str) -> None:
        (self.folder / profile).mkdir(parents=True, exist_ok=True)
        self.profile = profile

    def fetch(self, number: int, folder: Path) -> bool:
        kept = list((self.folder / self.profile).glob(f"{number}-*"))
        for file in kept:
            (folder / file.name.partition("-")[2]).write_bytes(file.read_bytes())
        return bool(kept)

    def keep(self, number: int, files: list[Path]) -> None:
        self.made.append(number)
        for file in files:
            kept = self.folder / self.profile / f"{number}-{file.name}"
            kept.write_bytes(file.read_bytes())


@pytest.fixture
def short_stretches(settings: Any) -> None:
    settings.MEDIA_CHUNK_FROM_SECONDS = 5
    settings.MEDIA_CHUNK_SECONDS = 6


@pytest.mark.ffmpeg
@pytest.mark.usefixtures("short_stretches")
@pytest.mark.parametrize(
    ("name", "rate"), [("long.mp4", "25"), ("long.mkv", "30000/1001"), ("long.ts", "25")]
)
def test_picture_and_sound_stay_together_across_every_border(
    name: str, rate: str, tmp_path: Path
) -> None:
    source = corpus.draw(
        name,
        *("-g", "70"),
        source=FLASHES.format(rate=rate),
        sound=BEEPS,
        seconds=20,
    )(tmp_path)
    _made, plan = playing.encoded(source, tmp_path / "ladder")
    assert len(stretches.stretches(plan, 6)) == 4
    for file in (keys.rendition("144p"), keys.playlist("144p")):
        played = playing.play(tmp_path / "ladder" / file)
        assert len(played.pictures) == plan.frames
        assert played.seconds_of_sound == pytest.approx(played.seconds, abs=0.03)
        flashes, beeps = seen(played), heard(played)
        assert len(flashes) == len(beeps) == 20
        for flash, beep in zip(flashes, beeps, strict=True):
            assert abs(flash - beep) <= 0.040


@pytest.mark.ffmpeg
@pytest.mark.usefixtures("short_stretches")
def test_a_joined_file_is_cut_like_one_made_at_once(tmp_path: Path, settings: Any) -> None:
    source = corpus.draw("long.mp4", seconds=14)(tmp_path)
    playing.encoded(source, tmp_path / "joined")
    settings.MEDIA_CHUNK_FROM_SECONDS = 600
    playing.encoded(source, tmp_path / "whole")
    joined, whole = (boxes.read_index(tmp_path / way / "144p.mp4") for way in ("joined", "whole"))
    assert joined.codecs == whole.codecs
    ends = [[part.end for part in index.fragments] for index in (joined, whole)]
    assert ends[0] == pytest.approx(ends[1], abs=0.022)
    names = [
        sorted(path.name for path in (tmp_path / way).iterdir()) for way in ("joined", "whole")
    ]
    assert names[0] == names[1]
    assert not (tmp_path / "joined-parts").exists()


@pytest.mark.ffmpeg
@pytest.mark.usefixtures("short_stretches")
def test_a_finished_stretch_is_never_made_again(tmp_path: Path) -> None:
    source = corpus.draw("long.mp4", seconds=14)(tmp_path)

    class Stopped(Exception):  # noqa: N818
        """The worker is asked to do something else."""

    def stop() -> None:
        if shelf.made == [0, 1]:
            raise Stopped

    shelf = Shelf(tmp_path / "shelf")
    with pytest.raises(Stopped):
        playing.encoded(source, tmp_path / "first", keeper=shelf, between=stop)
    shares: list[float] = []
    playing.encoded(source, tmp_path / "second", keeper=shelf, on_share=shares.append)
    # Two stretches before, the third and the sound after.
    assert shelf.made == [0, 1, 2, 3]
    assert shares == sorted(shares)
    played = playing.play(tmp_path / "second" / keys.playlist("144p"))
    assert played.seconds == pytest.approx(14, abs=0.05)


def test_what_has_been_joined_is_deleted_while_the_rest_is_read(
    tmp_path: Path, short_stretches: None
) -> None:
    plan = planned(Fraction(25), 60)
    long = encode.Long(tmp_path, tmp_path / "ladder", FOUND, plan, AS_IT_IS, lambda share: None)
    files = [tmp_path / str(part.number) for part in long.parts]
    for file in files:
        file.touch()
    long.delete_read(files, 0.5)
    # Of ten stretches, three lie more than a segment behind.
    assert [file.exists() for file in files] == [False] * 3 + [True] * 7


def seen(played: playing.Played) -> list[float]:
    """Seconds at which the picture turns white."""
    bright = [picture.getpixel((96, 72))[0] > 128 for picture in played.pictures]
    return [
        number / played.rate
        for number, is_bright in enumerate(bright)
        if is_bright and not (number and bright[number - 1])
    ]


def heard(played: playing.Played) -> list[float]:
    """Seconds at which a beep begins after silence."""
    found: list[float] = []
    loudest = max(played.samples)
    for number, sample in enumerate(played.samples):
        at = number / playing.HEARD_RATE
        if sample > loudest / 4 and (not found or at - found[-1] > 0.5):
            found.append(at)
    return found
