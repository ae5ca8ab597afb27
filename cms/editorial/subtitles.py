"""Captions as people bring them, made into valid WebVTT; what had to be mended is told."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cms.editorial.cues import CONTROL, TIMES, Cue, Flaw, cleaned, read, stamp

MAX_BYTES = 2_000_000
# What editors of subtitles on Windows wrote before UTF-8, by language; the last one takes any byte.
OLD_ENCODINGS = {"ar": ("cp1256",), "zh": ("gb18030", "big5")}
LATIN = ("cp1252", "latin-1")
# How long a caption stays that does not say so: time to read it. Milliseconds.
SHORTEST, LONGEST, PER_LETTER = 1_000, 7_000, 60
# Seconds that captions may outlast the recording's stated length, which is rounded.
TOLERANCE = 0.5


class NotCaptionsError(ValueError):
    """The text is neither WebVTT nor SubRip; `message` says what to do."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """Valid WebVTT, and what was mended on the way, in sentences for the editor."""

    text: str
    notes: tuple[str, ...] = ()


def webvtt_of_file(
    file: UploadedFile, *, duration: float | None = None, language: str = "id"
) -> Repaired:
    """WebVTT of an uploaded .vtt or .srt file, for a video of `duration` seconds."""
    if file.size is None or file.size > MAX_BYTES:
        raise NotCaptionsError(_("The captions file is larger than 2 MB. Is it the right file?"))
    text, encoding = _decoded(file.read(), language)
    repaired = webvtt_of_text(text, duration=duration)
    if encoding == "utf-8":
        return repaired
    note = gettext("The letters were stored as %(encoding)s; they are UTF-8 now.") % {
        "encoding": encoding.upper()
    }
    return replace(repaired, notes=(note, *repaired.notes))


def webvtt_of_text(text: str, *, duration: float | None = None) -> Repaired:
    """WebVTT of WebVTT or SubRip text: in order, without overlaps, within the video.

    Repairing what is repaired changes nothing. Raises `NotCaptionsError`.
    """
    text = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip() + "\n"
    is_webvtt = re.match(r"WEBVTT(?:\s|$)", text) is not None
    flaws: Counter[Flaw] = Counter()
    found = list(read(text, is_webvtt=is_webvtt, flaws=flaws))
    if not found:
        raise NotCaptionsError(_why_none(text, is_webvtt=is_webvtt))
    cues = _timed(_worded(found, flaws), flaws)
    if not cues:
        raise NotCaptionsError(_("There is no text with times in these captions."))
    cues = _within(cues, duration, flaws)
    if not cues:
        raise NotCaptionsError(
            _("All of these captions come after the video's end. Are they of another video?")
        )
    cues = _apart(cues, flaws)
    return Repaired(text=_written(cues), notes=tuple(_sentences(flaws)))


def _why_none(text: str, *, is_webvtt: bool) -> Promise:
    if any(map(TIMES.match, text.split("\n"))) or (is_webvtt and "-->" in text):
        return _("The captions cannot be read. Check the times in the file.")
    if is_webvtt:
        return _("There is no text with times in these captions.")
    return _("This is neither WebVTT nor SubRip: no times such as 00:00:01,000 --> were found.")


def _worded(found: Iterable[Cue], flaws: Counter[Flaw]) -> list[Cue]:
    """Cues with clean words; those without any are left out."""
    worded = [replace(cue, text=cleaned(cue.text, flaws)) for cue in found]
    kept = [cue for cue in worded if cue.text]
    flaws[Flaw.EMPTY] += len(worded) - len(kept)
    return kept


def _timed(cues: list[Cue], flaws: Counter[Flaw]) -> list[Cue]:
    """Each ends after it begins, all stand in order of time, none is there twice."""
    lasting = [cue if cue.end > cue.start else _lasting(cue) for cue in cues]
    flaws[Flaw.BACKWARDS] += sum(a is not b for a, b in zip(cues, lasting, strict=True))
    flaws[Flaw.ORDER] += sum(later.start < cue.start for cue, later in pairwise(lasting))
    unique: dict[tuple[int, str], Cue] = {}
    for cue in sorted(lasting, key=lambda cue: cue.start):
        same = unique.get((cue.start, cue.text))
        unique[cue.start, cue.text] = replace(cue, end=max(cue.end, same.end)) if same else cue
    flaws[Flaw.TWICE] += len(lasting) - len(unique)
    return list(unique.values())


def _lasting(cue: Cue) -> Cue:
    length = min(LONGEST, max(SHORTEST, PER_LETTER * len(cue.text)))
    return replace(cue, end=cue.start + length)


def _within(cues: list[Cue], duration: float | None, flaws: Counter[Flaw]) -> list[Cue]:
    """What lies in the video: cues that begin after its end go, the last ones end with it."""
    if not duration:
        return cues
    end = round(duration * 1000)
    allowed = end + round(TOLERANCE * 1000)
    kept = [
        cue if cue.end <= allowed else replace(cue, end=max(end, cue.start + 1))
        for cue in cues
        if cue.start < end
    ]
    flaws[Flaw.BEYOND] += len(cues) - len(kept)
    flaws[Flaw.BEYOND] += sum(
        a.end != b.end for a, b in zip((c for c in cues if c.start < end), kept, strict=True)
    )
    return kept


def _apart(cues: list[Cue], flaws: Counter[Flaw]) -> list[Cue]:
    """Those that begin together become one; each of the others ends when the next begins."""
    joined: list[Cue] = []
    for cue in cues:
        if joined and joined[-1].start == cue.start:
            above = joined.pop()
            text = f"{above.text}\n{cue.text}"
            cue = replace(above, end=max(above.end, cue.end), text=text)
            flaws[Flaw.OVERLAP] += 1
        joined.append(cue)
    for number, (cue, following) in enumerate(pairwise(joined)):
        if cue.end > following.start:
            joined[number] = replace(cue, end=following.start)
            flaws[Flaw.OVERLAP] += 1
    return joined


def _written(cues: Iterable[Cue]) -> str:
    blocks = ["WEBVTT"]
    for cue in cues:
        settings = f" {cue.settings}" if cue.settings else ""
        blocks.append(f"{stamp(cue.start)} --> {stamp(cue.end)}{settings}\n{cue.text}")
    return "\n\n".join(blocks) + "\n"


def _sentences(flaws: Counter[Flaw]) -> Iterable[str]:
    """What was mended, in plain words and numbers."""
    words = {
        Flaw.TIMES: lambda n: ngettext(
            "%(count)d line of times was written in another way.",
            "%(count)d lines of times were written in another way.",
            n,
        ),
        Flaw.ORDER: lambda n: gettext("Captions stood out of order; they are sorted by time."),
        Flaw.BACKWARDS: lambda n: ngettext(
            "%(count)d caption ended before it began; it now stays long enough to be read.",
            "%(count)d captions ended before they began; they now stay long enough to be read.",
            n,
        ),
        Flaw.OVERLAP: lambda n: ngettext(
            "%(count)d caption lay over the next one; it now ends when that begins.",
            "%(count)d captions lay over the next one; they now end when that begins.",
            n,
        ),
        Flaw.BEYOND: lambda n: ngettext(
            "%(count)d caption went past the end of the video; it was cut or left out.",
            "%(count)d captions went past the end of the video; they were cut or left out.",
            n,
        ),
        Flaw.TWICE: lambda n: ngettext(
            "%(count)d caption was there twice.", "%(count)d captions were there twice.", n
        ),
        Flaw.EMPTY: lambda n: ngettext(
            "%(count)d caption without words was left out.",
            "%(count)d captions without words were left out.",
            n,
        ),
        Flaw.TAGS: lambda n: ngettext(
            "In %(count)d caption, marks that players do not know were removed or closed.",
            "In %(count)d captions, marks that players do not know were removed or closed.",
            n,
        ),
        Flaw.COMMENTS: lambda n: gettext(
            "Comments and styles were left out: comments would be public, and viewers choose how "
            "captions look."
        ),
    }
    for flaw, sentence in words.items():
        if flaws[flaw]:
            yield sentence(flaws[flaw]) % {"count": flaws[flaw]}


def _decoded(data: bytes, language: str) -> tuple[str, str]:
    """The text and its encoding: what a byte order mark says, UTF-8, or an older one."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: tuple[str, ...] = ("utf-16",)
    elif half := _is_half_empty(data):
        candidates = (half,)
    elif b"\x00" in data:
        raise NotCaptionsError(_("This is not a captions file. Choose a .vtt or .srt file."))
    else:
        candidates = ("utf-8", *OLD_ENCODINGS.get(language, ()), *LATIN)
    for encoding in candidates:
        try:
            return data.decode(encoding), encoding
        except UnicodeError:
            continue
    raise NotCaptionsError(_("The letters of this file cannot be read. Save it as UTF-8."))


def _is_half_empty(data: bytes) -> str:
    """UTF-16 without its mark: times are digits, and every other byte of those is zero."""
    start = data[:200]
    if len(start) < 8 or len(data) % 2:
        return ""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if odd > len(start) * 0.4 and not even:
        return "utf-16-le"
    return "utf-16-be" if even > len(start) * 0.4 and not odd else ""
