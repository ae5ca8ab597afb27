"""A local look at a build: clean URLs, redirects, 404 and 410 as the edge will answer them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from site_builder import manifest
from site_builder.errors import BuilderError, ErrorCode
from site_builder.routes import file_path

RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class Site:
    """A built folder, read through its manifest, so that nothing else in it is served."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / manifest.ROOT).exists():
            raise BuilderError(
                ErrorCode.NOTHING_BUILT,
                f"{folder} holds no {manifest.ROOT}. Build the site first.",
            )

    def shard(self, url_path: str) -> dict[str, object]:
        """The shard that knows a URL path; empty if there is none."""
        path = self.folder / manifest.shard_path(manifest.shard_of(file_path(url_path)))
        if not path.exists():
            return {}
        found: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def answer(self, url_path: str) -> tuple[HTTPStatus, str, str]:
        """Status, output path and either media type or target of a redirect."""
        shard = self.shard(url_path)
        for artifact in _items(shard, "artifacts"):
            if artifact["path"] == file_path(url_path):
                return HTTPStatus.OK, artifact["path"], artifact["type"]
            if artifact["path"] == f"{file_path(url_path)}/index.html":
                return HTTPStatus.MOVED_PERMANENTLY, "", f"{url_path}/"
        for redirect in _items(shard, "redirects"):
            if redirect["from"] == url_path:
                return HTTPStatus(int(redirect["status"])), "", redirect["to"]
        gone = shard.get("gone")
        if isinstance(gone, list) and url_path in gone:
            return HTTPStatus.GONE, "410.html", "text/html; charset=utf-8"
        return HTTPStatus.NOT_FOUND, "404.html", "text/html; charset=utf-8"


def _items(shard: dict[str, object], name: str) -> Iterator[dict[str, str]]:
    found = shard.get(name, [])
    if isinstance(found, list):
        yield from found


class Handler(SimpleHTTPRequestHandler):
    """GET and HEAD of a built site."""

    def __init__(self, *args: object, site: Site, **kwargs: object) -> None:
        self.site = site
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer with the body."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Answer without it."""
        self._answer(with_body=False)

    def _answer(self, *, with_body: bool) -> None:
        status, path, detail = self.site.answer(unquote(urlsplit(self.path).path))
        if not path:
            self.send_response(status)
            self.send_header("Location", quote(detail, safe="/:~"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        content = (self.site.folder / path).read_bytes()
        part, place = _part(content, self.headers.get("Range", ""))
        self.send_response(HTTPStatus.PARTIAL_CONTENT if place else status)
        if place:
            self.send_header("Content-Range", place)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        self.send_header("Content-Type", detail)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(part)


def _part(content: bytes, wanted: str) -> tuple[bytes, str]:
    """The one range that is asked for and its `Content-Range`; all, if none can be had."""
    asked = RANGE.fullmatch(wanted)
    if not asked or int(asked[1]) >= len(content):
        return content, ""
    first = int(asked[1])
    part = content[first : int(asked[2]) + 1 if asked[2] else None]
    return part, f"bytes {first}-{first + len(part) - 1}/{len(content)}"


@contextmanager
def serving(
    folder: Path, *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[ThreadingHTTPServer]:
    """A server for a built folder, not yet looping; port 0 takes a free one."""
    with ThreadingHTTPServer((host, port), partial(Handler, site=Site(folder))) as server:
        yield server
