"""What phones, cameras, editors and mischief hand in; each case drawn small, fresh, in a second.

Upright, every picture has a red, a green, a blue and a white corner (clockwise from the top left,
white last) on moving ground; every sound is a quiet tone of 440 Hz.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cms.media.judge import Reason
from tests.cms.media import containers
from tests.cms.media.conftest import ffmpeg

WIDTH, HEIGHT, RATE = 192, 144, 25
TONE = "sine=frequency=440:sample_rate=48000,volume=-2dB"  # the generator itself is at −18
H264 = ("-c:v:0", "libx264", "-preset", "ultrafast", "-crf", "12", "-pix_fmt", "yuv420p")
BT709 = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")

Make = Callable[[Path], Path]


@dataclass(frozen=True, kw_only=True)
class Plays:
    """What must be seen and heard: size in pixels, seconds, pitch in Hz (None: no sound)."""

    width: int = WIDTH
    height: int = HEIGHT
    seconds: float = 1.2
    pitch: float | None = 440.0
    notes: tuple[Reason, ...] = ()
    # How far a colour may be from itself, of 255: more where it passed through another space.
    off: int = 20
    # One picture of so many is looked at.
    every: int = 1
    # How much of two moments in one picture may be seen (`test_corpus.combing`).
    combed: float = 1.2
    # A tone of −16 LUFS, in decibels of full scale.
    level: float = -18.3


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file to hand in and what becomes of it: it plays, or it is refused for a reason."""

    name: str
    make: Make = field(repr=False)
    then: Plays | Reason
    slow: bool = False


def picture(width: int = WIDTH, height: int = HEIGHT, rate: int | str = RATE) -> str:
    """The upright picture as a source for ffmpeg's lavfi."""
    box = f"w={width // 4}:h={height // 4}:t=fill"
    right, below = width - width // 4, height - height // 4
    return (
        f"testsrc2=size={width}x{height}:rate={rate},"
        f"drawbox=x=0:y=0:{box}:c=red,drawbox=x={right}:y=0:{box}:c=0x00ff00,"
        f"drawbox=x={right}:y={below}:{box}:c=blue,drawbox=x=0:y={below}:{box}:c=white"
    )


def draw(
    name: str,
    *options: str,
    source: str = "",
    sound: str | None = TONE,
    seconds: float = 1.2,
    filters: str = "",
    video: tuple[str, ...] = H264,
    audio: tuple[str, ...] = ("-c:a", "aac"),
) -> Make:
    """A file drawn in one run."""

    def make(folder: Path) -> Path:
        path = folder / name
        heard = ("-f", "lavfi", "-i", sound) if sound else ()
        # RGB as drawn becomes BT.709 unless a case says otherwise.
        seen = filters or "scale=out_color_matrix=bt709:out_range=tv"
        ffmpeg(
            *("-f", "lavfi", "-i", source or picture(), *heard, "-t", seconds, "-vf", seen),
            *(*video, *(BT709 if not filters else ()), *(audio if sound else ()), *options, path),
        )
        return path

    return make


def remux(base: Make, name: str, *options: str, before: tuple[str, ...] = ()) -> Make:
    """Another file's streams in another box."""

    def make(folder: Path) -> Path:
        path = folder / name
        ffmpeg(*before, "-i", base(folder), "-map", "0", "-c", "copy", *options, path)
        return path

    return make


