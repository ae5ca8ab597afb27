"""What is said in a video, as text with the seconds at which it is said. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

# Passages of about a quarter of a minute can be read, and found, one at a time.
SECONDS = 15.0
# However long the video, no more than these: they grow longer instead.
MOST_PASSAGES = 400
MOST_LETTERS = 2_000
# W3C WebVTT, section 4.1. webvtt-py takes a second for an hour of text; the API answers for many.
CUE = re.compile(
    r"^(?:(\d{2,}):)?(\d\d):(\d\d\.\d{3})[ \t]+-->[^\n]*\n((?:[^\n]+\n?)+)", re.MULTILINE
)
TAG = re.compile(r"<[^<>]*>")
SENTENCE_END = (".", "!", "?", "…", "。", "؟")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Words said one after another; `start` in seconds."""

    start: float
    text: str


def passages(text: str) -> tuple[Passage, ...]:
    """The words of WebVTT text in order of time; none of what cannot be read."""
    cues = _cues(text)
    if not cues:
        return ()
    most = max(SECONDS, (cues[-1][0] - cues[0][0]) / (MOST_PASSAGES - 1) * 1.5)
    found: list[list[tuple[float, str]]] = []
    for start, words in cues:
        if not found or _is_full(found[-1], start, most):
            found.append([])
        if not found[-1] or found[-1][-1][1] != words:
            found[-1].append((start, words))
    return tuple(
        Passage(start=part[0][0], text=" ".join(words for _start, words in part)[:MOST_LETTERS])
        for part in found[:MOST_PASSAGES]
    )


def plain(text: str) -> str:
    """All the words, for a search."""
    return "\n".join(passage.text for passage in passages(text))


def _is_full(part: list[tuple[float, str]], start: float, most: float) -> bool:
    """Whether the next words begin a passage: after enough seconds, sooner after a sentence."""
    lasted = start - part[0][0]
    return lasted >= most or (lasted >= most * 2 / 3 and part[-1][1].endswith(SENTENCE_END))


def _cues(text: str) -> list[tuple[float, str]]:
    found = []
    for hours, minutes, seconds, raw in CUE.findall(text.replace("\r\n", "\n")):
        words = " ".join(html.unescape(TAG.sub("", raw)).split())
        if words:
            found.append((int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds), words))
    return sorted(found)
