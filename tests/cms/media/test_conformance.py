"""Playlists hold to RFC 8216 in each word, and to their files in each byte."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import m3u8
import pytest

from cms.media import boxes, keys
from tests.cms.media import corpus, playing
from tests.cms.media.conftest import ffmpeg

pytestmark = pytest.mark.ffmpeg

LADDERS = {
    # A rate of no whole number, sound, two rungs, a segment more than one.
    "film": corpus.draw(
        "film.mp4", source=corpus.picture(320, 240, "30000/1001"), seconds=13, sound=corpus.TONE
    ),
    "silent": corpus.draw("silent.mp4", source=corpus.picture(320, 180), seconds=7, sound=None),
}


@pytest.fixture(scope="module", params=["film", "silent", "joined", "economy", "joined economy"])
def ladder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ladders made at once, without sound, joined of stretches, and with their economy set."""
    folder = tmp_path_factory.mktemp(request.param)
    source = LADDERS.get(request.param, LADDERS["film"])(folder)
    with pytest.MonkeyPatch.context() as patch:
        if request.param.startswith("joined"):
            patch.setattr("django.conf.settings.MEDIA_CHUNK_FROM_SECONDS", 5)
            patch.setattr("django.conf.settings.MEDIA_CHUNK_SECONDS", 6)
        playing.encoded(source, folder / "ladder", economy=request.param.endswith("economy"))
    return folder / "ladder"


def media(ladder: Path) -> list[Path]:
    """Playlists of renditions, the master's and the pictures' for seeking left out."""
    return [path for path in ladder.glob("*.m3u8") if path.name not in (keys.MASTER, keys.IFRAMES)]


def parsed(path: Path) -> m3u8.M3U8:
    """The playlist; raises on what RFC 8216 forbids."""
    return m3u8.M3U8(path.read_text(), strict=True)


def test_every_playlist_is_read_by_a_strict_parser(ladder: Path) -> None:
    for path in ladder.glob("*.m3u8"):
        found = parsed(path)
        assert found.is_variant == (path.name == keys.MASTER)
        assert found.is_independent_segments or path.name == keys.IFRAMES
        if not found.is_variant:
            assert found.is_endlist
            assert found.playlist_type == "vod"
            longest = max(segment.duration for segment in found.segments)
            assert round(longest) <= found.target_duration == 6


def test_ranges_lie_end_to_end_inside_their_file(ladder: Path) -> None:
    for path in media(ladder):
        found = parsed(path)
        file = ladder / found.segments[0].uri
        assert {segment.uri for segment in found.segments} == {file.name}
        length, at = map(int, found.segments[0].init_section.byterange.split("@"))
        at += length
        for segment in found.segments:
            length, start = map(int, segment.byterange.split("@"))
            assert start == at
            at += length
        index = boxes.read_index(file)
        assert at <= index.size
        # Behind the last segment: only what progressive players read.
        assert file.read_bytes()[at + 4 : at + 8] in (b"moov", b"mfra")


def test_each_segment_begins_with_a_keyframe_at_the_moment_that_is_said(ladder: Path) -> None:
    moments = set()
    for path in media(ladder):
        found = parsed(path)
        at, begins = 0.0, []
        for segment in found.segments:
            begins.append(at)
            at += segment.duration
        kind = "a" if path.name == keys.playlist(keys.AUDIO) else "v"
        packets = playing.look(
            path,
            *("-select_streams", f"{kind}:0", "-show_entries", "packet=pts_time,dts_time,flags"),
        )["packets"]
        times = sorted(float(packet["pts_time"]) for packet in packets)
        gaps = [after - before for before, after in itertools.pairwise(times)]
        # Continuous: no gap, nothing twice.
        assert max(gaps) == pytest.approx(min(gaps), abs=0.002)
        assert [float(packet["dts_time"]) for packet in packets] == sorted(
            float(packet["dts_time"]) for packet in packets
        )
        assert times[-1] + gaps[0] == pytest.approx(at, abs=0.03)
        if kind == "v":
            keyframes = {
                round(float(packet["pts_time"]), 3) for packet in packets if "K" in packet["flags"]
            }
            assert {round(begin, 3) for begin in begins} <= keyframes
            moments.add(tuple(round(begin, 3) for begin in begins))
    assert len(moments) == 1, "segments of all rungs begin together"


