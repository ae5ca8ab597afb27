"""A short real film as the media pipeline leaves it: rungs, sound, playlists, stills, words."""

from __future__ import annotations

import hashlib
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg

SECONDS = 12
KEYFRAME_SECONDS = 2
FLAGS = "+hybrid_fragmented+frag_keyframe+empty_moov+default_base_moof"
RUNGS = {"360p": (640, 360, 500_000), "144p": (256, 144, 150_000)}
# Its twin in the economy set, for one of the videos.
ECONOMY = ("360p-av1", (640, 360, 200_000), "av01.0.01M.08,mp4a.40.2")
CAPTIONS = (
    "WEBVTT\n\n00:00.000 --> 00:04.000\nSelamat pagi.\n\n00:04.000 --> 00:11.000\nTerima kasih.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One ISO BMFF box: its type, where it starts, how many bytes it has."""

    kind: bytes
    start: int
    size: int


def boxes(content: bytes, start: int) -> Iterator[Box]:
    """Boxes one after another (ISO/IEC 14496-12, 4.2)."""
    while start + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, start)
        if size == 1:
            (size,) = struct.unpack_from(">Q", content, start + 8)
        yield Box(kind=kind, start=start, size=size)
        start += size


def byte_ranges(content: bytes) -> tuple[tuple[int, int], list[tuple[int, int]]]:
    """Init section and fragments of a hybrid-fragmented file, each as (length, offset)."""
    # The inner file is what the outer mdat holds.
    start = next(box.start + 8 for box in boxes(content, 0) if box.kind == b"mdat")
    inner = list(boxes(content, start))
    first = next(place for place, box in enumerate(inner) if box.kind == b"moof")
    init = (inner[first].start - start, start)
    fragments = [
        (moof.size + mdat.size, moof.start)
        for moof, mdat in zip(inner[first:], inner[first + 1 :], strict=False)
        if (moof.kind, mdat.kind) == (b"moof", b"mdat")
    ]
    return init, fragments


