"""Asking the GraphQL API: one call that answers whole data or raises."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import httpx
import orjson

from site_builder.documents import document, versions_document
from site_builder.errors import BuilderError, ErrorCode

Node = dict[str, Any]
# How GraphQL servers say that a query is not of their schema (graphql-js and graphql-core alike).
OTHER_SCHEMA = re.compile(
    r"Cannot query field|Unknown (?:argument|type|fragment|directive)|Fragment .* cannot be spread|"
    r"Variable .* used in position|Field .* argument .* is required"
)
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
NODES_AT_ONCE = 65
VERSIONS_AT_ONCE = 100
# What each item of a list has at the least.
NODE = ("id", "version")
LINE = ("sequence", "nodeId")
PAGE_SIZES = {
    "units": 500,
    "categories": 100,
    "tags": 100,
    "redirects": 100,
    "videos": 75,
    "stories": 65,
    "ledger": 100,
}


class Transport(Protocol):
    """Carries one query; answers the response body of GraphQL over HTTP: `{"data", "errors"}`."""

    def __call__(self, query: str, variables: dict[str, Any], /) -> Mapping[str, Any]: ...


class HttpTransport:
    """GraphQL over HTTP POST. Seconds; a busy or broken server is asked again with back-off."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        attempts: int = 5,
        backoff: float = 0.5,
        client: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._client = client or httpx.Client(timeout=timeout, follow_redirects=True)
        self._attempts = attempts
        self._backoff = backoff
        self._sleep = sleep

    def __call__(self, query: str, variables: dict[str, Any], /) -> Mapping[str, Any]:
        body = {"query": query, "variables": variables}
        cause: Exception | None
        for attempt in range(1, self._attempts + 1):
            try:
                response = self._client.post(self.url, json=body)
            except httpx.TransportError as error:
                problem, cause = f"{type(error).__name__}: {error}", error
            else:
                if response.status_code not in RETRIED:
                    return self._answer(response)
                problem, cause = f"status {response.status_code}", None
            if attempt == self._attempts:
                raise BuilderError(
                    ErrorCode.API_UNREACHABLE,
                    f"{self.url} did not answer in {attempt} attempts ({problem}). "
                    "Check the address and that the API is up; nothing was changed.",
                ) from cause
            self._sleep(self._backoff * 2 ** (attempt - 1))
        raise AssertionError("unreachable")  # pragma: no cover

    def _answer(self, response: httpx.Response) -> Mapping[str, Any]:
        try:
            answer = orjson.loads(response.content)
        except ValueError as error:
            raise BuilderError(
                ErrorCode.API_REFUSED,
                f"{self.url} answered status {response.status_code} and no JSON. "
                "Is this the address of the GraphQL endpoint (usually …/graphql/)?",
            ) from error
        if not isinstance(answer, dict):
            raise BuilderError(
                ErrorCode.API_REFUSED, f"{self.url} answered JSON that is no GraphQL response."
            )
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


class Client:
    """The questions the builder asks, each a committed query document."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.requests = 0

    def single(self) -> list[Node]:
        """What there is one of: the site's own record, and the announcement if there is one."""
        answer = self._ask("site", {})
        announced = [_object(answer, "banner")] if answer.get("banner") else []
        return [_object(answer, "site"), *announced]

    def pages(
        self, kind: str, *, after: str | None = None
    ) -> Iterator[tuple[list[Node], str | None]]:
        """All nodes of one kind (`units`, `redirects`, `videos`…) behind a cursor, page by page.

        With each page comes the cursor that the next one is asked with; None with the last.
        """
        return self._pages(document(kind), kind, PAGE_SIZES[kind], after)

    def versions(self, kind: str) -> Iterator[list[tuple[str, str]]]:
        """ID and version of all nodes of one kind, page by page."""
        size = max(PAGE_SIZES[kind], VERSIONS_AT_ONCE)
        for nodes, _ in self._pages(versions_document(kind), kind, size, None):
            yield [(str(node["id"]), str(node["version"])) for node in nodes]

    def _pages(
        self, query: str, kind: str, size: int, after: str | None
    ) -> Iterator[tuple[list[Node], str | None]]:
        while True:
            answer = self._asked(query, kind, {"first": size, "after": after})
            page = _object(answer, "page")
            nodes, info = _objects(page, "nodes"), _object(page, "pageInfo")
            named = LINE if kind == "ledger" else NODE
            if any(not node.get(name) for node in nodes for name in named):
                raise _half(f"{kind}.nodes")
            following: str | None = None
            if info.get("hasNextPage"):
                following = info.get("endCursor")
                if not following or following == after:
                    raise _half(f"{kind}.pageInfo.endCursor")
            yield nodes, following
            if following is None:
                return
            after = following

    def changes(self, *, after: int, first: int = 100) -> Node:
        """A slice of the log: `epoch`, `head`, `hasNextPage`, `nodes` of `sequence`, `nodeId`, and
        `ledgerEntry` where the public ledger speaks of it."""
        changes = _object(self._ask("changes", {"after": after, "first": first}), "changes")
        for name, kind in (("epoch", str), ("head", int), ("hasNextPage", bool)):
            if not isinstance(changes.get(name), kind):
                raise _half(f"changes.{name}")
        for change in _objects(changes, "nodes"):
            if not isinstance(change.get("sequence"), int) or not change.get("nodeId"):
                raise _half("changes.nodes")
        return changes

    def nodes(self, ids: Sequence[str]) -> dict[str, Node | None]:
        """Current public state by ID; None where a node is not public."""
        found: dict[str, Node | None] = {}
        for start in range(0, len(ids), NODES_AT_ONCE):
            batch = list(ids[start : start + NODES_AT_ONCE])
            nodes = self._ask("nodes", {"ids": batch}).get("nodes")
            if not isinstance(nodes, list) or len(nodes) != len(batch):
                raise _half("nodes")
            for identifier, node in zip(batch, nodes, strict=True):
                if node is not None and node.get("id") != identifier:
                    raise _half(f"nodes: {identifier}")
                found[identifier] = node
        return found

    def _ask(self, name: str, variables: dict[str, Any]) -> Node:
        return self._asked(document(name), name, variables)

    def _asked(self, query: str, name: str, variables: dict[str, Any]) -> Node:
        self.requests += 1
        answer = self._transport(query, variables)
        if errors := answer.get("errors"):
            raise _refused(name, [str(error.get("message", error)) for error in errors[:3]])
        data = answer.get("data")
        if not isinstance(data, dict):
            raise _half(name)
        return data


def _refused(name: str, messages: list[str]) -> BuilderError:
    text = "; ".join(messages)
    if any(OTHER_SCHEMA.match(message) for message in messages):
        return BuilderError(
            ErrorCode.SCHEMA_UNKNOWN,
            f"The API has another schema than this builder knows: of the query {name} it says: "
            f"{text}. Nothing was stored; use the builder of the API's release.",
        )
    return BuilderError(
        ErrorCode.API_REFUSED,
        f"The API refused the query {name}: {text}. Nothing was stored; mend what it says, or "
        "look at the API's log.",
    )


def _half(what: str) -> BuilderError:
    return BuilderError(
        ErrorCode.HALF_ANSWER,
        f"The API gave half an answer: {what} is missing or malformed. Nothing was stored; "
        "run the build again, and look at the API's log if it stays so.",
    )


def _object(parent: Node, name: str) -> Node:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise _half(name)
    return value


def _objects(parent: Node, name: str) -> list[Node]:
    value = parent.get(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _half(name)
    return value
