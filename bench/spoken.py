"""The archive of `archive.py` with people who speak in it: words by Zipf's law, with affixes.

A video is a function of its number, so that every run indexes the same words.
"""

from __future__ import annotations

import random
from functools import cache
from itertools import accumulate

from bench import archive
from bench.archive import WORDS, Node

ROOTS = 60_000
SAID = 250
IN_PASSAGE = 8
ONSETS = [*"bdghjklmnprstwc", "ng", "ny", "br", "kr", "pr", "tr"]
VOWELS = "aaaiiuueeo"
CODAS = ["", "", "", "n", "ng", "r", "k", "t", "s", "l", "h"]
FORMS = (
    *(["{}"] * 6),
    *("me{}kan", "di{}", "pe{}an", "ber{}", "{}nya", "{}an", "ke{}an", "ter{}", "di{}kan"),
)
GIVEN_NAMES = (
    *("Agus", "Ahmad", "Budi", "Dewi", "Dwi", "Eko", "Ketut", "Made"),
    *("Muhammad", "Nur", "Putu", "Rina", "Siti", "Sri", "Wayan"),
)


def coined(chance: random.Random, syllables: int) -> str:
    """A word that Indonesian might have."""
    parts = (
        chance.choice(ONSETS) + chance.choice(VOWELS) + chance.choice(CODAS)
        for _ in range(syllables)
    )
    return "".join(parts)


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """Roots, the commonest first, and running sums of how often each is used (Zipf's law)."""
    chance = random.Random(1)
    found = dict.fromkeys(WORDS)
    while len(found) < ROOTS:
        found[coined(chance, chance.choice((2, 2, 3)))] = None
    return list(found), list(accumulate(1 / (rank + 2.7) for rank in range(ROOTS)))


def words(chance: random.Random, count: int) -> list[str]:
    """So many words of a text, some of them with affixes."""
    roots, sums = vocabulary()
    chosen = chance.choices(roots, cum_weights=sums, k=count)
    return list(map(str.format, chance.choices(FORMS, k=count), chosen))


def person(number: int) -> str:
    """Who speaks in a video; hardly anyone in a second one."""
    chance = random.Random(f"person {number}")
    return f"{chance.choice(GIVEN_NAMES)} {coined(chance, 3).capitalize()}"


def text(chance: random.Random, count: int) -> str:
    """So many words with a capital."""
    return " ".join(words(chance, count)).capitalize()


def video(number: int) -> Node:
    """A video as the query documents select it."""
    chance = random.Random(f"spoken {number}")
    node = archive.video(number)
    said = [*words(chance, SAID // 2), *person(number).split(), *words(chance, SAID // 2 - 2)]
    node["media"]["captions"][0]["transcript"] = [
        {"start": 0.4 * place, "text": " ".join(said[place : place + IN_PASSAGE])}
        for place in range(0, len(said), IN_PASSAGE)
    ]
    return node | {
        "title": text(chance, 8),
        "synopsis": text(chance, 20),
        "bodyHtml": f"<p>{text(chance, 30)}</p>",
    }
