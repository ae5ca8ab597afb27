"""The same archive as a Hugo site: the speed reference for rendering everything.

Content as HTML with JSON before it, which costs Hugo least; templates in `hugo/` say what ours say,
with each card cached. Earlier recordings are simply the six before, where ours look for those of
the same unit and category. Months are divided into days where ours are.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.archive import Archive, Node, categories, tags, units
from site_builder.keys import day_of
from site_builder.periods import MONTH, MOST

HERE = Path(__file__).parent / "hugo"
Parents = dict[str, str | None]
BINARY = Path(sysconfig.get_path("purelib")) / "hugo" / "binaries" / "hugo"


def prepare(folder: Path, archive: Archive) -> None:
    """Write the site's content and templates."""
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    for name in ("content/video", "content/months", "data"):
        (folder / name).mkdir(parents=True)
    parents = {node["code"]: node["parent"] and node["parent"]["code"] for node in units()}
    named: dict[str, tuple[Node, ...]] = {
        "units": units(),
        "categories": categories(),
        "tags": tags(),
    }
    for name, nodes in named.items():
        known = {node.get("code") or node["slug"]: {"name": node["name"]} for node in nodes}
        (folder / "data" / f"{name}.json").write_text(json.dumps(known))
    _page(folder / "content/about.html", {"title": "Tentang situs ini"}, "<p>Tentang kami.</p>")
    _page(folder / "content/months/_index.html", {"cascade": {"outputs": ["html"]}}, "")
    _page(folder / "content/video/_index.html", {"title": "Arsip", "url": "/archive/"}, "")
    counts = Counter(
        (listing, period)
        for node in archive.videos()
        for listing in _listings(node, parents)
        for period in (_day(node)[:MONTH], _day(node))
    )
    months: dict[str, dict[str, str]] = {}
    for listing, period in counts:
        if len(period) == MONTH:
            months.setdefault(listing, {})[period] = f"/month/{listing}-{period}/"
    for node in archive.videos():
        front = _front(node, parents, counts)
        _page(folder / f"content/video/{node['publicId']}.html", front, node["bodyHtml"])
    for listing, found in months.items():
        for month in found:
            if counts[listing, month] > MOST:
                days = [day for one, day in counts if one == listing and day[:MONTH] == month]
                _divided(folder, listing, month, {day: counts[listing, day] for day in days})
    listed = {
        listing.partition("-")[2]: [
            {"name": month, "path": path} for month, path in sorted(found.items(), reverse=True)
        ]
        for listing, found in months.items()
    }
    (folder / "data" / "months.json").write_text(json.dumps(listed))


def _divided(folder: Path, listing: str, month: str, days: dict[str, int]) -> None:
    """The page of a month that leads to its days."""
    parts = [
        {"name": day, "path": f"/month/{listing}-{day}/", "count": count}
        for day, count in sorted(days.items(), reverse=True)
    ]
    place = folder / f"content/months/{listing}-{month}"
    place.mkdir()
    _page(place / "_index.html", {"parts": parts, "outputs": ["html"]}, "")


def _chain(node: Node, parents: Parents) -> list[str]:
    chain: list[str] = []
    code: str | None = node["unit"]["code"]
    while code:
        chain.insert(0, code)
        code = parents[code]
    return chain


def _listings(node: Node, parents: Parents) -> list[str]:
    filed = (f"category-{item['slug']}" for item in node["categories"])
    return ["all-", *(f"unit-{code}" for code in _chain(node, parents)), *filed]


def _day(node: Node) -> str:
    return day_of(datetime.fromisoformat(node["publishedAt"]))


def _front(node: Node, parents: Parents, counts: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    day = _day(node)
    terms = (
        f"{listing}-{day if counts[listing, day[:MONTH]] > MOST else day[:MONTH]}"
        for listing in _listings(node, parents)
    )
    return {
        "title": node["title"],
        "url": node["path"],
        "date": node["publishedAt"],
        "lastmod": node["updatedAt"],
        "id": node["publicId"],
        "synopsis": node["synopsis"],
        "incident": node["incidentDate"],
        "place": node["incidentPlace"],
        "credit": node["credit"],
        "rights": node["rights"],
        "unit": node["unit"]["code"],
        "units": _chain(node, parents),
        "categories": [item["slug"] for item in node["categories"]],
        "tags": [item["slug"] for item in node["tags"]],
        "months": list(terms),
        "media": node["media"],
    }


def _page(path: Path, front: dict[str, Any], body: str) -> None:
    path.write_text(f"{json.dumps(front)}\n{body}\n", encoding="utf-8")


def build(folder: Path) -> float:
    """Seconds of wall time of one build; an earlier output is moved out of the way."""
    if (folder / "public").exists():
        (folder / "public").rename(folder / f"public-{time.monotonic_ns()}")
    started = time.perf_counter()
    subprocess.run(
        [str(BINARY), "--source", str(folder), "--quiet", "--noBuildLock"],
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - started
