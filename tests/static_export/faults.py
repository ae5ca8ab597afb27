"""What goes wrong between a push and its target: a proxy of ours before the real SeaweedFS.

The push signs for the proxy's address, the Host header goes on unchanged, and the store verifies
what it is sent. Which requests go wrong, and how, follows from the seed and from each request's
own name and number, so that threads which overtake each other change nothing.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from tests.static_export.servers import QuietHandler, serving

Kind = TypeVar("Kind")
LATE = 0.15  # seconds
ADDRESS_HEADERS = {"connection", "keep-alive", "transfer-encoding", "expect"}


class Fault(StrEnum):
    """One way in which a request goes wrong."""

    REFUSED = "cut off before anything is read"
    SILENT = "never reaches the store, never answered"
    UNANSWERED = "done by the store, never answered"
    LOST_ANSWER = "done by the store, cut off before the answer"
    CUT_REQUEST = "cut off in the middle of its body"
    SHORT_REQUEST = "half of its body, and a length to match"
    SPOILT_REQUEST = "another byte in its body"
    CUT_ANSWER = "cut off in the middle of the answer"
    SHORT_ANSWER = "half of the answer, and a length to match"
    SPOILT_ANSWER = "another byte in the answer"
    LATE_ANSWER = "answered late"
    ERROR = "500 InternalError"
    LATE_ERROR = "done by the store, answered 500"
    SLOW_DOWN = "503 SlowDown"
    SKEWED = "403 RequestTimeTooSkewed"
    EXPIRED = "400 ExpiredToken"


# A body is needed to break one: puts bring them, gets and copies fetch them.
OF_PUTS = {Fault.CUT_REQUEST, Fault.SHORT_REQUEST, Fault.SPOILT_REQUEST}
OF_GETS = {Fault.CUT_ANSWER, Fault.SHORT_ANSWER, Fault.SPOILT_ANSWER}
# A client waits long for the answer to these, so they never come many in a row.
WAITED_FOR = {Fault.SILENT, Fault.UNANSWERED}
# The answer that stands for a store which could not or would not.
ANSWERS = {
    Fault.ERROR: (500, "InternalError"),
    Fault.LATE_ERROR: (500, "InternalError"),
    Fault.SLOW_DOWN: (503, "SlowDown"),
    Fault.SKEWED: (403, "RequestTimeTooSkewed"),
    Fault.EXPIRED: (400, "ExpiredToken"),
}
# The store does what was asked, whatever becomes of its answer.
DONE = {
    Fault.UNANSWERED,
    Fault.LOST_ANSWER,
    Fault.CUT_ANSWER,
    Fault.SHORT_ANSWER,
    Fault.SPOILT_ANSWER,
    Fault.LATE_ANSWER,
    Fault.LATE_ERROR,
}


class Faults(Generic[Kind]):
    """Which operations go wrong: about `share` of them, and of these one in `lasting` for long.

    One that lasts outlives all attempts of a push, which has to fail and be run again.
    """

    def __init__(self, seed: str, share: float, kinds: Iterable[Kind], *, lasting: int = 6) -> None:
        self.on = True
        self.happened: Counter[Kind] = Counter()
        self._seed, self._share, self._kinds, self._longer = seed, share, tuple(kinds), lasting
        self._numbers: Counter[str] = Counter()
        self._lasting: dict[str, tuple[Kind, int]] = {}
        self._lock = threading.Lock()

    def next(self, operation: str, but: Container[Kind] = ()) -> Kind | None:
        """What happens to this operation, which may have come before; nothing of `but`."""
        with self._lock:
            if not self.on:
                return None
            self._numbers[operation] += 1
            found = self._drawn(operation, but)
            if found is not None:
                self.happened[found] += 1
            return found

    def _drawn(self, operation: str, but: Container[Kind]) -> Kind | None:
        if operation in self._lasting:
            kind, left = self._lasting.pop(operation)
            if left > 1:
                self._lasting[operation] = kind, left - 1
            return kind
        chance = random.Random(f"{self._seed} {operation} {self._numbers[operation]}")
        if chance.random() >= self._share:
            return None
        kind = chance.choice([kind for kind in self._kinds if kind not in but])
        if kind not in WAITED_FOR and not chance.randrange(self._longer):
            self._lasting[operation] = kind, chance.randrange(5, 12)
        return kind


@contextmanager
def faulty(endpoint_url: str, faults: Faults[Fault]) -> Iterator[str]:
    """A way to the store on which `faults` happen; yields the address to use instead."""
    ended = threading.Event()
    with serving(_handler(endpoint_url, faults, ended)) as url:
        try:
            yield url
        finally:
            ended.set()


def _handler(
    endpoint_url: str, faults: Faults[Fault], ended: threading.Event
) -> type[QuietHandler]:
    class Proxy(QuietHandler):
        """One connection of a client."""

        def do_GET(self) -> None:
            self.pass_on()

        def do_PUT(self) -> None:
            self.pass_on()

        def do_POST(self) -> None:
            self.pass_on()

        def do_DELETE(self) -> None:
            self.pass_on()

        def pass_on(self) -> None:
            but = OF_GETS if self.command == "PUT" else OF_PUTS
            if self.command == "DELETE":
                but = OF_GETS | OF_PUTS
            elif self.command == "POST":
                but = set()
            elif "x-amz-copy-source" in self.headers:
                but = OF_PUTS
            fault = faults.next(f"{self.command} {urlsplit(self.path).path}", but)
            with suppress(OSError, HTTPException):
                self.meet(fault)

        def meet(self, fault: Fault | None) -> None:
            if fault is Fault.REFUSED:
                return self.cut()
            body = self.body()
            if fault is Fault.CUT_REQUEST:
                self.send_on(body[: len(body) // 2], length=len(body)).close()
                return self.cut()
            if fault is Fault.SHORT_REQUEST:
                body = body[: len(body) // 2]
            if fault is Fault.SPOILT_REQUEST:
                body = spoilt(body)
            status, headers, answer = 0, {}, b""
            if fault is None or fault in DONE | OF_PUTS:
                status, headers, answer = self.ask(body)
            return self.reply(fault, status, headers, answer)

        def reply(
            self, fault: Fault | None, status: int, headers: dict[str, str], answer: bytes
        ) -> None:
            if fault in WAITED_FOR:
                self.wait_for_the_client()
                return self.cut()
            if fault is Fault.LOST_ANSWER:
                return self.cut()
            if fault in ANSWERS:
                status, code = ANSWERS[fault]
                answer = f"<Error><Code>{code}</Code><Message>{fault}</Message></Error>".encode()
                headers = {"Content-Type": "application/xml", "Date": formatdate(usegmt=True)}
                if fault is Fault.SKEWED:
                    headers["Date"] = formatdate(time.time() + 3600, usegmt=True)
            if fault is Fault.LATE_ANSWER:
                time.sleep(LATE)
            if fault is Fault.SPOILT_ANSWER:
                answer = spoilt(answer)
            length = len(answer)
            if fault in {Fault.CUT_ANSWER, Fault.SHORT_ANSWER}:
                answer = answer[: length // 2]
            if fault is Fault.SHORT_ANSWER:
                length = len(answer)
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(answer)
            return self.cut() if fault is Fault.CUT_ANSWER else None

        def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            """What the store answers: status, headers, body."""
            connection = self.send_on(body, length=len(body))
            try:
                response: HTTPResponse = connection.getresponse()
                answer = response.read()
                kept = {
                    name: value
                    for name, value in response.getheaders()
                    if name.lower() not in ADDRESS_HEADERS and name.lower() != "content-length"
                }
                return response.status, kept, answer
            finally:
                connection.close()

        def send_on(self, body: bytes, *, length: int) -> HTTPConnection:
            """The request as it came, Host and signature included; `length` is what it claims."""
            connection = HTTPConnection(urlsplit(endpoint_url).netloc, timeout=30)
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in {*ADDRESS_HEADERS, "content-length"}:
                    connection.putheader(name, value)
            if length or self.command in {"PUT", "POST"}:
                connection.putheader("Content-Length", str(length))
            try:
                connection.endheaders(body or None)
            except OSError:
                connection.close()
                raise
            return connection

        def wait_for_the_client(self) -> None:
            """Until it loses patience, or the test ends."""
            self.connection.settimeout(0.05)
            while not ended.is_set():
                with suppress(TimeoutError):
                    if not self.connection.recv(1):
                        return

        def cut(self) -> None:
            """Reset the connection (SO_LINGER of no seconds): no orderly end."""
            self.close_connection = True
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    return Proxy


def spoilt(body: bytes) -> bytes:
    """The same with the byte in the middle changed."""
    if not body:
        return body
    at = len(body) // 2
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
