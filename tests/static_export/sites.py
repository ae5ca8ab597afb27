"""Small real builds, written as the site builder writes them."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HTML = "text/html; charset=utf-8"
TYPES = {
    ".html": HTML,
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}


def video(number: int) -> str:
    """Path of the watch page of video `number`, under one of 32 shards."""
    return f"video/{'abcdefghijklmnopqrstuvwxyz234567'[number % 32]}x{number:06d}/judul-{number}/"


@dataclass
class Site:
    """Files, redirects and tombstones of a site; `write` makes it a build in `folder`."""

    folder: Path
    sequence: int = 1
    epoch: str = "epoch-one"
    built_with: str = "a" * 64
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, tuple[str, int]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    _claims: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self) -> Path:
        """Write files and manifest; return the folder."""
        shards: dict[str, dict[str, Any]] = defaultdict(
            lambda: {"artifacts": [], "redirects": [], "gone": []}
        )
        for path, body in sorted(self.files.items()):
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            shards[shard_name(path)]["artifacts"].append(self._artifact(path, body))
        for source, (to, status) in sorted(self.redirects.items()):
            shards[shard_name(source[1:])]["redirects"].append(
                {"from": source, "to": to, "status": status}
            )
        for path in sorted(self.gone):
            shards[shard_name(path[1:])]["gone"].append(path)
        refs = []
        for name, shard in sorted(shards.items()):
            data = dumps({"version": 1, "name": name, **shard})
            path = f"manifest/{name}.json"
            (self.folder / "manifest").mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_bytes(data)
            digest = hashlib.sha256(data).hexdigest()
            count = len(shard["artifacts"])
            refs.append({"name": name, "path": path, "sha256": digest, "count": count})
        root = {
            "version": 1,
            "epoch": self.epoch,
            "sequence": self.sequence,
            "built_with": self.built_with,
            "shards": refs,
        }
        (self.folder / "manifest.json").write_bytes(dumps(root))
        return self.folder

    def next(self) -> Site:
        """One numbered change further."""
        self.sequence += 1
        return self

    def claim(self, path: str, **claims: Any) -> None:
        """Let the manifest say something else of a file than is true."""
        self._claims[path] = claims

    def _artifact(self, path: str, body: bytes) -> dict[str, Any]:
        group = "listing"
        if path.startswith("assets/"):
            group = "asset"
        elif path.startswith(("video/", "about/", "embed/")) or path in {"404.html", "410.html"}:
            group = "page"
        feed = path.endswith("feed.xml")
        return {
            "path": path,
            "sha256": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            "type": "application/atom+xml; charset=utf-8" if feed else TYPES[Path(path).suffix],
            "cache": "immutable" if group == "asset" else group,
            "group": group,
            **self._claims.get(path, {}),
        }


def small_site(folder: Path, videos: int = 6) -> Site:
    """Home, feed, about, error pages, a style sheet and some watch pages."""
    site = Site(folder)
    site.files = {
        "index.html": b"<h1>Beranda</h1>",
        "feed.xml": b"<feed/>",
        "robots.txt": b"User-agent: *\n",
        "sitemap/2026-03.xml": b"<urlset/>",
        "unit/polda-bali/index.html": b"<h1>Polda Bali</h1>",
        "about/index.html": b"<h1>Tentang</h1>",
        "404.html": b"<h1>Tidak ditemukan</h1>",
        "410.html": b"<h1>Telah ditarik</h1>",
        "assets/site.0123456789.css": b"body { margin: 0 }\n" * 200,
    }
    for number in range(videos):
        site.files[video(number) + "index.html"] = f"<h1>Video {number}</h1>".encode() * 30
    return site


def shard_name(path: str) -> str:
    """The shard of a path, as docs/manifest.md says."""
    first, _, rest = path.partition("/")
    if first == "video":
        return f"video-{rest[:2]}"
    known = {"unit", "category", "tag", "archive", "search", "sitemap", "assets", "story", "embed"}
    return first if first in known and rest else "root"


def dumps(value: Any) -> bytes:
    """Compact, sorted, with a final newline."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
