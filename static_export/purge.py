"""Telling a cache in front of the site which URLs changed; exactly those, never everything."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Protocol

import httpx

from static_export.errors import TransientError
from static_export.retry import persistently
from static_export.tls import trusted

BATCH = 50


class Purger(Protocol):
    """A cache that forgets single URLs."""

    def purge(self, url_paths: Iterable[str]) -> tuple[str, ...]:
        """Make the cache forget these URL paths and return them; raise `target-failed`."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class Watch:
    """A purger under which it is noted when its last purge began and ended; monotonic seconds."""

    def __init__(self, purger: Purger) -> None:
        self._purger = purger
        self.began: float | None = None
        self.ended: float | None = None

    def purge(self, url_paths: Iterable[str]) -> tuple[str, ...]:
        self.began, self.ended = time.monotonic(), None
        purged = self._purger.purge(url_paths)
        self.ended = time.monotonic()
        return purged

    def close(self) -> None:
        self._purger.close()


class HttpPurger:
    """Caches that obey the PURGE method (Varnish, Squid, nginx, Souin), `BATCH` URLs at a time."""

    def __init__(self, base_url: str, *, transport: httpx.BaseTransport | None = None) -> None:
        self._base = base_url.rstrip("/")
        self._client = httpx.Client(timeout=10, transport=transport, verify=trusted())

    def purge(self, url_paths: Iterable[str]) -> tuple[str, ...]:
        purged: list[str] = []
        waiting = iter(url_paths)
        with ThreadPoolExecutor(max_workers=8) as pool:
            while batch := list(islice(waiting, BATCH)):
                purged.extend(pool.map(self._purge_one, batch))
        return tuple(purged)

    def close(self) -> None:
        self._client.close()

    def _purge_one(self, url_path: str) -> str:
        url = self._base + url_path
        persistently(lambda: self._request(url), f"PURGE {url}")
        return url_path

    def _request(self, url: str) -> None:
        try:
            response = self._client.request("PURGE", url)
        except httpx.TransportError as error:
            raise TransientError(str(error) or type(error).__name__) from error
        # 404 says that the cache holds no copy: as good as a purge.
        if response.status_code >= 300 and response.status_code != 404:
            raise TransientError(f"the cache answered {response.status_code}")
