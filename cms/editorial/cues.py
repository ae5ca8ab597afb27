"""Timed texts of any make, read leniently: what a line can mean is taken, what was odd is counted.

Nothing here fails. `read` finds the cues of WebVTT and SubRip alike, `cleaned` makes the words of
one into what WebVTT allows (W3C WebVTT, sections 4.2.2 and 6.4), `stamp` writes a moment.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MOMENT = r"(?:(\d{1,3})\s?:\s?)?(\d{1,3})\s?:\s?(\d{1,2})(?:\s?[.,]\s?(\d{1,3}))?"
# Wrong arrows are common: one hyphen, a dash that a word processor made of two.
TIMES = re.compile(rf"^\s*{MOMENT}\s*[-–—]{{1,3}}\s?>\s*{MOMENT}(?P<settings>(?:\s.*)?)$")
WEBVTT_TIMES = re.compile(
    r"^(?:\d{2,}:)?\d\d:\d\d\.\d{3}[ \t]+-->[ \t]+(?:\d{2,}:)?\d\d:\d\d\.\d{3}(?:[ \t].*)?$"
)
SUBRIP_TIMES = re.compile(r"^\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\s*$")
SETTING = re.compile(
    r"^(?:vertical:(?:rl|lr)|align:(?:start|center|end|left|right)|size:\d{1,3}(?:\.\d+)?%"
    r"|line:-?\d{1,3}(?:\.\d+)?%?(?:,(?:start|center|end))?"
    r"|position:\d{1,3}(?:\.\d+)?%(?:,(?:line-left|center|line-right))?)$"
)
BLOCKS = re.compile(r"^(?:NOTE|STYLE|REGION)(?:\s|$)")
TAG = re.compile(r"<(/?[A-Za-z!?][^<>]*|/?\s*|\d[\d:.]*)>")
KNOWN_TAG = re.compile(
    r"^(?P<close>/?)(?P<name>c|b|i|u|ruby|rt|v|lang)(?P<classes>(?:\.[\w-]+)*)"
    r"(?:\s+(?P<about>.*))?$",
    re.IGNORECASE | re.DOTALL,
)
# `{\an8}` and its like, from ASS through SubRip.
OVERRIDE = re.compile(r"\{\\[^{}\n]*\}")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")


class Flaw(StrEnum):
    """What was not as it should be, and is now."""

    TIMES = "times"
    COMMENTS = "comments"
    TAGS = "tags"
    EMPTY = "empty"
    TWICE = "twice"
    BACKWARDS = "backwards"
    ORDER = "order"
    OVERLAP = "overlap"
    BEYOND = "beyond"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Words between two moments, in milliseconds."""

    start: int
    end: int
    text: str
    settings: str = ""


def stamp(milliseconds: int) -> str:
    """`HH:MM:SS.mmm` (W3C WebVTT, section 4.1)."""
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def read(text: str, *, is_webvtt: bool, flaws: Counter[Flaw]) -> Iterator[Cue]:
    """Cues in the order of the file, words as they stand; numbers and blank lines may miss."""
    lines = text.split("\n")
    usual = WEBVTT_TIMES if is_webvtt else SUBRIP_TIMES
    found = [(at, match) for at, line in enumerate(lines) if (match := TIMES.match(line))]
    flaws[Flaw.COMMENTS] += is_webvtt and _other_blocks(lines[: found[0][0] if found else None])
    for number, (at, match) in enumerate(found):
        following = found[number + 1][0] if number + 1 < len(found) else len(lines)
        body = lines[at + 1 : following]
        if following < len(lines) and _is_name(body):
            body.pop()
        start, end = _moment(match.groups()[:4]), _moment(match.groups()[4:8])
        if start is None or end is None:
            # Sixty seconds and more: nobody can say when that was meant to be.
            flaws[Flaw.TIMES] += 1
            continue
        settings = " ".join(part for part in match["settings"].split() if SETTING.match(part))
        if not usual.match(lines[at]) or settings != " ".join(match["settings"].split()):
            flaws[Flaw.TIMES] += 1
        words, dropped = _words(body, is_webvtt=is_webvtt)
        flaws[Flaw.COMMENTS] += dropped
        yield Cue(start=start, end=end, text=words, settings=settings)


def cleaned(text: str, flaws: Counter[Flaw]) -> str:
    """The words with only those tags that WebVTT knows, each of them closed; empty if none."""
    removed = 0
    text, overrides = OVERRIDE.subn("", text)
    removed += overrides
    pieces: list[str] = []
    open_tags: list[str] = []
    last = 0
    for match in TAG.finditer(text):
        pieces.append(_escaped(text[last : match.start()]))
        last = match.end()
        tag = KNOWN_TAG.match(match[1].strip())
        if tag is None or not _takes(tag, open_tags, pieces):
            removed += 1
    pieces.append(_escaped(text[last:]))
    removed += len(open_tags)
    pieces += [f"</{name}>" for name in reversed(open_tags)]
    flaws[Flaw.TAGS] += bool(removed)
    lines = "".join(pieces).split("\n")
    kept = [stripped for line in lines if (stripped := line.strip())]
    return "\n".join(kept) if any(spoken(line) for line in kept) else ""


def spoken(text: str) -> str:
    """The words alone, without tags."""
    return html.unescape(TAG.sub("", text)).strip()


def _takes(tag: re.Match[str], open_tags: list[str], pieces: list[str]) -> bool:
    """Write a known tag down if it has its place here."""
    name, about = tag["name"].lower(), " ".join((tag["about"] or "").split())
    if tag["close"]:
        if name not in open_tags:
            return False
        while (inner := open_tags.pop()) != name:
            pieces.append(f"</{inner}>")
        pieces.append(f"</{name}>")
        return True
    needs_words = name in {"v", "lang"}
    if needs_words != bool(about):
        return False
    open_tags.append(name)
    words = f" {_escaped(about)}" if about else ""
    pieces.append(f"<{name}{tag['classes']}{words}>")
    return True


def _escaped(text: str) -> str:
    plain = CONTROL.sub("", html.unescape(text).replace("\r", " ")) if "&" in text else text
    if plain.count("\n") != text.count("\n"):
        plain = plain.replace("\n", " ")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _moment(parts: tuple[str | None, ...]) -> int | None:
    hours, minutes, seconds, fraction = parts
    if minutes is None or seconds is None or int(seconds) > 59 or (hours and int(minutes) > 59):
        return None
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "0").ljust(3, "0"))


def _is_name(body: list[str]) -> bool:
    """Whether the last line, directly above the next times, is their number or name."""
    if not body or not body[-1].strip():
        return False
    return body[-1].strip().isdecimal() or (len(body) > 1 and not body[-2].strip())


def _words(body: list[str], *, is_webvtt: bool) -> tuple[str, int]:
    """The lines that are spoken, and how many blocks beside them were left out."""
    blocks = [block.strip("\n") for block in re.split(r"\n[ \t]*\n", "\n".join(body))]
    blocks = [block for block in blocks if block.strip()]
    if is_webvtt:
        # A blank line ends a cue; what comes then is a comment, a style, or lost.
        return "".join(blocks[:1]), len(blocks[1:])
    return "\n".join(block for block in blocks if not block.strip().isdecimal()), 0


def _other_blocks(lines: list[str]) -> int:
    return sum(bool(BLOCKS.match(line)) for line in lines)
