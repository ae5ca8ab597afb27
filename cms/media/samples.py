"""Clips for the demo and for tests, drawn by ffmpeg's own generators: no fonts, no downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cms.media import tools
from cms.media.errors import ErrorCode, MediaError
from cms.media.runner import Limits, run

SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A clip to draw: lavfi sources of picture and sound, size in pixels."""

    name: str
    picture: str
    sound: str | None
    width: int = 1280
    height: int = 720
    rate: int = 25
    seconds: float = 12.0


# A voice-like sound: a buzz that rises and falls in syllables, with two formants.
VOICE = (
    "aevalsrc='0.35*(0.6*sin(2*PI*(130+20*sin(2*PI*0.4*t))*t)+0.3*sin(2*PI*710*t)*sin(2*PI*130*t)"
    "+0.2*sin(2*PI*1220*t)*sin(2*PI*130*t))*max(0\\,sin(2*PI*2.3*t))*(0.6+0.4*sin(2*PI*0.31*t))'"
    ":s=48000:c=mono,aformat=channel_layouts=stereo"
)
TONE = "sine=frequency=330:beep_factor=3:sample_rate=48000,volume=0.4"
HUM = "anoisesrc=color=brown:amplitude=0.2:sample_rate=48000:seed=7"

DEMO = (
    Sample(
        name="press-statement.mp4",
        picture="testsrc2",
        sound=VOICE,
        width=1920,
        height=1080,
        seconds=20.0,
    ),
    Sample(name="night-patrol.mp4", picture="mandelbrot", sound=HUM),
    Sample(
        name="harbour-view.mp4",
        picture="gradients",
        sound=TONE,
        width=720,
        height=1280,
        rate=30,
        seconds=10.0,
    ),
)

CAPTIONS = (
    (0.5, 4.0, "Selamat siang. Berikut pernyataan resmi Divisi Humas Polri."),
    (4.5, 9.0, "[suara kendaraan di latar belakang]"),
    (9.5, 14.0, "Arus lalu lintas terpantau lancar di seluruh ruas utama."),
    (14.5, 19.5, "Masyarakat diimbau tetap tertib dan mengutamakan keselamatan."),
)


def make(sample: Sample, target: Path, *, extra: Sequence[str] = ()) -> Path:
    """Draw a clip into the folder `target`, with `extra` output options; returns its path.

    Raises `TOOL_FAILED` with ffmpeg's words.
    """
    path = target / sample.name
    size = f"size={sample.width}x{sample.height}:rate={sample.rate}"
    # `gradients` takes its seed from the clock unless told; a demo should look the same each time.
    seed = ":seed=11:speed=0.02" if sample.picture == "gradients" else ""
    sound = ["-f", "lavfi", "-i", sample.sound] if sample.sound else []
    arguments = [
        *(tools.ffmpeg(), "-nostdin", "-v", "error", "-y"),
        *("-f", "lavfi", "-i", f"{sample.picture}={size}{seed}"),
        *sound,
        *("-t", str(sample.seconds), "-c:v:0", "libx264", "-preset", "ultrafast", "-crf", "20"),
        *("-pix_fmt", "yuv420p", "-c:a:0", "aac", "-b:a", "128k"),
        *extra,
        str(path),
    ]
    outcome = run(
        arguments, limits=Limits(seconds=SECONDS), on_line=lambda _: None, tick=lambda: None
    )
    if not outcome.succeeded:
        raise MediaError(
            ErrorCode.TOOL_FAILED,
            f"The sample {sample.name} could not be drawn; see what ffmpeg said.",
            detail=outcome.errors,
        )
    return path


def captions(seconds: float = 20.0) -> str:
    """WebVTT in Indonesian for the statement, as far as `seconds` reach."""
    cues = [
        f"{_stamp(start)} --> {_stamp(min(end, seconds))}\n{text}\n"
        for start, end, text in CAPTIONS
        if start < seconds
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _stamp(seconds: float) -> str:
    return f"00:{int(seconds) // 60:02}:{seconds % 60:06.3f}"
