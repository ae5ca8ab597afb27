"""Somebody outside who asks for tens of thousands of addresses.

Over connections that stay open, and without a look into each URL: hunts spend their time on
answers, not on asking.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException
from typing import Self
from urllib.parse import quote, urlsplit

SECONDS = 10.0
# What may stand in the target of a request; the rest goes percent-encoded.
AS_IT_IS = "/?&=%:@!$'()*+,;~-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came back."""

    status_code: int
    fields: Message
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def headers(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.fields.items())

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


class Stranger:
    """GET and HEAD of one origin; redirects are answers."""

    def __init__(self, base: str) -> None:
        self._connection = HTTPConnection(urlsplit(base).netloc, timeout=SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Seen:
        return self._ask("GET", target, headers or {})

    def head(self, target: str) -> Seen:
        return self._ask("HEAD", target, {})

    def _ask(self, method: str, target: str, headers: Mapping[str, str]) -> Seen:
        wanted = {"Accept": "*/*", "Accept-Encoding": "gzip", **headers}
        target = quote(target, safe=AS_IT_IS)
        try:
            self._connection.request(method, target, headers=wanted)
            answer = self._connection.getresponse()
        except (HTTPException, ConnectionError):
            # The server had closed it meanwhile.
            self._connection.close()
            self._connection.request(method, target, headers=wanted)
            answer = self._connection.getresponse()
        content = answer.read()
        if content and answer.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        return Seen(status_code=answer.status, fields=answer.headers, content=content)
