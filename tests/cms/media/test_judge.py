"""Verdicts that would take hours or terabytes to provoke with files."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cms.media.judge import Drawn, Photograph, Reason, judge
from cms.media.probe import AudioStream, Probe, Unreadable, VideoStream
from content_models.models import AssetKind

VIDEO = VideoStream(
    index=0,
    codec="h264",
    width=1920,
    height=1080,
    pixel_aspect=Fraction(1),
    rotation=0,
    average_rate=Fraction(25),
    base_rate=Fraction(25),
    pixel_format="yuv420p",
    field_order="progressive",
    transfer="",
)
GOOD = Probe(
    format="mov,mp4,m4a,3gp,3g2,mj2",
    size=1_000_000,
    declared_duration=60.0,
    readable_duration=60.0,
    frames=1500,
    video=VIDEO,
    audio=AudioStream(index=1, codec="aac", sample_rate=48_000, channels=2),
    audio_streams=1,
)


def test_a_sound_file_is_accepted_without_a_note() -> None:
    verdict = judge(GOOD)
    assert verdict.accepted
    assert verdict.notes == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"declared_duration": 5 * 3600.0, "readable_duration": 5 * 3600.0}, Reason.TOO_LONG),
        ({"video": replace(VIDEO, width=8)}, Reason.TOO_SMALL),
        ({"video": replace(VIDEO, width=9000)}, Reason.TOO_WIDE),
        ({"video": None, "audio": None}, Reason.NOT_A_VIDEO),
        ({"video": replace(VIDEO, codec="mjpeg"), "frames": 1, "audio": None}, Reason.NOT_A_VIDEO),
        ({"frames": 0}, Reason.UNREADABLE),
        ({"readable_duration": 50.0}, Reason.TRUNCATED),
    ],
)
def test_a_file_that_cannot_be_shown_is_refused_with_its_reason(
    changes: dict[str, Any], reason: Reason
) -> None:
    verdict = judge(replace(GOOD, **changes))
    assert verdict.refusal is not None
    assert verdict.refusal.reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"audio": None, "audio_streams": 0}, Reason.NO_SOUND),
        ({"audio_streams": 3}, Reason.MORE_SOUND),
        ({"readable_duration": 58.0}, Reason.SHORT_TAIL),
    ],
)
def test_a_file_with_a_flaw_is_accepted_with_a_note(
    changes: dict[str, Any], reason: Reason
) -> None:
    verdict = judge(replace(GOOD, **changes))
    assert verdict.accepted
    assert [note.reason for note in verdict.notes] == [reason]


@pytest.mark.parametrize(
    "changes",
    [
        {"video": None, "frames": 0},
        {"video": replace(VIDEO, codec="mjpeg"), "frames": 1},
        {"video": None, "frames": 0, "format": "mp3", "declared_duration": 90.0},
    ],
    ids=["sound", "sound and a cover", "a length that was only guessed"],
)
def test_sound_alone_is_accepted_as_sound(changes: dict[str, Any]) -> None:
    verdict = judge(replace(GOOD, **changes))
    assert (verdict.refusal, verdict.kind, verdict.notes) == (None, AssetKind.AUDIO, ())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"readable_duration": 0.0}, Reason.UNREADABLE),
        ({"readable_duration": 50.0}, Reason.TRUNCATED),
        ({"declared_duration": None, "readable_duration": 5 * 3600.0}, Reason.TOO_LONG),
    ],
)
def test_sound_that_cannot_be_played_is_refused_with_its_reason(
    changes: dict[str, Any], reason: Reason
) -> None:
    verdict = judge(replace(GOOD, video=None, frames=0, **changes))
    assert verdict.refusal is not None
    assert verdict.refusal.reason == reason


def test_a_file_without_a_declared_length_is_not_called_truncated() -> None:
    verdict = judge(replace(GOOD, declared_duration=None, readable_duration=12.0))
    assert verdict.accepted


@pytest.mark.parametrize(
    ("first", "size", "reason"),
    [
        (b"", 0, Reason.EMPTY),
        (b"\x00\x00\x00\x18ftypisom", 900, Reason.UNREADABLE),
        (b"\x1aE\xdf\xa3", 900, Reason.UNREADABLE),
        (b"PK\x03\x04", 900, Reason.NOT_A_VIDEO),
    ],
)
def test_what_ffprobe_cannot_read_is_told_apart_by_its_first_bytes(
    first: bytes, size: int, reason: Reason
) -> None:
    verdict = judge(Unreadable(errors="", first_bytes=first, size=size))
    assert verdict.refusal is not None
    assert verdict.refusal.reason == reason


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Drawn(what="SVG", inside=False), Reason.ACTIVE),
        (Drawn(what="PDF", inside=True), Reason.ACTIVE_INSIDE),
        (Photograph(trouble="photo_raw"), Reason.PHOTO_RAW),
        (Photograph(trouble="too_small", params={"width": 8, "height": 8}), Reason.TOO_SMALL),
    ],
)
def test_a_picture_that_cannot_be_shown_is_refused_with_its_reason(
    found: Photograph | Drawn, reason: Reason
) -> None:
    verdict = judge(found)
    assert verdict.refusal is not None
    assert verdict.refusal.reason == reason


def test_a_photograph_is_accepted_as_one() -> None:
    verdict = judge(Photograph(format="JPEG", width=40, height=30))
    assert (verdict.refusal, verdict.kind, verdict.notes) == (None, AssetKind.PHOTO, ())
