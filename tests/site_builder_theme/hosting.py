"""Object storage as a browser sees it: another origin, CORS, byte ranges; requests are noted."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".vtt": "text/vtt; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
}
RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass(slots=True)
class MediaHost:
    """A folder served on its own origin. Names in `refused` answer 503 while they stand there."""

    folder: Path
    url: str = ""
    requests: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def names(self) -> set[str]:
        """File names that were asked for."""
        return {Path(urlsplit(path).path).name for path in self.requests}


class Handler(BaseHTTPRequestHandler):
    """GET, HEAD and preflights of a media host."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: object, host: MediaHost) -> None:
        self.host = host
        super().__init__(*args)  # type: ignore[arg-type]

    def do_OPTIONS(self) -> None:
        self.send_response(HTTPStatus.NO_CONTENT)
        self._allow()
        self.end_headers()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path).lstrip("/")
        self.host.requests.append(self.path)
        file = self.host.folder / path
        if file.name in self.host.refused or not file.is_file():
            known = file.name in self.host.refused
            return self._answer(
                HTTPStatus.SERVICE_UNAVAILABLE if known else HTTPStatus.NOT_FOUND, b"", {}
            )
        content = file.read_bytes()
        headers = {"Content-Type": TYPES[file.suffix], "Accept-Ranges": "bytes"}
        wanted = RANGE.fullmatch(self.headers.get("Range", ""))
        if not wanted:
            return self._answer(HTTPStatus.OK, content, headers)
        first = int(wanted[1])
        last = min(int(wanted[2] or len(content) - 1), len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return self._answer(HTTPStatus.PARTIAL_CONTENT, content[first : last + 1], headers)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _allow(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "Range")
        self.send_header("Access-Control-Expose-Headers", "Content-Length, Content-Range")

    def _answer(self, status: HTTPStatus, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self._allow()
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            try:
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # a player that seeks hangs up

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as inherited
        """Nothing in the tests' output."""


class Server(ThreadingHTTPServer):
    """Quiet about browsers that hang up."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that breaks is the browser's affair."""


@contextmanager
def looping(server: ThreadingHTTPServer) -> Iterator[str]:
    """Run a server in a thread; yields its origin."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@contextmanager
def media_host(folder: Path) -> Iterator[MediaHost]:
    """Serve a folder on a free port."""
    host = MediaHost(folder)
    with Server(("127.0.0.1", 0), partial(Handler, host=host)) as server, looping(server) as origin:
        host.url = origin
        yield host
