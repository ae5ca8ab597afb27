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
