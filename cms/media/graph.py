"""The one ffmpeg run of a ladder: decode once, scale down step by step, encode everything."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from cms.media import keys, stills
from cms.media.ladder import AUDIO_ONLY_BITRATE, Plan, Rung
from cms.media.probe import Probe
from cms.media.runner import FORMATS, PROTOCOLS

PRESET = "veryfast"
KEYFRAME_SECONDS = 2
# Three groups of pictures. The muxer cuts at the first keyframe after this much, so a little less.
FRAGMENT_SECONDS = 6
FRAGMENT_MICROSECONDS = FRAGMENT_SECONDS * 1_000_000 - 100_000
# Cut after the AAC frame that passes this: 281 frames, just under six seconds.
AUDIO_FRAGMENT_MICROSECONDS = 5_980_000
SAMPLE_RATE = 48_000
# In order of time; the products are named in order of what they show.
STILL_PATTERN = "still-%d.jpg"
# `delay_moov` writes edit lists that make picture and sound begin at zero together: with
# `empty_moov` there are none, and sound runs ahead by the reordering of pictures. Negative
# composition offsets would need no edit list for pictures, but ffmpeg's HLS reader adds them.
MOVFLAGS = "+hybrid_fragmented+frag_keyframe+delay_moov+default_base_moof"
# A line for each picture that leaves the first encoder. `-progress` is silent until every output
# has begun, and the storyboard begins when everything else ends.
PROGRESS = {"stats_enc_post:v:0": "pipe:1", "stats_enc_post_fmt:v:0": "encoded={t}"}

Stream = Any  # ffmpeg-python has no types


def command(
    binary: str, source: Path, target: Path, found: Probe, plan: Plan, board: stills.Storyboard
) -> list[str]:
    """Arguments of the run; every output is written under the folder `target`."""
    if found.video is None:
        raise ValueError("There is nothing to encode without a video stream.")
    opened = ffmpeg.input(str(source), protocol_whitelist=PROTOCOLS, format_whitelist=FORMATS)
    pictures = opened[str(found.video.index)].filter(
        "fps", fps=_ratio(plan.frame_rate), start_time=0
    )
    sounds = _sounds(opened, found, plan)
    outputs = []
    for number, rung in enumerate(plan.rungs):
        pictures = _scaled(pictures, rung)
        # One copy to encode, one for the next rung or the storyboard, of the top one for posters.
        parts = pictures.filter_multi_output("split", 3 if number == 0 else 2)
        streams = [parts[0], *([next(sounds)] if plan.has_audio else [])]
        options = _video_options(rung, plan) | (PROGRESS if number == 0 else {})
        outputs.append(ffmpeg.output(*streams, str(target / keys.rendition(rung.name)), **options))
        if number == 0:
            outputs.append(_poster(parts[2], target, rung, plan))
        pictures = parts[1]
    outputs.append(_sprite(pictures, target, board))
    if plan.has_audio:
        outputs.append(
            ffmpeg.output(
                next(sounds), str(target / keys.rendition(keys.AUDIO)), **_audio_options()
            )
        )
    return (
        ffmpeg.merge_outputs(*outputs)
        .global_args("-nostdin", "-nostats", "-hide_banner", "-v", "error")
        .compile(cmd=binary, overwrite_output=True)
    )


def progress_seconds(line: str) -> float | None:
    """Seconds encoded so far, from a line on standard output; None if it says something else."""
    name, _, value = line.partition("=")
    try:
        return max(0.0, float(value)) if name == "encoded" else None
    except ValueError:
        return None


def _scaled(pictures: Stream, rung: Rung) -> Stream:
    """Each rung comes from the one above: less to scale, and pixels are square from here on."""
    return (
        pictures.filter("scale", rung.width, rung.height, flags="bicubic")
        .filter("setsar", "1")
        .filter("format", "yuv420p")
    )


def _sounds(opened: Stream, found: Probe, plan: Plan) -> Any:
    """One copy of the sound for each output, from zero on and without holes."""
    if found.audio is None:
        return iter(())
    layout = "stereo" if plan.audio_channels == 2 else "mono"
    copies = len(plan.rungs) + 1
    split = (
        opened[str(found.audio.index)]
        .filter("aresample", SAMPLE_RATE, first_pts=0, **{"async": 1})
        .filter("aformat", sample_fmts="fltp", channel_layouts=layout)
        .filter_multi_output("asplit", copies)
    )
    return (split[number] for number in range(copies))


def _video_options(rung: Rung, plan: Plan) -> dict[str, Any]:
    sound = {"c:a:0": "aac", "b:a": rung.audio_bitrate} if plan.has_audio else {}
    return {
        "f": "mp4",
        "c:v:0": "libx264",
        "preset": PRESET,
        "profile:v": "high",
        "crf": rung.crf,
        "maxrate": rung.maxrate,
        "bufsize": 2 * rung.maxrate,
        "force_key_frames": f"expr:gte(t,n_forced*{KEYFRAME_SECONDS})",
        "g": math.ceil(plan.frame_rate * KEYFRAME_SECONDS),
        "sc_threshold": 0,
        **sound,
        **_container_options(),
        "min_frag_duration": FRAGMENT_MICROSECONDS,
    }


def _audio_options() -> dict[str, Any]:
    return {
        "f": "mp4",
        "c:a:0": "aac",
        "b:a": AUDIO_ONLY_BITRATE,
        **_container_options(),
        "frag_duration": AUDIO_FRAGMENT_MICROSECONDS,
    }


def _container_options() -> dict[str, Any]:
    """None of the source's metadata goes public: neither place nor camera nor serial number."""
    return {
        "movflags": MOVFLAGS,
        "map_metadata": -1,
        "map_chapters": -1,
        "max_muxing_queue_size": 4096,
    }


def _poster(pictures: Stream, target: Path, rung: Rung, plan: Plan) -> Stream:
    width, height = stills.fit(rung.width, rung.height, stills.POSTER_LONGEST)
    looked_at = stills.CANDIDATES * stills.FRAMES_PER_CANDIDATE
    rate = min(plan.frame_rate, Fraction(looked_at / plan.duration).limit_denominator(100_000))
    chosen = (
        pictures.filter("fps", fps=_ratio(rate))
        .filter("scale", width, height, flags="bicubic")
        .filter("thumbnail", n=stills.FRAMES_PER_CANDIDATE)
        .filter("format", "yuvj420p")
    )
    return ffmpeg.output(
        chosen,
        str(target / STILL_PATTERN),
        **_still_options(stills.CANDIDATES, quality=3),
    )


def _sprite(pictures: Stream, target: Path, board: stills.Storyboard) -> Stream:
    tiled = (
        pictures.filter("fps", fps=_ratio(1 / Fraction(str(board.interval))), round="up")
        .filter("scale", board.tile_width, board.tile_height, flags="bicubic")
        .filter("setsar", "1")
        .filter("tile", layout=f"{board.columns}x{board.rows}")
        .filter("format", "yuvj420p")
    )
    return ffmpeg.output(tiled, str(target / keys.SPRITE), update=1, **_still_options(1, quality=5))


def _still_options(most: int, *, quality: int) -> dict[str, Any]:
    return {
        "f": "image2",
        "c:v:0": "mjpeg",
        "q:v": quality,
        "frames:v:0": most,
        "fps_mode": "passthrough",
        "map_metadata": -1,
    }


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
