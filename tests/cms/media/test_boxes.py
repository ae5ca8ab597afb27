"""The index of real files, and of files that are not as they should be."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from cms.media import graph, playlists
from cms.media.boxes import BoxError, read_index
from tests.cms.media.conftest import Clip, ffmpeg

pytestmark = pytest.mark.ffmpeg


@pytest.fixture
def hybrid(clip: Clip, tmp_path: Path) -> Path:
    target = tmp_path / "hybrid.mp4"
    ffmpeg(
        *("-i", clip("rabbit.mp4", seconds=5), "-c:v:0", "libx264", "-preset", "ultrafast"),
        *("-force_key_frames", "expr:gte(t,n_forced*2)", "-c:a:0", "aac"),
        *("-min_frag_duration", "1900000", "-movflags", graph.MOVFLAGS, target),
    )
    return target


def test_fragments_cover_the_file_without_gap_or_overlap(hybrid: Path) -> None:
    index = read_index(hybrid)
    assert len(index.fragments) == 3
    at = index.init_offset + index.init_length
    for fragment in index.fragments:
        assert fragment.offset == at
        at += fragment.length
    data = hybrid.read_bytes()
    assert data[index.init_offset + 4 : index.init_offset + 8] == b"ftyp"
    # Behind the last fragment comes what progressive players read.
    assert data[at + 4 : at + 8] == b"moov"


def test_times_come_from_the_samples(hybrid: Path) -> None:
    index = read_index(hybrid)
    assert [fragment.start for fragment in index.fragments] == pytest.approx([0, 2, 4])
    assert sum(part.duration for part in playlists.segments(index)) == pytest.approx(5, abs=0.05)


def test_codecs_are_read_from_the_configuration_records(hybrid: Path) -> None:
    video, audio = read_index(hybrid).codecs.split(",")
    assert video.startswith("avc1.")
    assert len(video) == 11
    assert audio == "mp4a.40.2"


def test_a_file_beyond_four_gigabytes_is_read_by_its_64_bit_header(
    hybrid: Path, tmp_path: Path
) -> None:
    data = bytearray(hybrid.read_bytes())
    free = data.index(b"free") - 4
    mdat = free + 8
    (size,) = struct.unpack_from(">I", data, mdat)
    # As ffmpeg does it: the empty box before the header makes room for the long size.
    data[free : free + 16] = struct.pack(">I4sQ", 1, b"mdat", size + 8)
    long = tmp_path / "long.mp4"
    long.write_bytes(data)
    assert read_index(long) == read_index(hybrid)


def test_a_plain_fragmented_file_is_read_too(clip: Clip, tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    ffmpeg("-i", clip("rabbit.mp4"), "-c", "copy", "-movflags", "frag_keyframe+delay_moov", plain)
    assert read_index(plain).fragments


def test_a_file_that_is_not_fragmented_is_refused(clip: Clip) -> None:
    with pytest.raises(BoxError):
        read_index(clip("rabbit.mp4"))


@pytest.mark.parametrize("keep", [0, 7, 30, 60, 900, 5000])
def test_a_cut_file_is_refused_rather_than_misread(hybrid: Path, keep: int) -> None:
    hybrid.write_bytes(hybrid.read_bytes()[:keep])
    with pytest.raises(BoxError):
        read_index(hybrid)


def test_peak_bandwidth_counts_neighbours_of_about_a_target_duration() -> None:
    segment = playlists.Segment
    parts = [
        segment(offset=0, length=6000, duration=6.0),
        segment(offset=6000, length=12000, duration=6.0),
        # Short and dense, but too short to count alone.
        segment(offset=18000, length=4000, duration=1.0),
    ]
    assert playlists.peak_bandwidth(parts) == -(-16000 * 8 // 7)
    assert playlists.average_bandwidth(parts) == -(-22000 * 8 // 13)
