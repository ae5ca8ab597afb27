"""An edge with the longest memory there is: what it has answered once it answers until a PURGE."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.static_export.servers import QuietHandler, serving

Answer = tuple[int, bytes, str]
REDIRECTS = (301, 308)


@contextmanager
def remembering(root: Path) -> Iterator[str]:
    """Serve a folder that `static_export` pushes to; yields the base URL."""
    remembered: dict[str, Answer] = {}
    lock = threading.Lock()

    class Handler(QuietHandler):
        # Head and body in one packet: in two, each answer waits for the reader's acknowledgement.
        wbufsize = 64 * 1024

        def do_GET(self) -> None:
            with lock:
                found = remembered.setdefault(self.path, _look(root, self.path))
            status, body, location = found
            if location:
                self.send_response(status)
                self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.answer(status, body)

        def do_PURGE(self) -> None:
            with lock:
                remembered.pop(self.path, None)
            self.answer(204)

    with serving(Handler) as base:
        yield base


def _look(root: Path, path: str) -> Answer:
    """A page wins over a rule, as in the configuration of the real edge."""
    page = root / path.lstrip("/")
    if path.endswith("/"):
        page /= "index.html"
    if page.is_file():
        return 200, page.read_bytes(), ""
    rules = root / ".policetube" / "rules" / path.lstrip("/")
    for status in REDIRECTS:
        rule = rules / f"redirect-{status}"
        if rule.is_file():
            return status, b"", rule.read_text()
    return (410 if (rules / "gone-410").is_file() else 404), b"", ""
