"""Sound alone, of every kind that people send: heard over HTTP, and seen as a poster."""

from __future__ import annotations

import json
import math
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from cms.media import loudness, samples, storage, tools, waveform
from cms.media.interface import describe, media_url, promote
from cms.media.pipeline import work_directory
from cms.media.probe import Probe, probe
from cms.media.storage import Bucket
from content_models.models import AssetKind, AssetState, FileRole, Rendition
from tests.cms.media.conftest import ffmpeg, processed

pytestmark = [
    pytest.mark.any_database,
    pytest.mark.django_db,
    pytest.mark.storage,
    pytest.mark.ffmpeg,
    pytest.mark.usefixtures("store"),
]

SECONDS = 7
KINDS = {
    "statement.mp3": ("-q:a", "5", "-write_xing", "0", "-metadata", "artist=Rahasia"),
    "statement.m4a": ("-c:a", "aac"),
    "statement.wav": (),
    "statement.ogg": ("-c:a", "libopus"),
    "statement.flac": (),
    "radio.amr": ("-ar", "8000", "-ac", "1"),
    "no-picture.mp4": ("-c:a", "aac"),
    "no-picture.mkv": ("-c:a", "libvorbis"),
}


@pytest.fixture(scope="module")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Quiet, then loud, in stereo."""
    target = tmp_path_factory.mktemp("voice") / "voice.wav"
    loud = "aevalsrc=if(lt(t\\,3.5)\\,0.02\\,0.6)*sin(1400*t)|0.3*sin(900*t):s=44100"
    ffmpeg("-f", "lavfi", "-i", loud, "-t", SECONDS, target)
    return target


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("cover") / "cover.jpg"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x320", "-frames:v", "1", target)
    return target


def heard(address: str) -> tuple[list[str], float]:
    """Kinds of streams and seconds that can really be decoded of what lies at an address."""
    done = subprocess.run(
        [
            *(tools.ffprobe(), "-v", "error", "-count_frames", "-show_entries"),
            *("stream=codec_type,nb_read_frames,sample_rate", "-of", "json", address),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stderr, done.stderr
    streams = json.loads(done.stdout)["streams"]
    (sound,) = (stream for stream in streams if stream["codec_type"] == "audio")
    return [s["codec_type"] for s in streams], int(sound["nb_read_frames"]) * 1024 / 48_000


@pytest.mark.parametrize("name", KINDS)
def test_sound_of_every_kind_plays_over_http(name: str, voice: Path, tmp_path: Path) -> None:
    source = tmp_path / name
    ffmpeg("-i", voice, *KINDS[name], source)
    asset = processed(source)

    assert asset.state == AssetState.READY, (asset.message_code, asset.error_detail)
    assert (asset.kind, asset.has_audio) == (AssetKind.AUDIO, True)
    assert (asset.width, asset.height, asset.frame_rate) == (None, None, None)
    assert asset.duration == pytest.approx(SECONDS, abs=0.1)
    assert describe(asset).notes == ()
    assert {file.name: file.role for file in asset.ladder.files.all()} == {
        "audio.m4a": FileRole.RENDITION,
        "audio.m3u8": FileRole.PLAYLIST,
        "master.m3u8": FileRole.MASTER,
        "poster.jpg": FileRole.POSTER,
    }
    promote(asset.ladder)
    rendition = asset.ladder.renditions.get()
    assert (rendition.kind, rendition.name) == (Rendition.Kind.AUDIO, "audio")
    for file in asset.ladder.files.exclude(role=FileRole.POSTER).select_related("ladder"):
        kinds, seconds = heard(media_url(file.key))
        assert kinds == ["audio"], file.name
        assert seconds == pytest.approx(SECONDS, abs=0.2), file.name
    assert b"Rahasia" not in httpx.get(media_url(rendition.file.key)).content


def test_the_master_playlist_of_sound_names_nothing_else(voice: Path) -> None:
    asset = processed(voice)
    master = b"".join(storage.read(Bucket.STAGING, f"{asset.ladder.prefix}master.m3u8")).decode()
    assert re.findall(r"^#EXT-X-STREAM-INF:.*$", master, re.M) == [
        line for line in master.splitlines() if 'CODECS="mp4a.40.2"' in line
    ]
    assert master.splitlines()[-1] == "audio.m3u8"
    assert "I-FRAME" not in master
    assert "RESOLUTION" not in master
    assert asset.ladder.storyboard == {}


@pytest.mark.parametrize("to", ["cover.mp3", "cover.m4a", "cover.flac", "cover.mkv"])
def test_a_cover_is_no_picture(to: str, voice: Path, cover: Path, tmp_path: Path) -> None:
    source = tmp_path / to
    # Matroska's muxer takes a plain stream: a picture of one frame that nothing calls a cover.
    how = () if to.endswith("mkv") else ("-disposition:v", "attached_pic")
    codec = () if to.endswith("mp3") else ("-c:a", "flac" if to.endswith("flac") else "aac")
    ffmpeg("-i", voice, "-i", cover, "-map", 0, "-map", 1, "-c:v", "copy", *codec, *how, source)
    asset = processed(source)
    assert (asset.state, asset.kind) == (AssetState.READY, AssetKind.AUDIO), asset.error_detail
    assert (asset.width, asset.height) == (None, None)


def test_the_poster_shows_where_it_is_quiet_and_where_it_is_loud(voice: Path) -> None:
    asset = processed(voice)
    poster = asset.ladder.files.get(role=FileRole.POSTER)
    assert (poster.width, poster.height) == waveform.SIZE
    path = work_directory().parent / "poster.jpg"
    storage.download(Bucket.STAGING, poster.key, path)
    with Image.open(path) as image:
        bright = image.convert("L").point(lambda value: 255 if value > 100 else 0)
        box = bright.crop((0, 0, 620, 720)).getbbox(), bright.crop((660, 0, 1280, 720)).getbbox()
    quiet, loud = ((area[3] - area[1]) if area else 0 for area in box)
    assert 8 < quiet < loud <= 404


def test_a_quiet_statement_is_as_loud_as_everything_else(tmp_path: Path, settings: Any) -> None:
    source = tmp_path / "quiet.wav"
    quiet = "aevalsrc=0.03*sin(1400*t):s=48000"
    ffmpeg("-f", "lavfi", "-i", quiet, "-t", 4, source)
    asset = processed(source)
    made = tmp_path / "made.m4a"
    key = asset.ladder.renditions.get().file.key
    storage.download(Bucket.STAGING, key, made)
    found = probe(made)
    assert isinstance(found, Probe)
    assert found.audio is not None
    heard = loudness.measure(tools.ffmpeg(), made, found.audio, 1, tick=lambda: None)
    assert heard is not None
    assert heard.integrated == pytest.approx(settings.MEDIA_LOUDNESS, abs=0.5)


def test_silence_has_a_poster_too(tmp_path: Path) -> None:
    source = tmp_path / "silence.wav"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", 1, source)
    asset = processed(source)
    assert asset.state == AssetState.READY, asset.error_detail


def test_bars_are_as_high_as_what_they_stand_for() -> None:
    heights = waveform.bars([0.1] * 50 + [0.4] * 50, count=4)
    assert heights == pytest.approx([0.5, 0.5, 1.0, 1.0])
    assert waveform.bars([0.0, 0.0], count=4) == [0.0] * 4
    assert waveform.bars([0.3], count=3) == [1.0] * 3
    assert all(math.isfinite(value) for value in waveform.bars([0.2, 0.9, 0.0], count=64))


def test_sound_cut_off_in_the_middle_is_refused_with_how_much_arrived(
    voice: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "half.flac"
    ffmpeg("-i", voice, whole)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    asset = processed(whole)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, "truncated")
    assert "7,0" in describe(asset).message


def test_a_sound_file_of_which_only_the_head_is_left_is_damaged(tmp_path: Path) -> None:
    source = tmp_path / "kepala.mp3"
    source.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x20" + bytes(400))
    asset = processed(source)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, "unreadable")


def test_sample_voice_is_still_a_video(tmp_path: Path) -> None:
    sample = samples.Sample(
        name="v.mp4", picture="testsrc2", sound=samples.TONE, width=128, height=72, seconds=1
    )
    assert processed(samples.make(sample, tmp_path)).kind == AssetKind.VIDEO
