"""What stands between a cache and the real store: it counts requests, and fails at will."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx

from static_export.paths import object_key
from tests.static_export.servers import QuietHandler, serving

# The probe's threshold in the configuration.
LOOKS = 2
HOP = {"connection", "content-length", "date", "server", "transfer-encoding", "keep-alive"}


@dataclass
class Origin:
    """The store as a cache sees it.

    `asked` counts requests by key below `prefix`, the cache's own look at 404.html left out.
    `failing`: what happens instead of an answer: `cut` (the connection), `half` (of the body),
    `hang`, or a status. `refuses_absent`: 403 in place of 404, as stores do that list nothing.
    `distrusted`: how many more of its looks must succeed before the cache believes in the store.
    """

    store: str
    prefix: str = "/edge/"
    url: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    headers: dict[str, str] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)
    failing: str = ""
    distrusted: int = 0
    refuses_absent: bool = False
    held: threading.Event | None = None
    waiting: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def forget(self) -> None:
        """As if it had just begun."""
        self.failing, self.refuses_absent, self.held = "", False, None
        self.asked.clear()
        self.statuses.clear()
        self.waiting.clear()

    def wait_until_trusted(self) -> None:
        """Until the cache has seen again that the store is well, should it have seen it fail."""
        deadline = time.monotonic() + 60
        while self.distrusted and time.monotonic() < deadline:
            time.sleep(0.05)

    def asked_for(self, url_path: str) -> int:
        """How often the object for this URL was asked for."""
        return self.asked[object_key(url_path)]


@contextmanager
def origin_before(store: str) -> Iterator[Origin]:
    """Run an `Origin` before the store at a URL."""
    origin = Origin(store)

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            is_a_look = self.headers.get("Connection") == "close"
            if not is_a_look:
                with origin.lock:
                    origin.asked[unquote(self.path).partition(origin.prefix)[2]] += 1
                    origin.headers = {name.lower(): value for name, value in self.headers.items()}
            elif origin.failing:
                origin.distrusted = LOOKS
            if origin.failing == "cut":
                self.close_connection = True
                return
            if origin.failing == "hang":
                while origin.failing == "hang":
                    time.sleep(0.02)
                self.close_connection = True
                return
            if origin.failing.isdigit():
                self.answer(int(origin.failing), b"<Error/>")
                return
            sent = {"If-None-Match": tag} if (tag := self.headers.get("If-None-Match")) else {}
            found = httpx.get(
                origin.store + self.path, headers={"Accept-Encoding": "identity", **sent}
            )
            if origin.held and not is_a_look:
                origin.waiting.set()
                origin.held.wait(timeout=60)
            status = found.status_code
            if status == 404 and origin.refuses_absent:
                status = 403
            if not is_a_look:
                origin.statuses.append(status)
            self.send_response(status)
            for name, value in found.headers.items():
                if name not in HOP:
                    self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(found.content)))
            self.end_headers()
            if origin.failing == "half":
                self.wfile.write(found.content[: len(found.content) // 2])
                self.close_connection = True
                return
            self.wfile.write(found.content)
            if is_a_look:
                origin.distrusted = max(0, origin.distrusted - 1)

    with serving(Handler) as origin.url:
        try:
            yield origin
        finally:
            origin.failing = ""
