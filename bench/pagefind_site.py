"""Pagefind beside our search index: a page of the same texts for each video, and its own limits."""

from __future__ import annotations

import hashlib
import resource
import subprocess
import time
from html import escape
from pathlib import Path

import pagefind_bin

from bench import queries, spoken
from bench.archive import Node, units
from bench.builder import counted
from bench.child import Found

MOST_BYTES = 8 << 30
MOST_SECONDS = 600


def fill(folder: str, size: int) -> Found:
    """A page for each video."""
    for number in range(-1, -size - 1, -1):
        _write_page(Path(folder), spoken.video(number))
    return {}


def whole(folder: str, size: int) -> Found:
    """Pagefind over all pages."""
    seconds = _run(folder)
    return {"seconds": seconds, **counted(f"{folder}/pagefind")}


def again(folder: str, size: int) -> Found:
    """The same after one video more; files are those that came, went or differ."""
    before = _digests(folder)
    _write_page(Path(folder), spoken.video(0))
    seconds = _run(folder)
    return {"seconds": seconds, "files": len({path for path, _ in before ^ _digests(folder)})}


def asked(folder: str, size: int) -> Found:
    """What queries of Pagefind's fetch."""
    script = Path(folder) / "pagefind" / "pagefind.js"
    # Under a name that Node takes for a module.
    module = Path(folder) / "pagefind.mjs"
    module.write_bytes(script.read_bytes())
    wanted = [query for query in queries.seeded(size) if query["kind"] not in queries.FILTERED]
    return queries.asked("pagefind", module, Path(folder), script, wanted)


def _digests(folder: str) -> set[tuple[str, bytes]]:
    files = (path for path in Path(folder, "pagefind").rglob("*") if path.is_file())
    return {(str(path), hashlib.sha256(path.read_bytes()).digest()) for path in files}


def _write_page(folder: Path, video: Node) -> None:
    """Title, text, names and what is said, as our index has them."""
    page = folder / video["path"].strip("/") / "index.html"
    page.parent.mkdir(parents=True)
    above = {unit["code"]: unit for unit in units()}
    names, code = [video["incidentPlace"], video["publicId"]], video["unit"]["code"]
    while code:
        names.append(above[code]["name"])
        code = above[code]["parent"] and above[code]["parent"]["code"]
    names += [one["slug"].replace("-", " ") for one in (*video["categories"], *video["tags"])]
    said = " ".join(one["text"] for one in video["media"]["captions"][0]["transcript"])
    page.write_text(
        f"<!doctype html><html lang=id><title>{escape(video['title'])}</title><main>"
        f"<h1>{escape(video['title'])}</h1><p>{video['synopsis']}</p>{video['bodyHtml']}"
        f"<p>{escape(' '.join(names))}</p><p>{said}</p></main></html>",
        encoding="utf-8",
    )


def _run(folder: str) -> float:
    def capped() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))

    command = [pagefind_bin.get_executable(), "--site", folder, "--silent"]
    started = time.perf_counter()
    subprocess.run(command, check=True, preexec_fn=capped, timeout=MOST_SECONDS)
    return time.perf_counter() - started
