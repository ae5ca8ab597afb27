"""A long original in stretches of time: what each run makes of it, and how they are joined. Pure.

Pictures are encoded stretch by stretch, the whole ladder of each in one run. Sound is encoded once,
from end to end, so that no border is heard and none of them adds to its offset. Then pictures and
sound of each rung are copied, not encoded, into one file like those of short clips.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from cms.media import graph, keys, loudness, stills
from cms.media.ladder import AUDIO_ONLY_BITRATE, Plan, Rung
from cms.media.loudness import Gain, opened
from cms.media.probe import LONG_GAP, MOST_GAPS, Probe

# Files of these are searched, not looked up in an index: a little is read before the moment.
SEARCHED = frozenset({"mpegts", "mpeg", "flv", "asf", "ogg", "h264", "hevc", "dv", "avi"})
SEARCH_SECONDS = 10.0
HEADROOM_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Pictures from `first` on, counted from zero."""

    number: int
    first: int
    count: int

    @property
    def end(self) -> int:
        return self.first + self.count


def stretches(plan: Plan, seconds: float) -> tuple[Stretch, ...]:
    """Stretches of about so many seconds, each a whole number of segments but for the last."""
    length = max(1, round(seconds * plan.frame_rate / plan.segment)) * plan.segment
    return tuple(
        Stretch(number=number, first=first, count=min(length, plan.frames - first))
        for number, first in enumerate(range(0, plan.frames, length))
    )


def profile(plan: Plan, gain: Gain, seconds: float, binary: str) -> str:
    """Name of this way to cut and encode: another way shares no finished stretch with it."""
    way = repr((plan, gain, seconds, Path(binary).name, graph.LARGE, graph.SMALL, graph.ECONOMY))
    return f"{keys.profile()}-{hashlib.sha256(way.encode()).hexdigest()[:12]}"


def begin(stretch: Stretch, found: Probe, plan: Plan) -> float:
    """Seconds into the original where it is opened for a stretch, with a picture to begin from."""
    begins = float(stretch.first / plan.frame_rate)
    # Where pictures are far apart: the one that is still on screen.
    moment = next((start for start, end in found.gaps if start < begins < end), begins)
    margin = HEADROOM_SECONDS + (found.longest_gap if len(found.gaps) == MOST_GAPS else LONG_GAP)
    if SEARCHED & set(found.format.split(",")):
        margin += SEARCH_SECONDS
    return max(0.0, moment - margin)


def stretch_command(
    binary: str,
    source: Path,
    target: Path,
    found: Probe,
    plan: Plan,
    stretch: Stretch,
    *,
    opened_at: float,
) -> list[str]:
    """The run that makes the pictures of one stretch, every rung."""
    # Decoding goes on for a moment behind the last picture: the order of coding is another.
    seconds = float(stretch.end / plan.frame_rate) - opened_at + 2
    original = opened(source, ss=f"{opened_at:.6f}", t=f"{seconds:.6f}")
    pictures = graph.stretch(
        original, found, plan, first=stretch.first, count=stretch.count, opened_at=opened_at
    )
    made = graph.cascade(pictures, found, plan, stills_too=False)
    outputs = []
    for number, (rung, stream) in enumerate(zip(plan.all_rungs, made.rungs, strict=True)):
        options = graph.video_options(rung, plan) | {"map_metadata": -1, "map_chapters": -1}
        options |= graph.PROGRESS if number == 0 else {}
        path = str(target / keys.rendition(rung.name))
        outputs.append(ffmpeg.output(stream, path, **options))
    return graph.compiled(binary, outputs)


def sound_names(plan: Plan) -> dict[int, str]:
    """Bits a second → the file that has the sound at that rate."""
    rates = {rung.audio_bitrate for rung in plan.all_rungs} | {AUDIO_ONLY_BITRATE}
    return {
        rate: keys.rendition(keys.AUDIO) if rate == AUDIO_ONLY_BITRATE else f"sound-{rate}.m4a"
        for rate in sorted(rates)
    }


def sound_command(
    binary: str, source: Path, target: Path, found: Probe, plan: Plan, gain: Gain
) -> list[str]:
    """The run that encodes the whole sound, once for each bit rate."""
    if found.audio is None:
        raise ValueError("There is no sound to encode.")
    names = sound_names(plan)
    heard = opened(source)[str(found.audio.index)]
    seconds = float(plan.frames / plan.frame_rate)
    split = loudness.ready(
        heard, found.audio, plan.audio_channels, gain, seconds
    ).filter_multi_output("asplit", len(names))
    outputs = []
    for number, (rate, name) in enumerate(names.items()):
        options = graph.audio_options(rate)
        options |= graph.AUDIO_PROGRESS if number == 0 else {}
        outputs.append(ffmpeg.output(split[number], str(target / name), **options))
    return graph.compiled(binary, outputs)


def join_list(files: list[str]) -> str:
    """A list for ffmpeg's concat demuxer, of files that we have made, beside it or below."""
    return "".join(f"file '{name}'\n" for name in files)


def join_command(
    binary: str, listed: Path, heard: Path | None, target: Path, plan: Plan, rung: Rung
) -> list[str]:
    """The run that copies the stretches of one rung, and the sound, into one file."""
    pictures = ffmpeg.input(
        str(listed),
        f="concat",
        # All have the same headers; without this each keyframe would carry them again.
        auto_convert=0,
        protocol_whitelist="file,pipe",
        format_whitelist="concat,mov,mp4,m4a,3gp,3g2,mj2",
    )
    streams = [pictures["v:0"]]
    if heard is not None:
        streams.append(ffmpeg.input(str(heard))["a:0"])
    options = {"f": "mp4", "c": "copy"} | graph.container_options() | graph.fragment_options(plan)
    output = ffmpeg.output(*streams, str(target / keys.rendition(rung.name)), **options)
    return graph.compiled(
        binary, [output.global_args("-progress", "pipe:1", "-stats_period", "0.1")]
    )


def joined_seconds(line: str) -> float | None:
    """Seconds copied so far, from a line of `-progress`; None if it says something else."""
    name, _, value = line.partition("=")
    return int(value) / 1_000_000 if name == "out_time_us" and value.isdigit() else None


def stills_command(binary: str, target: Path, plan: Plan, board: stills.Storyboard) -> list[str]:
    """Posters from the keyframes of the highest rung, the storyboard from those of the lowest."""
    top, bottom = (
        ffmpeg.input(str(target / keys.rendition(rung.name)), skip_frame="nokey")["v:0"]
        for rung in (plan.rungs[0], plan.rungs[-1])
    )
    return graph.compiled(
        binary, [graph.posters(top, target, plan), graph.sprite(bottom, target, board)]
    )