def media_playlist(file: Path) -> str:
    """A playlist of byte ranges (RFC 8216, 4.3.2)."""
    init, fragments = byte_ranges(file.read_bytes())
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{KEYFRAME_SECONDS}"]
    lines += ["#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines.append(f'#EXT-X-MAP:URI="{file.name}",BYTERANGE="{init[0]}@{init[1]}"')
    for length, offset in fragments:
        lines += [f"#EXTINF:{KEYFRAME_SECONDS:.3f},", f"#EXT-X-BYTERANGE:{length}@{offset}"]
        lines.append(file.name)
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def ffmpeg(*arguments: str) -> None:
    """Run the pinned ffmpeg."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def make_film(folder: Path) -> None:
    """Write the whole film into a folder."""
    source = [
        *("-f", "lavfi", "-i", f"testsrc2=size=640x360:rate=25:duration={SECONDS}"),
        *("-f", "lavfi", "-i", f"sine=frequency=330:duration={SECONDS}"),
    ]
    keyframes = ["-g", str(25 * KEYFRAME_SECONDS), "-sc_threshold", "0"]
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", *keyframes]
    master = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for name, (width, height, bits) in RUNGS.items():
        target = folder / f"{name}.mp4"
        ffmpeg(
            *source,
            *("-vf", f"scale={width}:{height}", *encoder, "-b:v", str(bits)),
            *("-c:a", "aac", "-ac", "2", "-shortest", "-movflags", FLAGS, str(target)),
        )
        target.with_suffix(".m3u8").write_text(media_playlist(target), encoding="utf-8")
        master.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={2 * bits},AVERAGE-BANDWIDTH={bits},"
            f'RESOLUTION={width}x{height},FRAME-RATE=25.000,CODECS="avc1.42c01e,mp4a.40.2"'
        )
        master.append(f"{name}.m3u8")
    (folder / "master.m3u8").write_text("\n".join([*master, ""]), encoding="utf-8")
    make_economy_set(folder, source, master)
    ffmpeg(*source, "-vn", "-c:a", "aac", "-movflags", "+faststart", str(folder / "audio.m4a"))
    statement = folder / "statement.m4a"
    sound = ["-vn", "-c:a", "aac", "-frag_duration", str(KEYFRAME_SECONDS * 1_000_000)]
    ffmpeg(*source, *sound, "-movflags", FLAGS.replace("+frag_keyframe", ""), str(statement))
    statement.with_suffix(".m3u8").write_text(media_playlist(statement), encoding="utf-8")
    (folder / "sound.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-STREAM-INF:BANDWIDTH=90000,AVERAGE-BANDWIDTH=70000,CODECS="mp4a.40.2"\n'
        "statement.m3u8\n",
        encoding="utf-8",
    )
    still = ["-i", str(folder / "360p.mp4"), "-frames:v", "1"]
    ffmpeg("-ss", "3", *still, str(folder / "poster.jpg"))
    ffmpeg(*still, "-vf", "fps=1/2,scale=160:90,tile=6x1", str(folder / "sprite.jpg"))
    (folder / "storyboard.vtt").write_text(storyboard_index(), encoding="utf-8")
    (folder / "id.vtt").write_text(CAPTIONS, encoding="utf-8")


def make_economy_set(folder: Path, source: list[str], master: list[str]) -> None:
    """One rung once more in AV1, and a master playlist that prefers it (RFC 8216bis, 4.4.6.2)."""
    name, (width, height, bits), codecs = ECONOMY
    target = folder / f"{name}.mp4"
    ffmpeg(
        *source,
        *("-pix_fmt", "yuv420p", "-c:v", "libsvtav1", "-preset", "12", "-crf", "45"),
        *("-g", str(25 * KEYFRAME_SECONDS), "-svtav1-params", "scd=0"),
        *("-c:a", "aac", "-ac", "2", "-shortest", "-movflags", FLAGS, str(target)),
    )
    target.with_suffix(".m3u8").write_text(media_playlist(target), encoding="utf-8")
    scores = iter(("SCORE=2.0", "SCORE=1.0"))
    known = [
        f"{line},{next(scores)}" if line.startswith("#EXT-X-STREAM-INF") else line
        for line in master
    ]
    known.append(
        f"#EXT-X-STREAM-INF:BANDWIDTH={2 * bits},AVERAGE-BANDWIDTH={bits},"
        f'RESOLUTION={width}x{height},FRAME-RATE=25.000,CODECS="{codecs}",SCORE=2.5'
    )
    known.append(f"{name}.m3u8")
    (folder / "economy.m3u8").write_text("\n".join([*known, ""]), encoding="utf-8")


def storyboard_index() -> str:
    """Six stills, two seconds apart, in one row."""
    cues = (
        f"00:00:{2 * still:02}.000 --> 00:00:{2 * still + 2:02}.000\n"
        f"sprite.jpg#xywh={160 * still},0,160,90\n"
        for still in range(SECONDS // 2)
    )
    return "\n".join(["WEBVTT\n", *cues])


def media_record(folder: Path, base: str, *, captioned: bool) -> dict[str, Any]:
    """The film as the API describes it, its files under a base URL."""

    def file(name: str) -> dict[str, Any]:
        content = (folder / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        return {"url": f"{base}/{name}", "size": len(content), "sha256": digest}

    renditions = [
        {
            **file(f"{name}.mp4"),
            "name": name,
            "kind": "VIDEO",
            "playlistUrl": f"{base}/{name}.m3u8",
            "width": width,
            "height": height,
            "frameRate": 25.0,
            "codecs": "avc1.42c01e,mp4a.40.2",
            "bandwidth": 2 * bits,
            "averageBandwidth": bits,
            "contentType": "video/mp4",
        }
        for name, (width, height, bits) in RUNGS.items()
    ]
    sound = {
        **file("audio.m4a"),
        "name": "audio",
        "kind": "AUDIO",
        "playlistUrl": f"{base}/audio.m3u8",
        "width": None,
        "height": None,
        "frameRate": None,
        "codecs": "mp4a.40.2",
        "bandwidth": 80_000,
        "averageBandwidth": 70_000,
        "contentType": "audio/mp4",
    }
    caption = {
        **file("id.vtt"),
        "language": "id",
        "label": "Bahasa Indonesia",
        "kind": "captions",
        "transcript": [
            {"start": 0.0, "text": "Selamat pagi."},
            {"start": 6.0, "text": "Kendaraan diarahkan ke kiri."},
        ],
    }
    return {
        "kind": "VIDEO",
        "duration": float(SECONDS),
        "width": 640,
        "height": 360,
        "frameRate": 25.0,
        "hasAudio": True,
        "originalSha256": hashlib.sha256(base.encode()).hexdigest(),
        "hlsUrl": f"{base}/master.m3u8",
        "poster": {**file("poster.jpg"), "width": 640, "height": 360},
        "storyboard": {
            "vttUrl": f"{base}/storyboard.vtt",
            "sprites": [{**file("sprite.jpg"), "width": 960, "height": 90}],
            "columns": 6,
            "rows": 1,
            "tileWidth": 160,
            "tileHeight": 90,
            "interval": 2.0,
        },
        "renditions": [*renditions, sound],
        "captions": [caption] if captioned else [],
    }


def economy_record(film: dict[str, Any], folder: Path, base: str) -> dict[str, Any]:
    """The film with its economy set, as the API describes it: behind the rung of its size."""
    name, (width, height, bits), codecs = ECONOMY
    content = (folder / f"{name}.mp4").read_bytes()
    twin = {
        **film["renditions"][0],
        "name": name,
        "url": f"{base}/{name}.mp4",
        "playlistUrl": f"{base}/{name}.m3u8",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "codecs": codecs,
        "width": width,
        "height": height,
        "bandwidth": 2 * bits,
        "averageBandwidth": bits,
    }
    first, *others = film["renditions"]
    return {**film, "hlsUrl": f"{base}/economy.m3u8", "renditions": [first, twin, *others]}


def heard_record(film: dict[str, Any], folder: Path, base: str) -> dict[str, Any]:
    """Sound alone as the API describes it: one rendition, a poster, nothing that moves."""
    content = (folder / "statement.m4a").read_bytes()
    sound = {
        **film["renditions"][-1],
        "url": f"{base}/statement.m4a",
        "playlistUrl": f"{base}/statement.m3u8",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return {
        **film,
        "kind": "AUDIO",
        "frameRate": 0.0,
        "hlsUrl": f"{base}/sound.m3u8",
        "storyboard": None,
        "renditions": [sound],
        "captions": [],
    }
