"""Every sound comes out at one loudness, but for what was meant to be quiet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cms.media import keys
from cms.media.loudness import AS_IT_IS, CEILING, MOST_GAIN, Loudness, gain
from tests.cms.media import corpus, playing

SPEECH = (
    "aevalsrc='0.05*sin(2*PI*(180+40*sin(2*PI*0.7*t))*t)*max(0.2\\,sin(2*PI*2*t))'"
    ":s=48000,aformat=channel_layouts=stereo"
)
SHOTS = f"{SPEECH},volume='if(lt(mod(t\\,1.5)\\,0.02)\\,16\\,1)':eval=frame"


@pytest.mark.parametrize(("found", "decibels", "limited"), [(-23, 7, False), (-10, -6, False)])
def test_gain_is_the_difference_to_what_is_wanted(
    found: float, decibels: float, limited: bool
) -> None:
    given = gain(Loudness(integrated=found, peak=-12.0), -16)
    assert (given.decibels, given.limited) == (decibels, limited)
    assert given.reason


def test_silence_and_what_cannot_be_measured_stay_as_they_are() -> None:
    assert gain(Loudness(integrated=-70.0, peak=float("-inf")), -16) == AS_IT_IS
    assert gain(None, -16) == AS_IT_IS


def test_noise_is_not_lifted_without_end_and_peaks_are_held() -> None:
    given = gain(Loudness(integrated=-45.0, peak=-3.0), -16)
    assert (given.decibels, given.limited) == (MOST_GAIN, True)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("target", [-16, -23])
@pytest.mark.parametrize("sound", [SPEECH, SHOTS], ids=["speech", "shots"])
def test_what_is_served_has_the_wanted_loudness_and_no_peak_above_the_ceiling(
    sound: str, target: int, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_LOUDNESS = target
    source = corpus.draw("speech.mp4", sound=sound, seconds=6)(tmp_path)
    before = playing.loudness(source)[0]
    assert abs(before - target) > 3
    playing.encoded(source, tmp_path / "ladder")
    for name in (keys.AUDIO, "144p"):
        integrated, peak = playing.loudness(tmp_path / "ladder" / keys.rendition(name))
        assert integrated == pytest.approx(target, abs=1.0)
        assert peak <= CEILING + 0.8