def changed(base: Make, name: str, change: Callable[[bytes], bytes]) -> Make:
    """Another file's bytes, changed."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(change(base(folder).read_bytes()))
        return path

    return make


def written(name: str, content: bytes | str) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def turned(degrees: int) -> Make:
    """Filmed with the phone turned: the pixels lie, the matrix says so."""
    # Against the clock, as ffmpeg counts `-display_rotation`; the pixels are turned the other way.
    lying = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}[degrees]
    flat = draw("flat.mp4", filters=f"{lying},scale=out_color_matrix=bt709:out_range=tv")
    return remux(flat, f"turned-{degrees}.mp4", before=("-display_rotation:v:0", str(degrees)))


PLAIN = draw("plain.mp4")
FASTSTART = draw("whole.mp4", "-movflags", "+faststart", seconds=4)


def bright(transfer: str, name: str) -> Make:
    """HDR as phones film it: white of the page at 203 cd/m², 10 bits, BT.2020."""
    to = (
        "scale=out_color_matrix=bt709:out_range=tv,format=yuv444p12le,"
        "zscale=transferin=bt709:primariesin=bt709:matrixin=bt709:rangein=limited:"
        f"transfer={transfer}:primaries=bt2020:matrix=bt2020nc:range=limited:npl=203,"
        "format=yuv420p10le"
    )
    return draw(
        name,
        *("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", transfer),
        *("-tag:v", "hvc1"),
        filters=to,
        video=("-c:v:0", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"),
    )


def interlaced(name: str, *video: str) -> Make:
    """Two moments in one frame, the upper lines first."""
    return draw(
        name,
        *("-flags", "+ilme+ildct", "-field_order", "tt"),
        source=picture(rate=50),
        filters="scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
        "tinterlace=mode=interleave_top,setfield=tff",
        video=video,
    )


def tracks(folder: Path) -> Path:
    """Two sounds: the second, an octave higher, is the one marked as default."""
    path = folder / "tracks.mkv"
    high = TONE.replace("440", "880")
    ffmpeg(
        *("-f", "lavfi", "-i", picture(), "-f", "lavfi", "-i", TONE, "-f", "lavfi", "-i", high),
        *("-map", "0", "-map", "1", "-map", "2", "-t", "1.2", *H264, "-c:a", "aac"),
        *("-disposition:a:0", "0", "-disposition:a:1", "default", path),
    )
    return path


def with_passengers(folder: Path) -> Path:
    """Matroska with a font, a cover, captions that reach further, and words that name files."""
    notes, words = folder / "notes.txt", folder / "words.srt"
    notes.write_text("file:///etc/passwd\n")
    words.write_text(
        "1\n00:00:00,000 --> 00:00:09,000\n<img src='file:///etc/passwd'> http://127.0.0.1/\n"
    )
    path = folder / "passengers.mkv"
    ffmpeg(
        *("-i", PLAIN(folder), "-i", words, "-map", "0", "-map", "1", "-c", "copy", "-c:s", "ass"),
        *("-attach", notes, "-metadata:s:t", "mimetype=application/x-truetype-font", path),
    )
    return path


def with_data(folder: Path) -> Path:
    """A camera's time code beside picture and sound, and a cover."""
    cover, path = folder / "cover.jpg", folder / "data.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=magenta:s=64x64", "-frames:v", "1", cover)
    ffmpeg(
        *("-i", PLAIN(folder), "-i", cover, "-map", "0", "-map", "1", "-c", "copy"),
        *("-disposition:v:1", "attached_pic", "-timecode", "10:00:00:00", path),
    )
    return path


def sound_goes_on(folder: Path) -> Path:
    path = folder / "longer.mp4"
    ffmpeg(
        *("-f", "lavfi", "-t", "0.8", "-i", picture(), "-f", "lavfi", "-t", "2", "-i", TONE),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv", *BT709, *H264, "-c:a", "aac", path),
    )
    return path


def sparse(name: str, *, pictures: int, apart: float) -> Make:
    """A camera that looks every few minutes."""
    return draw(
        name,
        *("-fps_mode", "passthrough", "-video_track_timescale", "1000"),
        sound=None,
        seconds=pictures * apart,
        source=picture(rate=1),
        filters=f"scale=out_color_matrix=bt709:out_range=tv,trim=end_frame={pictures},"
        f"setpts=N*{apart}/TB",
        video=(*H264, "-bf", "0"),
    )


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


