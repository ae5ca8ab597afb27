"""Clips to encode: one put together from filmed ones, one drawn by ffmpeg's generators."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cms.media import tools

# Beside the project; licences in the README there.
FILMED = Path(__file__).resolve().parents[2] / "shared" / "media"
STREET, CRYSTAL, RABBIT, COUNTER = (
    FILMED / f"{name}.mp4" for name in ("street-traffic", "crystal", "rabbit", "counter-no-audio")
)
SIZE, RATE = (1920, 1080), 25
# Traffic, a slow still life, an animal, people at a counter; how much of the whole each takes.
# Already the colours of what is served: else ours alone would convert them.
SERVED = "out_color_matrix=bt709:out_range=tv"
TAGGED = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=limited"
SCENES = ((STREET, 0.42, True), (CRYSTAL, 0.2, True), (RABBIT, 0.13, True), (COUNTER, 0.25, False))
# As a phone would hand it over: sharpened, with a little noise, far better than any rung.
LIKE_A_PHONE = "unsharp=5:5:0.6,noise=alls=3:allf=t:all_seed=7,format=yuv420p"
STORED = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "17"),
    *("-maxrate", "20M", "-bufsize", "40M", "-c:a", "aac"),
)


def filmed(folder: Path, seconds: float) -> Path | None:
    """The filmed clips one after the other at 1080p25, with sound; None where they are not."""
    if not all(path.exists() for path, _share, _sound in SCENES):
        return None
    inputs, graph, parts = [], [], ""
    for number, (path, share, has_sound) in enumerate(SCENES):
        length = round(share * seconds, 2)
        inputs += ["-stream_loop", "-1", "-i", str(path)]
        graph.append(
            f"[{number}:v]trim=duration={length},setpts=PTS-STARTPTS,fps={RATE},"
            f"scale={SIZE[0]}:{SIZE[1]}:flags=lanczos:force_original_aspect_ratio=increase"
            f":{SERVED},"
            f"crop={SIZE[0]}:{SIZE[1]},setsar=1,{TAGGED}[v{number}]"
        )
        heard = f"[{number}:a]" if has_sound else "anoisesrc=color=brown:amplitude=0.1:seed=7,"
        graph.append(
            f"{heard}aresample=48000,aformat=channel_layouts=stereo,"
            f"atrim=duration={length},asetpts=PTS-STARTPTS[a{number}]"
        )
        parts += f"[v{number}][a{number}]"
    graph.append(f"{parts}concat=n={len(SCENES)}:v=1:a=1[v][a];[v]{LIKE_A_PHONE}[p]")
    path = folder / "filmed.mp4"
    _ffmpeg(*inputs, "-filter_complex", ";".join(graph), "-map", "[p]", "-map", "[a]", to=path)
    return path


def drawn(folder: Path, seconds: float) -> Path:
    """A test pattern that moves, and a tone."""
    path = folder / "drawn.mp4"
    _ffmpeg(
        *("-f", "lavfi", "-i", f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate={RATE}"),
        *("-f", "lavfi", "-i", "sine=frequency=330:beep_factor=3:sample_rate=48000"),
        *("-t", str(seconds), "-ac", "2", "-pix_fmt", "yuv420p", "-vf", TAGGED),
        to=path,
    )
    return path


def _ffmpeg(*arguments: str, to: Path) -> None:
    command = [tools.ffmpeg(), "-nostdin", "-v", "error", "-y", *arguments, *STORED, str(to)]
    subprocess.run(command, check=True)
