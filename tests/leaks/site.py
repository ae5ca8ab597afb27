"""The public site through its real edge: everything it links to, everything somebody may guess."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from tests.leaks.findings import Answer, Leak
from tests.leaks.marks import Marks
from tests.leaks.newsroom import Newsroom
from tests.leaks.stranger import Stranger

# What `content` says is an address only in full: a policy or a title taken for a relative link
# leads from page to page of the one that says there is nothing, without end.
LINK = re.compile(
    r'(?:href|src|srcset|action|poster)="([^"]+)"'
    r'|content="((?:https?:/)?/[^"]+)"'
    r"|<loc>([^<]+)</loc>"
)
GUESSES = (
    "/video/{}/", "/video/{}/x/", "/embed/{}/", "/unit/{}/", "/unit/{}/feed.xml", "/category/{}/",
    "/tag/{}/", "/tag/{}/feed.xml", "/story/{}/", "/story/{}/x/", "/{}/", "/{}",
)  # fmt: skip
OWN_FILES = (
    "/.policetube/state.json", "/.policetube/", "/.policetube/rules/", "/.policetube/shards/",
    "/.policetube/incoming/", "/%2epolicetube/state.json", "/%2Epolicetube/state.json",
    "//.policetube/state.json", "/./.policetube/state.json", "/x/../.policetube/state.json",
    "/video/..%2f.policetube/state.json", "/video/%2e%2e/.policetube/state.json",
    "/.policetube%2fstate.json", "/.policetube/state.json/", "/.policetube//state.json",
    "/.policetube/state.json%00", "/.policetube\\state.json", "/.POLICETUBE/state.json",
    "/.well-known/../.policetube/state.json", "/.well-known/%2e%2e/.policetube/state.json",
    "/.well-known/..%2f.policetube/state.json", "/manifest.json", "/manifest/root.json",
    "/manifest/unit.json", "/build/store.sqlite3", "/../db.sqlite3", "/..%2fdb.sqlite3",
    "/%2e%2e/db.sqlite3", "/video/", "/unit/", "/assets/", "/{http.vars.root}", "/?list-type=2",
)  # fmt: skip


def read_everything(base: str, root: Path, room: Newsroom) -> Iterator[Answer]:
    """What the edge hands out by link, by the name of each file, and of what was withdrawn."""
    seen: set[str] = set()
    once = frozenset({page.public_id for page in room.withdrawn} | room.explanations)
    waiting = ["/", "/robots.txt", "/sitemap.xml", "/feed.xml", "/404.html", "/410.html"]
    waiting += [
        f"/{path.relative_to(root)}"
        for path in sorted(root.rglob("*"))
        if path.is_file() and not str(path.relative_to(root)).startswith(".policetube")
    ]
    with Stranger(base) as stranger:
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            answer = stranger.get(path)
            # The ledger names what was withdrawn, by its ID, and why; nothing else does.
            on_ledger = path.startswith("/ledger/")
            yield Answer(
                place=f"site {path}",
                body=f"{answer.headers}\n{answer.text}",
                allowed=once if on_ledger else frozenset(),
            )
            kind = answer.fields.get("Content-Type", "")
            if "text" in kind or "xml" in kind:
                waiting += _links(path, answer.text)
        for page in room.withdrawn:
            answer = stranger.get(page.public_path)
            assert answer.status_code == 410, page.public_path
            yield Answer(place=f"site {page.public_path}", body=f"{answer.headers}\n{answer.text}")
    assert len(seen) > 10


def _links(path: str, text: str) -> Iterator[str]:
    for link in {"".join(found) for found in LINK.findall(text)}:
        # Only a relative one depends on where it stands.
        if found := _path_here(link if link.startswith("/") else urljoin(path, link)):
            yield found


@lru_cache(maxsize=100_000)
def _path_here(address: str) -> str:
    """Its path, if it is one of the site's."""
    parts = urlsplit(address)
    return parts.path if parts.hostname in {None, "127.0.0.1"} and parts.path[:1] == "/" else ""


def knock(base: str, marks: Marks, room: Newsroom) -> Iterator[Leak]:
    """Guessed addresses, and files that are not part of the site."""
    once = {f"/{page.address}/{page.public_id}/" for page in room.withdrawn}
    with Stranger(base) as stranger:
        nothing = stranger.get("/video/tidakada/")
        for value in sorted({*marks.ids, *marks.names}):
            for guess in GUESSES:
                path = guess.format(quote(value, safe=""))
                answer = stranger.get(path)
                if path in once and answer.status_code in {404, 410}:
                    continue
                if (answer.status_code, answer.text) != (nothing.status_code, nothing.text):
                    yield Leak(place=f"site {path}", what=f"answers {answer.status_code}")
    for target in OWN_FILES:
        status, body = raw(base, target)
        if status == 200 and target != "/?list-type=2":
            yield Leak(place=f"site {target}", what="is answered")
        for mark in sorted(marks.seen_in(body)):
            yield Leak(place=f"site {target}", what=mark)


def raw(base: str, target: str) -> tuple[int, bytes]:
    """Send a request target as it is, which no client library would."""
    address = urlsplit(base)
    with socket.create_connection((address.hostname, address.port or 80), timeout=10) as connection:
        request = f"GET {target} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split(b" ", 2)[1]), answer
