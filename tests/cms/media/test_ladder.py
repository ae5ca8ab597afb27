"""Which qualities are made, and why: decided without reading a byte."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.media.ladder import STEPS, frame_rate, rungs, twin

RATE = Fraction(25)


def sizes(width: int, height: int) -> list[tuple[str, int, int]]:
    return [(rung.name, rung.width, rung.height) for rung in rungs(width, height, rate=RATE)]


def test_full_hd_gives_every_rung() -> None:
    assert sizes(1920, 1080) == [
        ("1080p", 1920, 1080),
        ("720p", 1280, 720),
        ("480p", 854, 480),
        ("360p", 640, 360),
        ("240p", 426, 240),
        ("144p", 256, 144),
    ]


def test_four_k_is_shown_at_1080() -> None:
    assert sizes(3840, 2160)[0] == ("1080p", 1920, 1080)


def test_a_portrait_picture_is_measured_by_its_short_side() -> None:
    assert sizes(1080, 1920)[:2] == [("1080p", 1080, 1920), ("720p", 720, 1280)]


def test_a_long_phone_picture_stays_within_what_cheap_decoders_take() -> None:
    assert sizes(1080, 2400)[0] == ("1080p", 864, 1920)


def test_a_source_well_above_a_step_keeps_its_own_size() -> None:
    assert sizes(768, 432)[:2] == [("432p", 768, 432), ("360p", 640, 360)]


def test_a_source_just_above_a_step_makes_do_with_the_step() -> None:
    assert sizes(880, 500)[0][0] == "480p"


def test_a_source_below_the_lowest_step_gets_one_rung_of_its_own() -> None:
    assert sizes(101, 67) == [("67p", 100, 66)]


def test_each_rung_has_a_twin_of_its_size_in_the_economy_set() -> None:
    for rung in rungs(1920, 1080, rate=RATE):
        other = twin(rung)
        assert other.name == f"{rung.name}-av1"
        assert (other.width, other.height, other.codec) == (rung.width, rung.height, "av1")
        assert other.audio_bitrate == rung.audio_bitrate
        assert other.maxrate < rung.maxrate


def test_each_rung_says_why() -> None:
    reasons = [rung.reason for rung in rungs(3840, 2160, rate=RATE)]
    assert "2160p" in reasons[0]
    assert all(reasons)


@given(st.integers(16, 8192), st.integers(16, 8192))
def test_no_rung_is_ever_larger_than_its_source_or_odd(width: int, height: int) -> None:
    made = rungs(width, height, rate=RATE)
    assert 1 <= len(made) <= len(STEPS)
    for rung in made:
        assert rung.width <= width
        assert rung.height <= height
        assert rung.width % 2 == rung.height % 2 == 0
        assert min(rung.width, rung.height) <= STEPS[0]
    areas = [rung.width * rung.height for rung in made]
    assert areas == sorted(areas, reverse=True)
    assert len({rung.name for rung in made}) == len(made)


@given(st.integers(200, 4000), st.floats(0.4, 2.5))
def test_the_shape_of_the_picture_is_kept(width: int, shape: float) -> None:
    height = max(16, round(width / shape))
    for rung in rungs(width, height, rate=RATE):
        # Two pixels of rounding on the short side are the most that may show.
        assert abs(rung.width - rung.height * width / height) <= 2 * max(1, width / height) + 1


@pytest.mark.parametrize(
    ("average", "base", "made"),
    [
        (Fraction(25), Fraction(25), Fraction(25)),
        (Fraction(30000, 1001), Fraction(30000, 1001), Fraction(30000, 1001)),
        (Fraction(25, 2), Fraction(25, 2), Fraction(25, 2)),
        (Fraction(60), Fraction(60), Fraction(60)),
        (Fraction(120), Fraction(120), Fraction(60)),
        (Fraction(100), Fraction(100), Fraction(50)),
        (Fraction(240), Fraction(240), Fraction(60)),
        # A phone's variable rate.
        (Fraction(3517, 120), Fraction(90), Fraction(30)),
        # A time base that poses as a rate.
        (Fraction(90_000), Fraction(90_000), Fraction(25)),
        (Fraction(1, 2), Fraction(1, 2), Fraction(5)),
        (Fraction(0), Fraction(0), Fraction(25)),
    ],
)
def test_one_usable_rate_is_chosen(average: Fraction, base: Fraction, made: Fraction) -> None:
    chosen, reason = frame_rate(average, base, 250, 10.0)
    assert chosen == made
    assert reason
