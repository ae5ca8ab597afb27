"""Every key in object storage, in one place."""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings

# Part of the ladder's prefix: another way to encode is another name, so that keys stay immutable.
PROFILE = "h264-3"
ECONOMY = "av1"

MASTER = "master.m3u8"
IFRAMES = "iframes.m3u8"
POSTER = "poster.jpg"
SPRITE = "storyboard.jpg"
STORYBOARD = "storyboard.vtt"
AUDIO = "audio"
CANDIDATE = "candidate-{}.jpg"

_CHUNK = re.compile(r"^(?P<prefix>[0-9a-f-]{36}/chunks/[^/]+/)[^/]+\Z")
_POSTER = re.compile(r"^[0-9a-f-]{36}/poster/[0-9a-f]{16}\.jpg\Z")
_PREFIX = re.compile(r"^(?P<prefix>[0-9a-f-]{36}/[0-9a-f]{16}-.+-(?P<attempt>\d+)/)[^/]+\Z")


def original(asset: UUID) -> str:
    """Key of the original in the originals bucket; written once, never again."""
    return f"{asset}/original"


def asset_prefix(asset: UUID) -> str:
    """What every key of an asset begins with, in every bucket."""
    return f"{asset}/"


def captions_prefix(asset: UUID) -> str:
    """What the public copies of an asset's captions begin with."""
    return f"{asset}/captions/"


def poster_prefix(asset: UUID) -> str:
    """What the posters chosen for an asset begin with, in the staging and media buckets."""
    return f"{asset}/poster/"


def profile() -> str:
    """Name of the way in which ladders are made now."""
    return f"{PROFILE}-{ECONOMY}" if settings.MEDIA_AV1 else PROFILE


def ladder_prefix(asset: UUID, sha256: str, attempt: int) -> str:
    """Prefix of one attempt's output in the staging and media buckets."""
    return f"{asset}/{sha256[:16]}-{profile()}-{attempt}/"


def chunk_prefix(asset: UUID, sha256: str, profile: str, number: int, attempt: int) -> str:
    """Prefix of a finished part of a long original, in staging."""
    return f"{asset}/chunks/{sha256[:16]}-{profile}-{number}-{attempt}/"


def chunk_of(key: str) -> str | None:
    """Prefix of the part that a key belongs to; None if it is no part's."""
    found = _CHUNK.match(key)
    return found["prefix"] if found else None


def is_poster(key: str) -> bool:
    """Whether a key is that of a chosen poster."""
    return _POSTER.match(key) is not None


def attempt_of(key: str) -> tuple[str, int] | None:
    """Ladder prefix and attempt that a key belongs to; None if it is no ladder's."""
    found = _PREFIX.match(key)
    return (found["prefix"], int(found["attempt"])) if found else None


def rendition(name: str) -> str:
    """File name of a rung."""
    return f"{name}.m4a" if name == AUDIO else f"{name}.mp4"


def playlist(name: str) -> str:
    """File name of a rung's media playlist."""
    return f"{name}.m3u8"


def media_url(key: str) -> str:
    """Absolute public URL of a key in the media bucket."""
    return f"{settings.MEDIA_BASE_URL}/{key}"


def media_key(url: str) -> str:
    """The key behind a `media_url`."""
    return url.removeprefix(media_url(""))