PLAYING = (
    Case(name="plain", make=PLAIN, then=Plays()),
    Case(
        name="portrait",
        make=draw("portrait.mp4", source=picture(144, 192)),
        then=Plays(width=144, height=192),
    ),
    *(Case(name=f"turned by {by}", make=turned(by), then=Plays()) for by in (90, 180, 270)),
    Case(
        name="variable rate",
        make=draw(
            "variable.mp4",
            *("-fps_mode", "vfr"),
            filters="scale=out_color_matrix=bt709:out_range=tv,"
            "select='lt(n\\,10)+not(mod(n\\,3))',setpts=PTS+0.004*random(1)/TB",
        ),
        then=Plays(),
    ),
    Case(
        name="time base of 90,000",
        make=draw(
            "base.mp4",
            *("-fps_mode", "passthrough", "-enc_time_base:v:0", "1/90000"),
            *("-video_track_timescale", "90000"),
            filters="scale=out_color_matrix=bt709:out_range=tv,settb=1/90000,"
            "setpts=PTS+floor(random(2)*700)",
        ),
        then=Plays(),
    ),
    Case(
        name="rate of 240",
        make=draw("slow-motion.mp4", source=picture(rate=240)),
        then=Plays(),
    ),
    Case(
        name="HEVC of 10 bits",
        make=draw(
            "ten.mov",
            *("-tag:v", "hvc1", "-pix_fmt", "yuv420p10le"),
            video=("-c:v:0", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"),
        ),
        then=Plays(),
    ),
    Case(name="HDR, PQ", make=bright("smpte2084", "pq.mp4"), then=Plays(off=64)),
    Case(name="HDR, HLG", make=bright("arib-std-b67", "hlg.mov"), then=Plays(off=64)),
    Case(
        name="old colours, full range",
        make=draw(
            "full.mp4",
            *("-colorspace", "smpte170m", "-color_range", "pc"),
            filters="scale=out_color_matrix=smpte170m:out_range=pc",
            video=(*H264[:-1], "yuvj420p"),
        ),
        then=Plays(),
    ),
    Case(
        name="interlaced H.264",
        make=interlaced("fields.mp4", *H264, "-x264-params", "tff=1"),
        then=Plays(combed=0.62),
    ),
    Case(
        name="interlaced MPEG-2 in a transport stream",
        make=interlaced("fields.ts", "-c:v:0", "mpeg2video", "-q:v", "2"),
        then=Plays(combed=0.62),
    ),
    Case(
        name="pixels that are not square",
        make=draw("wide.mp4", filters="scale=out_color_matrix=bt709:out_range=tv,setsar=4/3"),
        then=Plays(width=256, height=144),
    ),
    Case(
        name="odd sizes",
        make=draw("odd.mp4", "-pix_fmt", "yuv444p", source=picture(193, 143)),
        then=Plays(width=192, height=142),
    ),
    Case(
        name="six channels",
        make=draw("cinema.mp4", sound=f"{TONE},pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0"),
        then=Plays(),
    ),
    Case(
        name="one channel of 8 kHz",
        make=draw("phone.mov", "-ar", "8000", "-ac", "1", audio=("-c:a", "pcm_mulaw")),
        then=Plays(),
    ),
    Case(name="several sounds", make=tracks, then=Plays(pitch=880.0, notes=(Reason.MORE_SOUND,))),
    Case(
        name="no sound",
        make=draw("silent.mp4", sound=None),
        then=Plays(pitch=None, notes=(Reason.NO_SOUND,)),
    ),
    Case(
        name="near silence",
        make=draw("whisper.mp4", sound=f"{TONE},volume=-50dB"),
        then=Plays(level=-73.0),
    ),
    Case(name="sound that goes on", make=sound_goes_on, then=Plays(seconds=2.0)),
    Case(
        name="one picture",
        make=draw("one.mp4", "-frames:v:0", "1", sound=None),
        then=Plays(seconds=0.04, pitch=None, notes=(Reason.NO_SOUND,)),
    ),
    Case(
        name="tail cut off, read to there",
        make=changed(
            draw("whole.ts", seconds=2, audio=("-c:a", "mp2")),
            "cut.ts",
            lambda data: data[: len(data) * 6 // 10],
        ),
        then=Plays(seconds=1.2),
    ),
    Case(name="wrong extension", make=remux(PLAIN, "photo.jpg", "-f", "matroska"), then=Plays()),
    Case(
        name="pictures alone, without times, of a recorder",
        make=remux(draw("bare.mp4", sound=None), "bare.h264", "-f", "h264"),
        then=Plays(pitch=None, notes=(Reason.NO_SOUND,)),
    ),
    Case(
        name="a long text with it",
        make=remux(PLAIN, "words.mkv", "-metadata", f"LYRICS={'la ' * 30_000}"),
        then=Plays(),
    ),
    Case(name="Matroska", make=remux(PLAIN, "plain.mkv"), then=Plays()),
    Case(
        name="ProRes in MOV",
        make=draw(
            "camera.mov",
            video=("-c:v:0", "prores_ks", "-profile:v", "0"),
            audio=("-c:a", "pcm_s16le"),
        ),
        then=Plays(),
    ),
    Case(
        name="AVI",
        make=draw(
            "old.avi",
            filters="scale=out_color_matrix=smpte170m:out_range=tv",
            video=("-c:v:0", "mpeg4", "-q:v", "2"),
            audio=("-c:a", "libmp3lame"),
        ),
        then=Plays(),
    ),
    Case(
        name="WebM",
        make=draw(
            "browser.webm",
            video=("-c:v:0", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1M"),
            audio=("-c:a", "libopus"),
        ),
        then=Plays(),
    ),
    Case(name="transport stream", make=remux(PLAIN, "plain.ts"), then=Plays()),
    Case(
        name="4K at 60",
        make=draw("large.mp4", source=picture(3840, 2160, 60), seconds=1),
        then=Plays(width=256, height=144, seconds=1.0),
        slow=True,
    ),
    Case(
        name="three hours, a picture every ten minutes",
        make=sparse("sparse.mp4", pictures=18, apart=600),
        then=Plays(seconds=10_200.0, pitch=None, notes=(Reason.NO_SOUND,), every=250),
        slow=True,
    ),
    Case(
        name="ten minutes, a picture every five",
        make=sparse("sparser.mp4", pictures=3, apart=300),
        then=Plays(seconds=601.0, pitch=None, notes=(Reason.NO_SOUND,), every=50),
    ),
    Case(name="attachments, captions and their words", make=with_passengers, then=Plays()),
    Case(name="time code and cover", make=with_data, then=Plays()),
)

REFUSED = (
    Case(name="zero bytes", make=written("nothing.mp4", b""), then=Reason.EMPTY),
    Case(
        name="no packets",
        make=changed(FASTSTART, "header.mp4", lambda data: containers.without(data, b"mdat")),
        then=Reason.UNREADABLE,
    ),
    Case(name="tail missing", make=changed(FASTSTART, "half.mp4", half), then=Reason.TRUNCATED),
    Case(name="index missing", make=changed(PLAIN, "half.mp4", half), then=Reason.UNREADABLE),
    Case(
        name="data is noise",
        make=changed(FASTSTART, "noise.mp4", containers.noise_in_mdat),
        then=Reason.UNREADABLE,
    ),
)
