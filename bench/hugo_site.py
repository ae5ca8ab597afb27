"""The same archive as a Hugo site: the speed reference for rendering everything.

Content as HTML with JSON before it, which costs Hugo least; templates in `hugo/` say what ours say,
with each card cached. Earlier recordings are simply the six before, where ours look for those of
the same unit and category.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
import time
from pathlib import Path
from typing import Any

from bench.archive import Archive, Node, categories, tags, units

HERE = Path(__file__).parent / "hugo"
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
    months: dict[str, dict[str, str]] = {}
    for node in archive.videos():
        front = _front(node, parents)
        for term in front["months"]:
            listing, month = term[:-8], term[-7:]
            months.setdefault(listing, {})[month] = f"/month/{term}/"
        _page(folder / f"content/video/{node['publicId']}.html", front, node["bodyHtml"])
    listed = {
        listing.partition("-")[2]: [
            {"name": month, "path": path} for month, path in sorted(found.items(), reverse=True)
        ]
        for listing, found in months.items()
    }
    (folder / "data" / "months.json").write_text(json.dumps(listed))


def _front(node: Node, parents: dict[str, str | None]) -> dict[str, Any]:
    chain: list[str] = []
    code: str | None = node["unit"]["code"]
    while code:
        chain.insert(0, code)
        code = parents[code]
    filed = [item["slug"] for item in node["categories"]]
    listings = ["all-", *(f"unit-{code}" for code in chain), *(f"category-{s}" for s in filed)]
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
        "units": chain,
        "categories": filed,
        "tags": [item["slug"] for item in node["tags"]],
        "months": [f"{listing}-{node['publishedAt'][:7]}" for listing in listings],
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
