"""What is wrong with the settings of media is said before the first file is taken up."""

from __future__ import annotations

import subprocess
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from cms.media import tools
from cms.media.errors import MediaError
from cms.media.graph import ECONOMY_ENCODER

NO_AV1 = "media.E001"
OUT_OF_BOUNDS = "media.E002"
# What a setting may be; beyond, files are lost, refused or waited for without anybody's being told.
BOUNDS = {
    "MEDIA_LEASE_SECONDS": (1, 3600),
    "MEDIA_MAX_FAILURES": (1, 100),
    "MEDIA_LOUDNESS": (-40, -5),
    "MEDIA_CHUNK_FROM_SECONDS": (1, 1_000_000),
    "MEDIA_CHUNK_SECONDS": (6, 3600),
    "MEDIA_AUDIT_SECONDS": (0, 86_400),
    "MEDIA_AUDIT_BYTES_PER_SECOND": (0, 1_000_000_000_000),
    # S3 joins no more than 5 TiB.
    "MEDIA_MAX_UPLOAD_BYTES": (1, 5 * 1024**4),
    # A signature of version 4 holds for a week at the most.
    "MEDIA_UPLOAD_URL_SECONDS": (1, 604_800),
    "MEDIA_UPLOAD_KEEP_DAYS": (1, 3650),
    "MEDIA_MAX_OPEN_UPLOADS": (1, 10_000),
}


def bounds(**_given: Any) -> list[CheckMessage]:
    """Numbers of media lie within what works."""
    found = [(name, getattr(settings, name), *limits) for name, limits in BOUNDS.items()]
    return [
        Error(
            f"{name} is {value:g}; it must lie between {least:,} and {most:,}.",
            hint=f"Set {name}, or leave it out to have the default (docs/settings.md).",
            id=OUT_OF_BOUNDS,
        )
        for name, value, least, most in found
        # NaN lies nowhere.
        if not least <= value <= most
    ]


def encoders(**_given: Any) -> list[CheckMessage]:
    """`MEDIA_AV1` needs an ffmpeg that has the encoder."""
    if not settings.MEDIA_AV1:
        return []
    missing = ""
    try:
        binary = tools.ffmpeg()
        said = subprocess.run(
            [binary, "-hide_banner", "-h", f"encoder={ECONOMY_ENCODER}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        if f"Encoder {ECONOMY_ENCODER} " not in said:
            missing = f"{binary} has no {ECONOMY_ENCODER}."
    except (MediaError, OSError) as error:
        missing = str(error)
    if not missing:
        return []
    hint = "Set FFMPEG to one that has it, as that of `make install` has, or MEDIA_AV1 to 0."
    return [Error(f"MEDIA_AV1 is set, but {missing}", hint=hint, id=NO_AV1)]
