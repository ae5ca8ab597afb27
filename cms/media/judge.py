"""Whether an original can be shown, and why not. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cms.media.probe import STILL_CODECS, Probe, Unreadable
from content_models.models import AssetKind

LONGEST_SECONDS = 4 * 3600.0
SMALLEST_SIDE = 16
LARGEST_SIDE = 8192
# What a writer may leave off the end without anyone missing it.
TOLERATED_SECONDS = 1.0
TOLERATED_SHARE = 0.05
# Their length is computed from the first packets' rate: far off where the rate varies.
GUESSED_LENGTH = frozenset({"aac", "amr", "mp3"})


class Reason(StrEnum):
    """Why a file is refused, or what an editor should know of an accepted one."""

    EMPTY = "empty"
    NOT_A_VIDEO = "not_a_video"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    TOO_LONG = "too_long"
    TOO_SMALL = "too_small"
    TOO_WIDE = "too_wide"
    NO_SOUND = "no_sound"
    MORE_SOUND = "more_sound"
    SHORT_TAIL = "short_tail"
    ACTIVE = "active"
    ACTIVE_INSIDE = "active_inside"
    PHOTO_DAMAGED = "photo_damaged"
    PHOTO_TOO_LARGE = "photo_too_large"
    PHOTO_RAW = "photo_raw"
    FIRST_OF_SEVERAL = "first_of_several"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A reason with what fills its sentence."""

    reason: Reason
    params: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.reason.value, "params": self.params}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Accepted as a kind, with its notes, or refused for one reason."""

    kind: AssetKind = AssetKind.VIDEO
    refusal: Note | None = None
    notes: tuple[Note, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.refusal is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A photograph as seen (pixels), or the reason's code why it cannot be shown."""

    format: str = ""
    width: int = 0
    height: int = 0
    frames: int = 1
    trouble: str = ""
    params: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the asset's `probe` field."""
        return {"format": self.format, "frames": self.frames}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A drawing, document or page that could act in a browser; inside a photograph or alone."""

    what: str
    inside: bool


Found = Probe | Unreadable | Photograph | Drawn


def judge(found: Found) -> Verdict:
    """The verdict on an original that was looked at."""
    if isinstance(found, Drawn):
        reason = Reason.ACTIVE_INSIDE if found.inside else Reason.ACTIVE
        return Verdict(refusal=Note(reason=reason, params={"what": found.what}))
    if isinstance(found, Photograph):
        return _judge_photograph(found)
    refusal = _refusal_unread(found) if isinstance(found, Unreadable) else _refusal(found)
    if refusal or isinstance(found, Unreadable):
        return Verdict(refusal=refusal)
    return Verdict(kind=kind_of(found), notes=tuple(_notes(found)))


def kind_of(found: Probe) -> AssetKind:
    """What there is to show of it; the cover of a piece of sound is no picture."""
    return AssetKind.VIDEO if _moves(found) or found.audio is None else AssetKind.AUDIO


def _judge_photograph(found: Photograph) -> Verdict:
    if found.trouble:
        return Verdict(refusal=Note(reason=Reason(found.trouble), params=dict(found.params)))
    several = Note(reason=Reason.FIRST_OF_SEVERAL, params={"count": found.frames})
    return Verdict(kind=AssetKind.PHOTO, notes=(several,) if found.frames > 1 else ())


def judge_size(size: int) -> Verdict:
    """What can be said before anything is read."""
    return Verdict(refusal=Note(reason=Reason.EMPTY)) if size == 0 else Verdict()


def _refusal_unread(found: Unreadable) -> Note:
    if found.size == 0:
        return Note(reason=Reason.EMPTY)
    if _promises_media(found.first_bytes):
        return Note(reason=Reason.UNREADABLE)
    return Note(reason=Reason.NOT_A_VIDEO)


def _promises_media(first: bytes) -> bool:
    """The first bytes are those of MP4/MOV, Matroska/WebM, AVI, MPEG-PS, ASF, FLV or of sound."""
    return first[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"} or first.startswith(
        (
            *(b"\x1aE\xdf\xa3", b"RIFF", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75", b"FLV"),
            *(b"ID3", b"\xff\xfb", b"\xff\xf1", b"OggS", b"fLaC", b"#!AMR"),
        )
    )


def _refusal(found: Probe) -> Note | None:
    if kind_of(found) is AssetKind.AUDIO:
        return _refusal_heard(found)
    video = found.video
    if video is None or not _moves(found):
        return Note(reason=Reason.NOT_A_VIDEO)
    if found.frames == 0 or found.duration <= 0:
        return Note(reason=Reason.UNREADABLE)
    width, height = video.display_size
    if min(width, height) < SMALLEST_SIDE:
        seen = Note(reason=Reason.TOO_SMALL, params={"width": width, "height": height})
    elif max(width, height) > LARGEST_SIDE:
        seen = Note(
            reason=Reason.TOO_WIDE,
            params={"width": width, "height": height, "limit": LARGEST_SIDE},
        )
    else:
        seen = None
    return _truncated(found) or _too_long(found.duration) or seen


def _refusal_heard(found: Probe) -> Note | None:
    """The same of sound alone."""
    if found.readable_duration <= 0:
        return Note(reason=Reason.UNREADABLE)
    guessed = found.format in GUESSED_LENGTH
    return (None if guessed else _truncated(found)) or _too_long(found.readable_duration)


def _moves(found: Probe) -> bool:
    video = found.video
    return video is not None and not (video.codec in STILL_CODECS and found.frames <= 1)


def _truncated(found: Probe) -> Note | None:
    declared, readable = found.declared_duration or 0.0, found.readable_duration
    if declared - readable <= max(TOLERATED_SECONDS, declared * TOLERATED_SHARE):
        return None
    return Note(
        reason=Reason.TRUNCATED,
        params={"readable": round(readable, 1), "declared": round(declared, 1)},
    )


def _too_long(duration: float) -> Note | None:
    if duration <= LONGEST_SECONDS:
        return None
    return Note(
        reason=Reason.TOO_LONG,
        params={"hours": round(duration / 3600, 1), "limit": round(LONGEST_SECONDS / 3600)},
    )


def _notes(found: Probe) -> list[Note]:
    notes = []
    if found.audio is None:
        notes.append(Note(reason=Reason.NO_SOUND))
    if found.audio_streams > 1:
        notes.append(Note(reason=Reason.MORE_SOUND, params={"count": found.audio_streams}))
    missing = (found.declared_duration or 0.0) - found.readable_duration
    if found.format in GUESSED_LENGTH:
        missing = 0.0
    if missing > TOLERATED_SECONDS:
        notes.append(Note(reason=Reason.SHORT_TAIL, params={"missing": round(missing, 1)}))
    return notes