def test_the_master_tells_what_each_rendition_is_and_needs(ladder: Path) -> None:
    master = parsed(ladder / keys.MASTER)
    assert {one.uri for one in master.playlists} == {path.name for path in media(ladder)}
    for one in master.playlists:
        found = parsed(ladder / one.uri)
        rates = [
            8 * int(segment.byterange.split("@")[0]) / segment.duration
            for segment in found.segments
            if segment.duration >= found.target_duration / 2
        ]
        info = one.stream_info
        assert info.bandwidth >= max(rates) - 1
        assert info.average_bandwidth <= info.bandwidth
        told = playing.look(ladder / found.segments[0].uri, "-show_streams")["streams"]
        codecs = info.codecs.split(",")
        assert len(codecs) == len(told)
        for stream in told:
            if stream["codec_type"] == "video":
                assert info.resolution == (stream["width"], stream["height"])
                assert info.frame_rate == pytest.approx(
                    playing.eval_rate(stream["avg_frame_rate"]), abs=0.001
                )
                assert codec_of(stream) in codecs
            else:
                assert "mp4a.40.2" in codecs
    assert [one.uri for one in master.iframe_playlists] == [keys.IFRAMES]
    assert master.iframe_playlists[0].iframe_stream_info.codecs.startswith("avc1.")


def codec_of(stream: dict[str, Any]) -> str:
    """RFC 6381 name of a video stream as ffprobe describes it; of AV1, profile 0 in eight bits."""
    if stream["codec_name"] == "av1":
        return f"av01.0.{stream['level']:02d}M.08"
    return f"avc1.6400{stream['level']:02x}"


def test_who_can_play_the_economy_set_prefers_it_and_nobody_else_meets_it(ladder: Path) -> None:
    text = (ladder / keys.MASTER).read_text()
    told = r'#EXT-X-STREAM-INF:.*CODECS="(av..).*RESOLUTION=\d+x(\d+).*?(?:SCORE=([\d.]+))?\n'
    found = re.findall(told, text)
    assert found[0][0] == "avc1"
    by_codec = {name: [one for one in found if one[0] == name] for name in ("avc1", "av01")}
    if "economy" not in str(ladder):
        assert "SCORE" not in text
        assert not by_codec["av01"]
        return
    assert text.count("SCORE=") == text.count("#EXT-X-STREAM-INF")
    scores = {
        name: {lines: float(score) for _, lines, score in by_codec[name]} for name in by_codec
    }
    assert scores["av01"].keys() == scores["avc1"].keys()
    for lines, score in scores["av01"].items():
        assert score > scores["avc1"][lines]
        assert all(score > other for of, other in scores["avc1"].items() if int(of) < int(lines))


def test_every_picture_for_seeking_decodes_alone(ladder: Path, tmp_path: Path) -> None:
    text = (ladder / keys.IFRAMES).read_text()
    found = parsed(ladder / keys.IFRAMES)
    assert found.is_i_frames_only
    file = (ladder / found.segments[0].uri).read_bytes()
    length, start = re.findall(r'MAP:URI=".+",BYTERANGE="(\d+)@(\d+)"', text)[0]
    header = file[int(start) : int(start) + int(length)]
    for number, segment in enumerate(found.segments):
        length, start = map(int, segment.byterange.split("@"))
        alone = tmp_path / f"{number}.mp4"
        alone.write_bytes(header + file[start : start + length])
        still = tmp_path / f"{number}.png"
        ffmpeg("-i", alone, "-frames:v", "1", still)
        assert still.stat().st_size > 1000


def test_a_parser_that_lets_everything_pass_would_be_noticed(ladder: Path) -> None:
    text = media(ladder)[0].read_text()
    with pytest.raises(Exception, match="EXTINF"):
        m3u8.M3U8(text.replace("#EXTINF:", "#EXTINF:six", 1), strict=True)
