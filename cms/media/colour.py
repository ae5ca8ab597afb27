"""From what a camera wrote to what every screen shows: BT.709, limited range, whole frames. Pure.

Each answer is a list of filters, by name and options, in order.
"""

from __future__ import annotations

from typing import Any

from cms.media.probe import VideoStream

Filter = tuple[str, dict[str, Any]]

INTERLACED = frozenset({"tt", "bb", "tb", "bt"})
# Perceptual quantizer (SMPTE ST 2084) and hybrid log-gamma (ARIB STD-B67).
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
WIDE_PRIMARIES = frozenset({"bt2020", "smpte431", "smpte432"})
# Light of diffuse white, in candela per square metre, that becomes the white of the page.
WHITE = 203
# What pictures without a word on colour are: those of HD size BT.709, smaller ones BT.601.
HD_HEIGHT = 720
TAGGED: Filter = (
    "setparams",
    {
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "colorspace": "bt709",
        "range": "limited",
    },
)


def is_hdr(video: VideoStream) -> bool:
    """The picture is made for screens brighter than those we serve."""
    return video.transfer in HDR_TRANSFERS


def whole_frames(video: VideoStream) -> list[Filter]:
    """Two fields become one frame where the file says that it has fields."""
    if video.field_order not in INTERLACED:
        return []
    return [("bwdif", {"mode": "send_frame", "deint": "interlaced"})]


def scaled(video: VideoStream, width: int, height: int) -> list[Filter]:
    """To a size, and to 8-bit BT.709 of limited range; brighter and wider pictures by mapping."""
    if is_hdr(video) or video.primaries in WIDE_PRIMARIES:
        # Scaled first: what follows computes with floating point.
        first: list[Filter] = [("scale", {"w": width, "h": height, "flags": "bicubic"})]
        return [*first, *_mapped(video), ("format", {"pix_fmts": "yuv420p"}), *_finish()]
    size = {
        "w": width,
        "h": height,
        "flags": "bicubic",
        "in_color_matrix": _matrix(video),
        "out_color_matrix": "bt709",
        "out_range": "tv",
    }
    return [("scale", size), ("format", {"pix_fmts": "yuv420p"}), *_finish()]


def _finish() -> list[Filter]:
    return [("setsar", {"sar": "1"}), TAGGED]


def _mapped(video: VideoStream) -> list[Filter]:
    """Linear light, our primaries, then a curve that keeps detail in what is too bright."""
    known = {
        "transferin": video.transfer or "bt709",
        "primariesin": video.primaries if video.primaries in WIDE_PRIMARIES else "bt2020",
        "matrixin": video.matrix if video.matrix in {"bt2020nc", "bt709"} else "bt2020nc",
        "rangein": "full" if video.colour_range == "pc" else "limited",
    }
    ours = {"transfer": "bt709", "matrix": "bt709", "range": "limited"}
    if not is_hdr(video):
        return [("zscale", known | ours | {"primaries": "bt709"})]
    return [
        ("zscale", known | {"transfer": "linear", "npl": WHITE}),
        ("format", {"pix_fmts": "gbrpf32le"}),
        ("zscale", {"primaries": "bt709"}),
        ("tonemap", {"tonemap": "mobius", "desat": 0}),
        ("zscale", ours),
    ]


def _matrix(video: VideoStream) -> str:
    if video.matrix in {"bt709", "fcc", "bt470bg", "smpte170m", "smpte240m"}:
        return video.matrix
    return "bt709" if video.height >= HD_HEIGHT or video.width >= 1280 else "smpte170m"
