"""From an upload to a verified ladder, on real storage and with the real encoder."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageStat

from cms.editorial.presentation import playback
from cms.media import keys, storage, tools
from cms.media.interface import describe, media_url, promote
from cms.media.pipeline import work_directory
from cms.media.storage import Bucket
from content_models.models import Asset, AssetKind, AssetState, FileRole, Rendition
from tests.cms.media.conftest import Clip, ffmpeg, processed

pytestmark = [
    pytest.mark.any_database,
    pytest.mark.django_db,
    pytest.mark.storage,
    pytest.mark.ffmpeg,
    pytest.mark.usefixtures("store"),
]


def look(address: str | Path, *wanted: str) -> dict[str, Any]:
    """What ffprobe says of a file or an address."""
    done = subprocess.run(
        [tools.ffprobe(), "-v", "error", *wanted, "-of", "json", str(address)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return json.loads(done.stdout)


def playlists(asset: Asset) -> Iterator[tuple[Rendition, str]]:
    for rendition in asset.ladder.renditions.select_related("playlist__ladder", "file__ladder"):
        yield rendition, media_url(rendition.playlist.key)


def test_an_upload_becomes_a_ladder_that_plays_over_http_at_every_rung(clip: Clip) -> None:
    source = clip("street-traffic.mp4", seconds=8)
    asset = processed(source)

    assert asset.state == AssetState.READY, asset.error_detail
    assert asset.progress == 100
    assert asset.lease_until is None
    assert asset.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    names = [rendition.name for rendition in asset.ladder.renditions.all()]
    assert names == ["432p", "360p", "240p", "144p", "audio"]

    promote(asset.ladder)
    assert len(storage.list_keys(Bucket.MEDIA, asset.ladder.prefix)) <= 20
    for rendition, address in playlists(asset):
        found = look(address, "-count_frames", "-show_streams", "-show_format")
        kinds = {stream["codec_type"] for stream in found["streams"]}
        assert kinds == ({"audio"} if rendition.kind == "audio" else {"audio", "video"})
        assert abs(float(found["format"]["duration"]) - asset.duration) < 0.2
        for stream in found["streams"]:
            read = int(stream["nb_read_frames"])
            rate = asset.frame_rate if stream["codec_type"] == "video" else 48000 / 1024
            assert abs(read - asset.duration * rate) <= 3
        progressive = look(media_url(rendition.file.key), "-show_format")
        assert abs(float(progressive["format"]["duration"]) - asset.duration) < 0.2


def test_with_the_setting_every_quality_is_there_once_more_in_av1(
    clip: Clip, settings: Any
) -> None:
    settings.MEDIA_AV1 = True
    asset = processed(clip("street-traffic.mp4", "-vf", "scale=-2:240", "-c:a", "copy", seconds=2))

    assert asset.state == AssetState.READY, asset.error_detail
    assert asset.ladder.profile == f"{keys.PROFILE}-av1"
    renditions = list(asset.ladder.renditions.all())
    assert [one.name for one in renditions] == ["240p", "240p-av1", "144p", "144p-av1", "audio"]
    assert [one.plays_everywhere for one in renditions] == [True, False, True, False, True]
    promote(asset.ladder)
    h264 = sum(one.plays_everywhere for one in renditions)
    assert len(storage.list_keys(Bucket.MEDIA, asset.ladder.prefix)) == 2 * h264 + 5 + 2 * 2
    for rendition, address in playlists(asset):
        found = look(address, "-show_streams")
        codecs = {stream["codec_type"]: stream["codec_name"] for stream in found["streams"]}
        wanted = {} if rendition.kind == "audio" else {"video": "h264"}
        wanted |= {} if rendition.plays_everywhere else {"video": "av1"}
        assert codecs == wanted | {"audio": "aac"}
    shown = playback(asset)
    assert shown is not None
    assert shown.file.partition("?")[0].endswith("/240p.mp4")


def test_stored_files_have_the_hash_that_is_recorded(clip: Clip) -> None:
    asset = processed(clip("rabbit.mp4", seconds=2))
    for file in asset.ladder.files.select_related("ladder"):
        data = b"".join(storage.read(Bucket.STAGING, file.key))
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)


def test_segments_are_aligned_across_rungs_and_begin_with_a_keyframe(clip: Clip) -> None:
    asset = processed(clip("rabbit.mp4", seconds=7.5))
    promote(asset.ladder)
    durations = set()
    for rendition, address in playlists(asset):
        text = httpx.get(address).text
        if rendition.kind == Rendition.Kind.VIDEO:
            durations.add(tuple(re.findall(r"#EXTINF:([\d.]+)", text)))
            packets = look(
                address, "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags"
            )["packets"]
            moments = [float(p["pts_time"]) for p in packets if p["flags"].startswith("K")]
            assert moments == pytest.approx([0, 6], abs=0.05)
            assert re.findall(r"#EXTINF:([\d.]+)", text)[0] == "6.000000"
    assert len(durations) == 1


def test_picture_and_sound_begin_together(clip: Clip) -> None:
    asset = processed(clip("rabbit.mp4", seconds=2))
    promote(asset.ladder)
    for rendition, playlist in playlists(asset):
        for address in (playlist, media_url(rendition.file.key)):
            starts = [s["start_time"] for s in look(address, "-show_streams")["streams"]]
            assert [float(start) for start in starts] == pytest.approx(
                [0] * len(starts), abs=0.03
            )  # one AAC frame


def test_the_master_playlist_names_every_rendition_completely(clip: Clip) -> None:
    asset = processed(clip("rabbit.mp4", seconds=2))
    promote(asset.ladder)
    master = asset.ladder.files.get(role=FileRole.MASTER)
    lines = httpx.get(media_url(master.key)).text.splitlines()
    variants = [line for line in lines if line.startswith("#EXT-X-STREAM-INF:")]
    assert len(variants) == asset.ladder.renditions.count()
    for line in variants:
        assert re.search(r"AVERAGE-BANDWIDTH=\d+", line)
        assert re.search(r":BANDWIDTH=\d+", line)
        assert "mp4a.40.2" in line
        if "avc1" in line:
            assert re.search(r'CODECS="avc1\.6400[0-9a-f]{2},mp4a\.40\.2"', line)
            assert re.search(r"RESOLUTION=\d+x\d+,FRAME-RATE=30\.000", line)
    trick = [line for line in lines if line.startswith("#EXT-X-I-FRAME-STREAM-INF:")]
    assert len(trick) == 1
    assert 'URI="iframes.m3u8"' in trick[0]


def test_each_picture_of_the_iframe_playlist_decodes_alone(clip: Clip, tmp_path: Path) -> None:
    asset = processed(clip("rabbit.mp4", seconds=7.5))
    prefix = asset.ladder.prefix
    text = b"".join(storage.read(Bucket.STAGING, prefix + keys.IFRAMES)).decode()
    uri, length, offset = re.search(r'MAP:URI="(.+)",BYTERANGE="(\d+)@(\d+)"', text).groups()  # type: ignore[union-attr]
    data = b"".join(storage.read(Bucket.STAGING, prefix + uri))
    header = data[int(offset) : int(offset) + int(length)]
    ranges = re.findall(r"#EXT-X-BYTERANGE:(\d+)@(\d+)", text)
    assert len(ranges) == 2
    for number, (size, start) in enumerate(ranges):
        alone = tmp_path / f"{number}.mp4"
        alone.write_bytes(header + data[int(start) : int(start) + int(size)])
        still = tmp_path / f"{number}.png"
        ffmpeg("-i", alone, "-frames:v:0", "1", still)
        assert still.stat().st_size > 1000


def test_a_clip_without_sound_gets_rungs_without_sound(clip: Clip) -> None:
    asset = processed(clip("counter-no-audio.mp4", seconds=2))
    assert asset.state == AssetState.READY, asset.error_detail
    assert not asset.has_audio
    assert not asset.ladder.renditions.filter(kind=Rendition.Kind.AUDIO).exists()
    assert all("mp4a" not in rendition.codecs for rendition in asset.ladder.renditions.all())
    assert describe(asset).notes


def test_a_phone_held_upright_gives_upright_pictures(clip: Clip) -> None:
    turned = clip("rabbit.mp4", seconds=2, before=("-display_rotation:v:0", "90"))
    asset = processed(turned)
    assert asset.state == AssetState.READY, asset.error_detail
    assert (asset.width, asset.height) == (480, 720)
    top = asset.ladder.renditions.first()
    assert (top.name, top.width, top.height) == ("480p", 480, 720)
    promote(asset.ladder)
    found = look(media_url(top.file.key), "-show_streams")["streams"][0]
    assert "side_data_list" not in found
    poster = asset.ladder.files.get(role=FileRole.POSTER)
    assert (poster.width, poster.height) == (480, 720)


def test_wide_pixels_become_square_without_losing_any(clip: Clip) -> None:
    wide = clip("rabbit.mp4", "-c:a", "copy", "-vf", "setsar=32/27", "-preset", "ultrafast")
    asset = processed(wide)
    assert (asset.width, asset.height) == (853, 480)
    top = asset.ladder.renditions.first()
    assert (top.width, top.height) == (852, 480)
    promote(asset.ladder)
    assert look(media_url(top.file.key), "-show_streams")["streams"][0]["sample_aspect_ratio"] in {
        "1:1",
        "N/A",
    }


def test_a_tiny_clip_keeps_its_own_size(clip: Clip) -> None:
    tiny = clip("rabbit.mp4", "-vf", "scale=101:67", "-pix_fmt", "yuv444p", "-an", seconds=1)
    asset = processed(tiny)
    assert asset.state == AssetState.READY, asset.error_detail
    assert [(r.name, r.width, r.height) for r in asset.ladder.renditions.all()] == [
        ("67p", 100, 66)
    ]


def test_a_single_picture_video_is_ready_too(clip: Clip) -> None:
    asset = processed(clip("rabbit.mp4", "-frames:v:0", "1", "-an", to="one.mp4"))
    assert asset.state == AssetState.READY, asset.error_detail


def test_where_and_with_what_it_was_filmed_stays_private(clip: Clip) -> None:
    told = clip(
        "rabbit.mp4",
        *("-c", "copy", "-metadata", "location=-6.2088+106.8456/", "-metadata", "make=Secret"),
        *("-movflags", "use_metadata_tags"),
        seconds=1,
    )
    assert b"106.8456" in told.read_bytes()
    asset = processed(told)
    for file in asset.ladder.files.select_related("ladder"):
        data = b"".join(storage.read(Bucket.STAGING, file.key))
        assert b"106.8456" not in data
        assert b"Secret" not in data


def test_the_poster_is_not_the_black_beginning(clip: Clip) -> None:
    fades = clip("rabbit.mp4", "-vf", "fade=in:0:45", "-preset", "ultrafast", seconds=4)
    asset = processed(fades)
    poster = asset.ladder.files.get(role=FileRole.POSTER)
    path = work_directory().parent / "poster.jpg"
    storage.download(Bucket.STAGING, poster.key, path)
    with Image.open(path) as image:
        assert ImageStat.Stat(image.convert("L")).mean[0] > 40


def test_other_stills_wait_in_private_for_an_editor_to_choose(clip: Clip) -> None:
    asset = processed(clip("street-traffic.mp4", seconds=4))
    files = asset.ladder.files.filter(role=FileRole.CANDIDATE).select_related("ladder")
    assert [file.name for file in files] == [
        "candidate-1.jpg",
        "candidate-2.jpg",
        "candidate-3.jpg",
    ]
    poster = asset.ladder.files.get(role=FileRole.POSTER)
    assert len({poster.sha256, *(file.sha256 for file in files)}) == 4
    promote(asset.ladder)
    public = storage.list_keys(Bucket.MEDIA, asset.ladder.prefix)
    assert poster.key in public
    assert not {file.key for file in files} & set(public)
    staged = storage.list_keys(Bucket.STAGING, asset.ladder.prefix)
    assert {file.key for file in files} <= set(staged)


@pytest.mark.parametrize("seconds", [2, 8])
def test_the_storyboard_is_one_sprite_whatever_the_length(clip: Clip, seconds: int) -> None:
    asset = processed(clip("rabbit.mp4", seconds=seconds))
    sprites = asset.ladder.files.filter(role=FileRole.SPRITE)
    assert len(sprites) == 1
    board = asset.ladder.storyboard
    assert sprites[0].width == board["columns"] * board["tile_width"]
    assert sprites[0].height == board["rows"] * board["tile_height"]
    index = asset.ladder.files.get(role=FileRole.STORYBOARD)
    cues = b"".join(storage.read(Bucket.STAGING, index.key)).decode()
    assert cues.startswith("WEBVTT\n")
    assert len(re.findall("-->", cues)) == board["columns"] * board["rows"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("notes.mp4", b"Laporan kegiatan harian.\n" * 50, "not_a_video"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-VERSION:3\nhttp://127.0.0.1/x.ts\n", "not_a_video"),
        ("concat.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "not_a_video"),
        ("scan.mp4", b"%PDF-1.7\n" + bytes(4000), "active"),
    ],
)
def test_what_is_no_video_is_refused_in_words_and_kept(
    name: str, content: bytes, code: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    asset = processed(path)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, code)
    assert asset.failures == 0
    assert len(describe(asset).message) > 40
    assert b"".join(storage.read(Bucket.ORIGINALS, asset.original_key)) == content
    assert storage.list_keys(Bucket.STAGING, "") == []


def test_a_photograph_is_no_video(clip: Clip) -> None:
    photo = clip("rabbit.mp4", "-frames:v:0", "1", to="photo.jpg")
    asset = processed(photo)
    assert (asset.state, asset.kind) == (AssetState.READY, AssetKind.PHOTO)
    assert not asset.ladder.renditions.exists()


def test_a_file_cut_off_in_the_upload_is_refused_with_how_much_arrived(clip: Clip) -> None:
    whole = clip("rabbit.mp4", "-c", "copy", "-movflags", "+faststart", seconds=7)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    asset = processed(whole)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, "truncated")
    assert 1 < asset.message_params["readable"] < asset.message_params["declared"] == 7.0
    assert "7,0" in describe(asset).message


def test_a_file_whose_index_never_arrived_is_refused_as_damaged(clip: Clip) -> None:
    whole = clip("rabbit.mp4")
    whole.write_bytes(whole.read_bytes()[:50_000])
    asset = processed(whole)
    assert (asset.state, asset.message_code) == (AssetState.REFUSED, "unreadable")


def test_nothing_is_left_in_the_working_folder(clip: Clip) -> None:
    processed(clip("rabbit.mp4", seconds=1))
    assert list(work_directory().iterdir()) == []
