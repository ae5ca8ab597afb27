"""Caches with an API, as their makers describe them: what they take, what they refuse, and how."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree

from tests.static_export.servers import QuietHandler, serving

ZONE = "0123456789abcdef0123456789abcdef"
TOKEN = "only-for-tests"
DISTRIBUTION = "E2EXAMPLE"
KEY = "AKIAONLYFORTESTS"
AWS = "http://cloudfront.amazonaws.com/doc/2020-05-31/"


@dataclass
class Fault:
    """An answer in place of the right one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""


@dataclass
class Cdn:
    """What it was asked for; `faults` are answered first, one request each."""

    url: str = ""
    host: str = "127.0.0.1:8080"
    purged: list[str] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    in_progress: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self) -> Fault | None:
        with self.lock:
            self.moments.append(time.monotonic())
            return self.faults.pop(0) if self.faults else None

    def note(self, urls: list[str]) -> None:
        with self.lock:
            self.requests.append(len(urls))
            self.purged.extend(urls)


@contextmanager
def cloudflare() -> Iterator[Cdn]:
    """`POST /zones/{id}/purge_cache` with `files`, at most 30, all of the zone's own host."""
    cdn = Cdn()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            files = json.loads(self.body())["files"]
            if fault := cdn.fault():
                self.refuse(fault.status, 10013, "unknown error", fault.headers)
            elif self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.refuse(403, 10000, "Authentication error")
            elif self.path != f"/zones/{ZONE}/purge_cache":
                self.refuse(404, 7003, "Could not route, perhaps your object identifier is invalid")
            elif len(files) > 30:
                self.refuse(400, 1094, "Unable to purge: max number of URLs is 30")
            elif not all(url.startswith(f"http://{cdn.host}/") for url in files):
                self.refuse(400, 1012, "Only URLs of this zone can be purged")
            else:
                cdn.note(files)
                self.say(200, {"success": True, "errors": [], "result": {"id": ZONE}})

        def refuse(
            self, status: int, code: int, message: str, headers: dict[str, str] | None = None
        ) -> None:
            errors = [{"code": code, "message": message}]
            self.say(status, {"success": False, "errors": errors, "result": None}, headers)

        def say(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            data = json.dumps(body).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with serving(Handler) as cdn.url:
        yield cdn


@contextmanager
def cloudfront() -> Iterator[Cdn]:
    """`CreateInvalidation` of the API of 2020-05-31; 3,000 paths in progress and no more."""
    cdn = Cdn()

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            body = ElementTree.fromstring(self.body())
            paths = [item.text or "" for item in body.iter(f"{{{AWS}}}Path")]
            quantity = body.findtext(f".//{{{AWS}}}Quantity")
            credential = re.search(r"Credential=([^/]+)/", self.headers["Authorization"])
            if fault := cdn.fault():
                self.refuse(fault.status, fault.code or "InternalFailure")
            elif credential is None or credential[1] != KEY:
                self.refuse(403, "InvalidClientTokenId")
            elif self.path != f"/2020-05-31/distribution/{DISTRIBUTION}/invalidation":
                self.refuse(404, "NoSuchDistribution")
            elif quantity != str(len(paths)):
                self.refuse(400, "InconsistentQuantities")
            elif cdn.in_progress + len(paths) > 3000:
                self.refuse(400, "TooManyInvalidationsInProgress")
            else:
                cdn.in_progress += len(paths)
                cdn.note(paths)
                self.answer(201, _invalidation(len(cdn.requests)).encode(), "text/xml")

        def refuse(self, status: int, code: str) -> None:
            error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>No.</Message></Error>"
            text = f'<ErrorResponse xmlns="{AWS}">{error}<RequestId>1</RequestId></ErrorResponse>'
            self.answer(status, text.encode(), "text/xml")

    with serving(Handler) as cdn.url:
        yield cdn


def _invalidation(number: int) -> str:
    return (
        f'<Invalidation xmlns="{AWS}"><Id>I{number}</Id><Status>InProgress</Status>'
        "<CreateTime>2026-01-01T00:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>0"
        "</Quantity></Paths><CallerReference>x</CallerReference></InvalidationBatch></Invalidation>"
    )


@contextmanager
def purge_cache() -> Iterator[Cdn]:
    """PURGE, one URL each, as Varnish takes it: what host a URL belongs to is told by `Host`."""
    cdn = Cdn()

    class Handler(QuietHandler):
        def do_PURGE(self) -> None:
            if fault := cdn.fault():
                self.send_response(fault.status)
                for name, value in fault.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                cdn.note([f"http://{self.headers['Host']}{self.path}"])
                self.answer(200)

    with serving(Handler) as cdn.url:
        yield cdn
