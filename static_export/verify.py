"""Reading back: does the edge, does the target, hold the bytes that were built?"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Protocol

import httpx

from static_export.build import Build
from static_export.manifest import Artifact, Item, Redirect
from static_export.paths import url_path
from static_export.retry import persistently
from static_export.rules import gone_body, redirect_body, status
from static_export.targets.base import ObjectTarget
from static_export.tls import trusted

# A cache may lag behind its target; after this the difference counts.
PATIENCE = 5.0  # seconds
PAUSE = 0.2  # seconds
# Of a takedown, which is tried again anyway.
SHORT_PATIENCE = 1.5  # seconds
SHORT_PAUSE = 0.05  # seconds
NOTHING = frozenset({404, 410})
UNSEEN = "nobody has looked yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found for each item: the names of those that are right, and what is wrong."""

    right: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]


class BodySource(Protocol):
    """Where the bytes come from that have to be sent."""

    def of(self, item: Item) -> bytes:
        """The body that answers for an item."""
        ...


class Bodies:
    """The bytes a target should hold for an item of a build."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._gone: bytes | None = None

    def of(self, item: Item) -> bytes:
        """The body of `item`, checked against the manifest."""
        if isinstance(item, Artifact):
            return self._build.read(item)
        if isinstance(item, Redirect):
            return redirect_body(item)
        if self._gone is None:
            self._gone = gone_body(self._build)
        return self._gone


def verify_target(build: Build, target: ObjectTarget) -> Verdict:
    """Compare everything the target should hold with the build, byte by byte."""
    bodies = Bodies(build)

    def check(pair: tuple[str, Item]) -> tuple[str, str | None]:
        key, item = pair
        body = bodies.of(item)
        return key, persistently(lambda: target.compare(item, body), key)

    with ThreadPoolExecutor(max_workers=target.parallel) as pool:
        return _verdict(pool.map(check, build.items().items()))


def verify_edge(
    wanted: dict[str, Item | None],
    edge: str,
    *,
    patience: float | None = None,
    interrupt: Callable[[], bool] | None = None,
) -> Verdict:
    """Compare what the edge answers for these keys; None means that nothing may answer.

    Asks for the identity encoding, follows no redirect, and asks again for `patience` seconds
    (5 by default). Once `interrupt` says so, what is left is `UNSEEN`.
    """
    ended = Event()
    base = edge.rstrip("/")
    deadline = time.monotonic() + (PATIENCE if patience is None else patience)
    with (
        httpx.Client(
            timeout=15,
            headers={"Accept-Encoding": "identity", "Cache-Control": "no-cache"},
            verify=trusted(),
        ) as client,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):

        def check(pair: tuple[str, Item | None]) -> tuple[str, str | None]:
            key, item = pair
            path = url_path(key)
            if ended.is_set():
                return path, UNSEEN
            while (problem := _edge_problem(client, base + path, item)) is not None:
                if time.monotonic() > deadline:
                    return path, problem
                time.sleep(PAUSE)
            return path, None

        def watched() -> Iterator[tuple[str, str | None]]:
            for found in pool.map(check, wanted.items()):
                if interrupt and not ended.is_set() and interrupt():
                    ended.set()
                yield found

        return _verdict(watched())


def still_seen(edge: str, keys: Iterable[str]) -> dict[str, str]:
    """Keys that something still answers for at the edge, and what; asked as any visitor would."""
    base = edge.rstrip("/")
    deadline = time.monotonic() + SHORT_PATIENCE
    with (
        httpx.Client(
            timeout=5, headers={"Accept-Encoding": "identity"}, verify=trusted()
        ) as client,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):

        def look(key: str) -> tuple[str, str | None]:
            while (problem := _answer(client, base + url_path(key))) is not None:
                if time.monotonic() > deadline:
                    break
                time.sleep(SHORT_PAUSE)
            return key, problem

        return {key: problem for key, problem in pool.map(look, keys) if problem}


def _answer(client: httpx.Client, url: str) -> str | None:
    try:
        status = client.get(url).status_code
    except httpx.TransportError as error:
        return f"no answer ({type(error).__name__})"
    return None if status in NOTHING else f"the edge answers {status}"


def _edge_problem(client: httpx.Client, url: str, item: Item | None) -> str | None:
    try:
        response = client.get(url)
    except httpx.TransportError as error:
        return f"no answer ({type(error).__name__})"
    if item is None:
        gone = response.status_code in NOTHING
        return None if gone else f"still answers {response.status_code}"
    if response.status_code != status(item):
        return f"status {response.status_code} instead of {status(item)}"
    if isinstance(item, Artifact) and hashlib.sha256(response.content).hexdigest() != item.sha256:
        return "other bytes than were built"
    if isinstance(item, Redirect) and response.headers.get("Location") != item.to:
        return f"leads to {response.headers.get('Location')}"
    return None


def _verdict(found: Iterable[tuple[str, str | None]]) -> Verdict:
    right: list[str] = []
    wrong: list[tuple[str, str]] = []
    for name, problem in found:
        if problem is None:
            right.append(name)
        else:
            wrong.append((name, problem))
    return Verdict(right=tuple(right), wrong=tuple(wrong))
