"""The one ffmpeg run of a ladder: decode once, scale down step by step, encode everything."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from cms.media import colour, keys, loudness, stills
from cms.media.ladder import AUDIO_ONLY_BITRATE, Codec, Plan, Rung
from cms.media.loudness import AS_IT_IS, Gain, opened
from cms.media.probe import Probe, VideoStream

# Large pictures take nearly all of the time: x264's faster preset, with the look-ahead that it
# leaves out and more B-frames, needs fewer bytes than the slower one as it comes.
LARGE_FROM = 720
LARGE = {"preset": "superfast", "x264-params": "mbtree=1:rc-lookahead=10:weightp=1", "bf": 5}
SMALL = {"preset": "veryfast", "bf": 5}
# SVT-AV1's presets go from 0 to 13, higher is faster; keyframes where H.264 has them, no others.
# Six of them run at once: more threads for each would only be more of them.
ECONOMY_ENCODER = "libsvtav1"
ECONOMY = {"preset": 9, "svtav1-params": "scd=0:lp=2"}
# Cut after the AAC frame that passes this: 281 frames, just under six seconds.
AUDIO_FRAGMENT_MICROSECONDS = 5_980_000
# In order of time; the products are named in order of what they show.
STILL_PATTERN = "still-%d.jpg"
# `delay_moov` writes edit lists that make picture and sound begin at zero together: with
# `empty_moov` there are none, and sound runs ahead by the reordering of pictures. Negative
# composition offsets would need no edit list for pictures, but ffmpeg's HLS reader adds them.
MOVFLAGS = "+hybrid_fragmented+frag_keyframe+delay_moov+default_base_moof"
# A line for each picture that leaves the first encoder. `-progress` is silent until every output
# has begun, and the storyboard begins when everything else ends.
PROGRESS = {"stats_enc_post:v:0": "pipe:1", "stats_enc_post_fmt:v:0": "encoded={t}"}
AUDIO_PROGRESS = {"stats_enc_post:a:0": "pipe:1", "stats_enc_post_fmt:a:0": "encoded={t}"}

Stream = Any  # ffmpeg-python has no types


def command(
    binary: str,
    source: Path,
    target: Path,
    found: Probe,
    plan: Plan,
    board: stills.Storyboard,
    gain: Gain = AS_IT_IS,
) -> list[str]:
    """Arguments of the run; every output is written under the folder `target`."""
    original = opened(source)
    made = cascade(stretch(original, found, plan), found, plan, stills_too=True)
    sounds = _sounds(original, found, plan, gain)
    outputs = []
    for number, (rung, pictures) in enumerate(zip(plan.all_rungs, made.rungs, strict=True)):
        streams = [pictures, *([next(sounds)] if plan.has_audio else [])]
        options = video_options(rung, plan) | container_options() | fragment_options(plan)
        options |= PROGRESS if number == 0 else {}
        if plan.has_audio:
            options |= {"c:a:0": "aac", "b:a": rung.audio_bitrate}
        outputs.append(ffmpeg.output(*streams, str(target / keys.rendition(rung.name)), **options))
    outputs += [posters(made.top, target, plan), sprite(made.bottom, target, board)]
    if plan.has_audio:
        path = str(target / keys.rendition(keys.AUDIO))
        outputs.append(ffmpeg.output(next(sounds), path, **audio_options(AUDIO_ONLY_BITRATE)))
    return compiled(binary, outputs)


def compiled(binary: str, outputs: list[Stream]) -> list[str]:
    """One argument list for all outputs."""
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


def stretch(
    original: Stream,
    found: Probe,
    plan: Plan,
    *,
    first: int = 0,
    count: int | None = None,
    opened_at: float = 0.0,
) -> Stream:
    """`count` pictures at an even rate from the `first` on, counted from zero.

    `opened_at` says where (seconds) the original was opened: early enough to have the picture that
    is on screen when the stretch begins. Where pictures end before it does, the last one stays.
    """
    video = _picture(found)
    pictures = original[str(video.index)]
    for name, options in colour.whole_frames(video):
        pictures = pictures.filter(name, **options)
    if opened_at:
        pictures = pictures.filter("setpts", f"PTS+{opened_at:.6f}/TB")
    start = first / plan.frame_rate
    return (
        pictures.filter("fps", fps=_ratio(plan.frame_rate), start_time=f"{float(start):.6f}")
        .filter("setpts", f"PTS-{first}")
        .filter("tpad", stop=-1, stop_mode="clone")
        .filter("trim", end_frame=plan.frames if count is None else count)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """Pictures of `plan.all_rungs`, and what is left of the highest and the lowest for stills."""

    rungs: list[Stream]
    top: Stream | None
    bottom: Stream | None


def cascade(pictures: Stream, found: Probe, plan: Plan, *, stills_too: bool) -> Cascade:
    """Each rung comes from the one above: less to scale, and colours are right from the first."""
    streams, twins, top, last = [], [], None, len(plan.rungs) - 1
    for number, rung in enumerate(plan.rungs):
        if number == 0:
            filters = colour.scaled(_picture(found), rung.width, rung.height)
        else:
            filters = [("scale", {"w": rung.width, "h": rung.height, "flags": "bicubic"})]
            filters += [("setsar", {"sar": "1"})]
        for name, options in filters:
            pictures = pictures.filter(name, **options)
        onward = number < last or stills_too
        copies = 1 + bool(plan.economy) + onward + (number == 0 and stills_too)
        split = pictures.filter_multi_output("split", copies)
        parts = (split[copy] for copy in range(copies))
        streams.append(next(parts))
        if plan.economy:
            twins.append(next(parts))
        if onward:
            pictures = next(parts)
        if number == 0 and stills_too:
            top = next(parts)
    return Cascade(rungs=streams + twins, top=top, bottom=pictures if stills_too else None)


def _picture(found: Probe) -> VideoStream:
    if found.video is None:
        raise ValueError("There is nothing to encode without a video stream.")
    return found.video


def _sounds(original: Stream, found: Probe, plan: Plan, gain: Gain) -> Any:
    """One copy of the sound for each output."""
    if found.audio is None or not plan.has_audio:
        return iter(())
    copies = len(plan.all_rungs) + 1
    heard = original[str(found.audio.index)]
    seconds = float(plan.frames / plan.frame_rate)
    split = loudness.ready(heard, found.audio, plan.audio_channels, gain, seconds)
    parts = split.filter_multi_output("asplit", copies)
    return (parts[number] for number in range(copies))


def video_options(rung: Rung, plan: Plan) -> dict[str, Any]:
    """Constant quality under a ceiling, keyframes at the same pictures in every rung."""
    return {
        "f": "mp4",
        **_encoder(rung),
        "crf": rung.crf,
        "maxrate": rung.maxrate,
        "bufsize": 2 * rung.maxrate,
        "g": plan.segment,
        "keyint_min": plan.segment,
    }


def _encoder(rung: Rung) -> dict[str, Any]:
    if rung.codec is Codec.AV1:
        return {"c:v:0": ECONOMY_ENCODER, **ECONOMY}
    large = min(rung.width, rung.height) >= LARGE_FROM
    return {
        "c:v:0": "libx264",
        "profile:v": "high",
        "sc_threshold": 0,
        **(LARGE if large else SMALL),
    }


def audio_options(bitrate: int) -> dict[str, Any]:
    """Sound alone, cut as often as the picture is."""
    return {
        "f": "mp4",
        "c:a:0": "aac",
        "b:a": bitrate,
        **container_options(),
        "frag_duration": AUDIO_FRAGMENT_MICROSECONDS,
    }


def container_options() -> dict[str, Any]:
    """None of the source's metadata goes public: neither place nor camera nor serial number."""
    return {
        "movflags": MOVFLAGS,
        "map_metadata": -1,
        "map_chapters": -1,
        "max_muxing_queue_size": 4096,
    }


def fragment_options(plan: Plan) -> dict[str, Any]:
    """The muxer cuts at the first keyframe after this much: half a picture short of a segment."""
    return {"min_frag_duration": int((plan.segment - Fraction(1, 2)) / plan.frame_rate * 1_000_000)}


def posters(pictures: Stream, target: Path, plan: Plan) -> Stream:
    """A few stills, each the one most like its neighbours in a part of the whole."""
    top = plan.rungs[0]
    width, height = stills.fit(top.width, top.height, stills.POSTER_LONGEST)
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


def sprite(pictures: Stream, target: Path, board: stills.Storyboard) -> Stream:
    """All stills of the storyboard in one picture."""
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
