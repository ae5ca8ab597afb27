"""The maker of sound alone: one rendition, its playlists, a poster drawn from what is heard."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg
from django.conf import settings

from cms.media import (
    boxes,
    encode,
    graph,
    keys,
    loudness,
    playlists,
    products,
    stills,
    tools,
    waveform,
)
from cms.media.errors import ErrorCode, MediaError
from cms.media.job import Job
from cms.media.ladder import Plan
from cms.media.probe import Probe
from cms.media.products import Made
from cms.media.runner import Limits, run
from cms.media.space import require_space
from cms.media.verify import verify
from content_models.models import FileRole, Rendition

logger = logging.getLogger(__name__)

# It is all there is to hear, so it gets more than the sound beside a picture. Bits a second.
BITRATES = {1: 96_000, 2: 128_000}
ENVELOPE = "envelope.raw"
# How far the result may be from what was read of the original: two AAC frames and a codec's delay.
TOLERATED_SECONDS = 0.5


def plan(found: Probe) -> Plan:
    """A ladder without rungs: nothing is seen, everything is heard."""
    if found.audio is None:
        raise ValueError("A source without sound has nothing to make; judge it first.")
    return Plan(
        rungs=(),
        frame_rate=Fraction(0),
        frame_rate_reason="there is no picture",
        # Containers of sound often state an estimate; what was read is what there is.
        duration=found.readable_duration,
        audio_channels=min(2, found.audio.channels),
    )


def make(job: Job[Probe]) -> Made:
    """Sound, playlists and poster under `job.target`; raises `MediaError`."""
    planned = plan(job.found)
    logger.info("asset %s: sound only, %s channels", job.asset.pk, planned.audio_channels)
    _encode(job, planned)
    made = _finish(job.target, planned)
    job.beat("verify", 0)
    verify(job.target, made, planned, tick=lambda: job.beat("verify", 0.5))
    lasts = made.renditions[0].index.fragments[-1].end
    if abs(lasts - planned.duration) > TOLERATED_SECONDS:
        raise MediaError(
            ErrorCode.OUTPUT_INVALID,
            f"The sound lasts {lasts:.1f} s instead of {planned.duration:.1f} s. It is made again.",
        )
    return made


def command(
    binary: str, source: Path, target: Path, found: Probe, planned: Plan, gain: loudness.Gain
) -> list[str]:
    """Arguments of the one run: the sound, and how loud it is over time."""
    if found.audio is None:
        raise ValueError("There is nothing to encode without a sound stream.")
    heard = loudness.ready(
        loudness.opened(source)[str(found.audio.index)],
        found.audio,
        planned.audio_channels,
        gain,
        planned.duration,
    ).filter_multi_output("asplit", 2)
    # Loudness over time is what a low-pass leaves of the absolute value.
    envelope = (
        heard[1]
        .filter("aresample", 8000)
        .filter("aformat", sample_fmts="fltp", channel_layouts="mono")
        .filter("aeval", "abs(val(0))", c="same")
        .filter("aresample", waveform.RATE)
    )
    outputs = [
        ffmpeg.output(
            heard[0], str(target / keys.rendition(keys.AUDIO)), **_options(planned.audio_channels)
        ),
        ffmpeg.output(envelope, str(target / ENVELOPE), f="f32le", **{"c:a:0": "pcm_f32le"}),
    ]
    return (
        ffmpeg.merge_outputs(*outputs)
        .global_args("-nostdin", "-nostats", "-hide_banner", "-v", "error")
        .compile(cmd=binary, overwrite_output=True)
    )


def _options(channels: int) -> dict[str, Any]:
    """None of the source's metadata goes public, nor does a cover."""
    return {
        "f": "mp4",
        "c:a:0": "aac",
        "b:a": BITRATES[channels],
        "movflags": graph.MOVFLAGS,
        "map_metadata": -1,
        "map_chapters": -1,
        "frag_duration": graph.AUDIO_FRAGMENT_MICROSECONDS,
        "stats_enc_post:a:0": "pipe:1",
        "stats_enc_post_fmt:a:0": "encoded={t}",
    }


def _gain(job: Job[Probe], planned: Plan) -> loudness.Gain:
    """What brings it to the loudness of everything else."""
    if job.found.audio is None:
        return loudness.AS_IT_IS
    return loudness.wanted(
        tools.ffmpeg(),
        job.source,
        job.found.audio,
        planned.audio_channels,
        settings.MEDIA_LOUDNESS,
        tick=lambda: job.beat("encode", 0),
    )


def _encode(job: Job[Probe], planned: Plan) -> None:
    most = int((BITRATES[planned.audio_channels] / 8 + waveform.RATE * 4) * planned.duration * 1.2)
    most += 10_000_000
    require_space(job.target, most)
    share = 0.0

    def note(line: str) -> None:
        nonlocal share
        if (seconds := graph.progress_seconds(line)) is not None:
            share = min(1.0, max(share, seconds / max(planned.duration, 0.001)))

    outcome = run(
        command(tools.ffmpeg(), job.source, job.target, job.found, planned, _gain(job, planned)),
        limits=Limits(
            seconds=encode.SECONDS_AT_LEAST + planned.duration,
            file_size=most,
        ),
        on_line=note,
        tick=lambda: job.beat("encode", share),
    )
    if not outcome.succeeded:
        full = "No space left on device" in outcome.errors
        raise MediaError(
            ErrorCode.DISK_FULL if full else ErrorCode.TOOL_FAILED,
            f"ffmpeg ended with status {outcome.status}; its last words are kept.",
            detail=outcome.errors,
        )


def _finish(target: Path, planned: Plan) -> Made:
    """Playlists and poster; raises `OUTPUT_INVALID`."""
    poster, envelope = target / keys.POSTER, target / ENVELOPE
    try:
        heard = products.rendition(target, keys.AUDIO, Rendition.Kind.AUDIO, None, None, None)
        playlist, master = target / keys.playlist(keys.AUDIO), target / keys.MASTER
        playlist.write_text(playlists.media_playlist(keys.rendition(keys.AUDIO), heard.index))
        master.write_text(playlists.master_playlist([heard.variant]))
        waveform.draw(waveform.bars(waveform.read_envelope(envelope)), poster)
        envelope.unlink()
        files = (
            products.file_made(
                target / keys.rendition(keys.AUDIO), FileRole.RENDITION, "audio/mp4"
            ),
            products.file_made(playlist, FileRole.PLAYLIST, products.PLAYLIST_TYPE),
            products.file_made(master, FileRole.MASTER, products.PLAYLIST_TYPE),
            products.file_made(poster, FileRole.POSTER, "image/jpeg", stills.image_size(poster)),
        )
    except (boxes.BoxError, OSError, ValueError) as error:
        raise MediaError(
            ErrorCode.OUTPUT_INVALID,
            f"The encoder's output is not what was asked for: {error}. It is tried again.",
        ) from error
    return Made(files=files, renditions=(heard,), duration=planned.duration, has_audio=True)
