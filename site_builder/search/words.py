"""Text -> the words it is found by; `frontend/src/js/search/words.js` does the same, word for word.

Case, accents and hyphens do not count. Indonesian affixes come off by the Snowball stemmer, with
one rule that it lacks: the prefixes `men-` and `pen-` swallow a `t` before a vowel (`tangkap`,
`menangkap`, `penangkapan`). Any other word is as good as its spelling.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import snowballstemmer

STOP = frozenset(json.loads((Path(__file__).parent / "stop.json").read_text(encoding="ascii")))
TOKEN = re.compile(r"[^\W_]+")
LATIN = re.compile(r"[a-z]+")
SWALLOWED = re.compile(r"^([mp]en)(?=[aeiou])")
VOWEL = re.compile(r"[aeiou]")
# Shorter words keep their affixes: there would be nothing left to tell them by.
FEWEST_VOWELS = 3
PREFIX_LETTERS = range(3, 13)

_stemmer = snowballstemmer.stemmer("indonesian")


def fold(text: str) -> str:
    """Small letters without accents (NFKD, combining marks off)."""
    lower = text.lower()
    if lower.isascii():
        return lower
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", lower)
        if not unicodedata.category(letter).startswith("M")
    )


def tokens(text: str) -> list[str]:
    """Runs of letters and digits, folded, in order."""
    return TOKEN.findall(fold(text))


def stem(token: str) -> str:
    """What a folded token is filed under."""
    if not LATIN.fullmatch(token) or len(VOWEL.findall(token)) < FEWEST_VOWELS:
        return token
    found: str = _stemmer.stemWord(SWALLOWED.sub(r"\1t", token))
    return found


class Stems(dict[str, str]):
    """Stems by token, each looked for once; empty for words that say nothing of their own."""

    def __missing__(self, token: str) -> str:
        found = self[token] = "" if token in STOP else stem(token)
        return found


def beginnings(token: str) -> Iterator[str]:
    """The terms under which an unfinished word finds a token: `^den`, `^denp`…"""
    for length in PREFIX_LETTERS:
        if length <= len(token):
            yield f"^{token[:length]}"
