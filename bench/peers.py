"""What others run for the same ladder: their commands, as their public code composes them.

PeerTube (packages/ffmpeg/src: ffmpeg-default-transcoding-profile.ts, ffmpeg-vod.ts,
shared/encoder-options.ts; packages/core-utils/src/videos/bitrate.ts): H.264 veryfast at x264's own
CRF of 23, a ceiling by bits a pixel, 16 B-frames, a keyframe each two seconds, HLS in one file of
fragments, sound copied where it is AAC. Threads are left to ffmpeg; PeerTube's own default is one.

MediaCMS (files/helpers.py): CRF 23 for everything longer than two seconds, `medium` below 720 lines
and `faster` from there on, H.264 Main, a keyframe each four seconds, AAC of 128 kbit/s.

Posters, storyboards, sound alone and playlists of MediaCMS (made by other tools) are left out: the
comparison is on the careful side.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import ffmpeg

from cms.media import graph, keys, loudness, stills, tools
from cms.media.ladder import AUDIO_ONLY_BITRATE, Plan, Rung
from cms.media.loudness import Gain
from cms.media.probe import Probe

QUIET = ("-nostdin", "-nostats", "-hide_banner", "-v", "error", "-y")
# Lines → bits a pixel that PeerTube takes for the ceiling (`averageBitPerPixel`).
BITS_PER_PIXEL = {1080: 0.10, 720: 0.11, 480: 0.12, 360: 0.15}
PEERTUBE_CRF = 23
# Lines → kbit/s of MediaCMS (`VIDEO_BITRATES["h264"][25]`); the ceiling is half as much again.
MEDIACMS_RATES = {1080: 4500, 720: 2500, 480: 1000, 360: 500}


def one_run_each(clip: Path, target: Path, found: Probe, plan: Plan, gain: Gain) -> list[list[str]]:
    """Ours taken apart: a run for each rung, for sound, for posters, for the storyboard.

    Settings and filters are those of our one run; each rung is scaled from the source.
    """
    outputs = []
    for rung in plan.rungs:
        alone = replace(plan, rungs=(rung,))
        original = loudness.opened(clip)
        made = graph.cascade(graph.stretch(original, found, alone), found, alone, stills_too=False)
        options = graph.video_options(rung, alone)
        options |= graph.container_options() | graph.fragment_options(alone)
        streams = [made.rungs[0]]
        if found.audio is not None and plan.has_audio:
            streams.append(_heard(original, found, plan, gain))
            options |= {"c:a:0": "aac", "b:a": rung.audio_bitrate}
        path = str(target / keys.rendition(rung.name))
        outputs.append(ffmpeg.output(*streams, path, **options))
    if found.audio is not None and plan.has_audio:
        path = str(target / keys.rendition(keys.AUDIO))
        heard = _heard(loudness.opened(clip), found, plan, gain)
        outputs.append(ffmpeg.output(heard, path, **graph.audio_options(AUDIO_ONLY_BITRATE)))
    top, bottom = (replace(plan, rungs=(rung,)) for rung in (plan.rungs[0], plan.rungs[-1]))
    board = stills.storyboard(plan.rungs[0].width, plan.rungs[0].height, plan.duration)
    shown = graph.cascade(
        graph.stretch(loudness.opened(clip), found, top), found, top, stills_too=False
    )
    outputs.append(graph.posters(shown.rungs[0], target, plan))
    shown = graph.cascade(
        graph.stretch(loudness.opened(clip), found, bottom), found, bottom, stills_too=False
    )
    outputs.append(graph.sprite(shown.rungs[0], target, board))
    return [graph.compiled(tools.ffmpeg(), [output]) for output in outputs]


def _heard(original: graph.Stream, found: Probe, plan: Plan, gain: Gain) -> graph.Stream:
    if found.audio is None:
        raise ValueError("There is nothing to hear.")
    track = original[str(found.audio.index)]
    seconds = float(plan.frames / plan.frame_rate)
    return loudness.ready(track, found.audio, plan.audio_channels, gain, seconds)


def peertube(clip: Path, target: Path, plan: Plan, crf: int = PEERTUBE_CRF) -> list[list[str]]:
    """One run for each resolution."""
    return [_peertube(clip, target, rung, round(plan.frame_rate), crf) for rung in plan.rungs]


def _peertube(clip: Path, target: Path, rung: Rung, rate: int, crf: int) -> list[str]:
    lines = min(rung.width, rung.height)
    ceiling = int(rung.width * rung.height * rate * BITS_PER_PIXEL[lines])
    return [
        *(tools.ffmpeg(), *QUIET, "-i", str(clip)),
        *("-max_muxing_queue_size", "1024", "-map_metadata", "-1", "-pix_fmt", "yuv420p"),
        *("-vf", f"scale=w=-2:h={lines}", "-c:a", "copy"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf)),
        *("-maxrate:v", str(ceiling), "-bufsize:v", str(2 * ceiling)),
        *("-b_strategy", "1", "-bf", "16", "-r", str(rate), "-g:v", str(2 * rate)),
        *("-hls_time", "4", "-hls_list_size", "0", "-hls_playlist_type", "vod"),
        *("-hls_segment_filename", str(target / keys.rendition(rung.name))),
        *("-hls_segment_type", "fmp4", "-f", "hls", "-hls_flags", "single_file"),
        str(target / keys.playlist(rung.name)),
    ]


def mediacms(clip: Path, target: Path, plan: Plan) -> list[list[str]]:
    """One run for each profile."""
    return [_mediacms(clip, target, rung, round(plan.frame_rate)) for rung in plan.rungs]


def _mediacms(clip: Path, target: Path, rung: Rung, rate: int) -> list[str]:
    lines = min(rung.width, rung.height)
    most = f"{int(MEDIACMS_RATES[lines] * 1.5)}k"
    return [
        *(tools.ffmpeg(), *QUIET, "-i", str(clip), "-c:v", "libx264"),
        *("-filter:v", f"scale=-2:{lines},fps=fps={rate}", "-pix_fmt", "yuv420p", "-crf", "23"),
        *("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-maxrate", most, "-bufsize", most),
        *("-force_key_frames", "expr:gte(t,n_forced*4)"),
        *("-x264-params", f"keyint={8 * rate}:keyint_min={4 * rate}"),
        *("-preset", "faster" if lines >= 720 else "medium", "-profile:v", "main"),
        *("-level", "4.2", "-strict", "-2", str(target / keys.rendition(rung.name))),
    ]


def decoding(clip: Path) -> list[str]:
    """The bound: reading every picture and doing nothing with it."""
    return [tools.ffmpeg(), *QUIET, "-i", str(clip), "-map", "0:v:0", "-f", "null", "-"]
