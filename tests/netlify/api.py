"""Netlify's API, made of its own description; stricter than the real one.

Every request must be one that the OpenAPI description knows: path, method, names in the query, the
body's type and each of its fields. What is answered is checked against it, too. Only the behaviour
behind the operations is ours, as Netlify's documentation tells it.
https://github.com/netlify/open-api, https://docs.netlify.com/api/get-started/
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema

from tests.netlify import rules
from tests.static_export.servers import QuietHandler

TOKEN = "nfp_token"
SITE = "video.example.go.id"
DESCRIPTION = rules.HERE / "node_modules/@netlify/open-api/dist/swagger.json"
# "Pagination" in the documentation: every list takes these, which the description leaves out.
PAGED = frozenset({"page", "per_page"})
MOST_DEPLOYS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the description."""

    name: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]
    consumes: tuple[str, ...]
    body: dict[str, Any] | None
    answers: dict[str, Any]


@cache
def description() -> dict[str, Any]:
    rules.install()
    found: dict[str, Any] = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    return found


@cache
def operations() -> tuple[Operation, ...]:
    """Those about sites and deploys, the longest paths first."""
    found = []
    spec = description()
    for path, item in spec["paths"].items():
        if not path.startswith(("/sites/{site_id}", "/deploys/{deploy_id}")):
            continue
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method == "parameters":
                continue
            given = [_resolved(one) for one in [*shared, *operation.get("parameters", [])]]
            paged = PAGED if operation["operationId"].startswith("list") else frozenset()
            found.append(
                Operation(
                    name=operation["operationId"],
                    method=method.upper(),
                    path=_pattern(spec["basePath"] + path),
                    query=paged | {one["name"] for one in given if one["in"] == "query"},
                    consumes=tuple(operation.get("consumes", spec["consumes"])),
                    body=next((one["schema"] for one in given if one["in"] == "body"), None),
                    answers=operation["responses"],
                )
            )
    return tuple(sorted(found, key=lambda one: -len(one.path.pattern)))


def _resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    found: dict[str, Any] = description()
    for part in parameter["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _pattern(path: str) -> re.Pattern[str]:
    """The last part may hold slashes: a file's path."""
    parts = re.split(r"\{(\w+)\}", path)
    text = "".join(
        re.escape(part) if number % 2 == 0 else f"(?P<{part}>[^/]+)"
        for number, part in enumerate(parts)
    )
    return re.compile(text.replace("(?P<path>[^/]+)", "(?P<path>.+)") + r"\Z")


@cache
def _validator_of_body(name: str) -> jsonschema.protocols.Validator:
    """Of an operation's body, with no field that the description does not name."""
    (operation,) = (one for one in operations() if one.name == name)
    properties = _resolved(operation.body or {}).get("properties", {})
    named = {"type": "object", "properties": properties, "additionalProperties": False}
    return _validator(named)


@cache
def _validator_of_answer(name: str, status: str) -> jsonschema.protocols.Validator:
    (operation,) = (one for one in operations() if one.name == name)
    return _validator(operation.answers[status].get("schema", {}))


def _validator(schema: dict[str, Any]) -> jsonschema.protocols.Validator:
    # OpenAPI 2 has JSON Schema's fourth draft.
    whole = {**schema, "definitions": description()["definitions"]}
    return jsonschema.Draft4Validator(whole)


def fault_of_body(operation: Operation, media_type: str, body: bytes) -> str:
    """Why the description does not know such a body; empty if it does."""
    if operation.body is None:
        return "no body is expected" if body else ""
    if media_type not in operation.consumes:
        return f"{media_type!r} is none of {operation.consumes}"
    if media_type != "application/json":
        return ""
    try:
        _validator_of_body(operation.name).validate(json.loads(body))
    except (ValueError, jsonschema.ValidationError) as error:
        return str(error)[:500]
    return ""


@dataclass
class Netlify:
    """What the server knows: blobs by SHA-1, deploys in their order, and which is live.

    `faults` are statuses that the next requests are answered with, last first; `limit` how many
    deploys may be made before Netlify asks to wait `limited` seconds.
    """

    url: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    deploys: dict[str, dict[str, Any]] = field(default_factory=dict)
    live: dict[str, Any] | None = None
    requests: list[str] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    refuse_blob: str = ""
    refuse_with: int = 500
    limit: int | None = None
    limited: float = 0.0
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add_blob(self, body: bytes) -> str:
        """Have the bytes of a file; their SHA-1."""
        sha1 = hashlib.sha1(body).hexdigest()
        self.blobs[sha1] = body
        return sha1

    def forget(self) -> None:
        """Be as on the first day."""
        self.blobs.clear()
        self.deploys.clear()
        self.requests.clear()
        self.live = None

    def read(self, path: str) -> bytes | None:
        """What is live at a path."""
        return self.read_of(self.live, path) if self.live else None

    def read_of(self, deploy: dict[str, Any], path: str) -> bytes | None:
        sha1 = deploy["files"].get(f"/{path}")
        return self.blobs[sha1] if sha1 else None

    def paths(self) -> set[str]:
        return {path[1:] for path in self.live["files"]} if self.live else set()

    def shown_anywhere(self) -> set[str]:
        """Everything that anybody can get of any deploy, by the deploy's own address."""
        return {
            path[1:]
            for deploy in self.deploys.values()
            if deploy["state"] == "ready"
            for path in deploy["files"]
        }


def handler_of(netlify: Netlify) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def do_GET(self) -> None:
            self.route("GET")

        def do_HEAD(self) -> None:
            self.route("HEAD")

        def do_POST(self) -> None:
            self.route("POST")

        def do_PUT(self) -> None:
            self.route("PUT")

        def do_DELETE(self) -> None:
            self.route("DELETE")

        def route(self, method: str) -> None:
            url, body = urlsplit(self.path), self.body()
            if not url.path.startswith("/api/"):
                return self.serve(url.path)
            with netlify.lock:
                netlify.requests.append(f"{method} {url.path}")
                if netlify.faults:
                    return self.answer(netlify.faults.pop(), b"{}")
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self.reply(401, {"message": "Access Denied"})
                for operation in operations():
                    found = operation.path.match(url.path)
                    if found and operation.method == method:
                        return self.operate(operation, found.groupdict(), url.query, body)
            return self.reply(404, {"message": f"{method} {url.path} is not described"})

        def operate(
            self, operation: Operation, given: dict[str, str], query: str, body: bytes
        ) -> None:
            asked = {name: values[0] for name, values in parse_qs(query).items()}
            if unknown := asked.keys() - operation.query:
                return self.reply(422, {"message": f"unknown in the query: {unknown}"})
            media_type = self.headers.get("Content-Type", "").partition(";")[0]
            if fault := fault_of_body(operation, media_type, body):
                return self.reply(422, {"message": fault})
            if given.get("site_id", SITE) != SITE:
                return self.reply(404, {"message": "Not Found"})
            deploy = netlify.deploys.get(given.get("deploy_id", ""))
            if "deploy_id" in given and deploy is None:
                return self.reply(404, {"message": "Not Found"})
            act: Callable[..., tuple[int, Any]] = getattr(self, operation.name)
            status, answer = act(deploy=deploy, path=given.get("path", ""), asked=asked, body=body)
            if status < 300 and answer is not None:
                _validator_of_answer(operation.name, str(status)).validate(answer)
            return self.reply(status, answer)

        def getSite(self, **_: Any) -> tuple[int, Any]:
            return 200, {
                "id": "s1",
                **({"published_deploy": told(netlify.live)} if netlify.live else {}),
            }

        def listSiteFiles(self, *, asked: dict[str, str], **_: Any) -> tuple[int, Any]:
            files = sorted(netlify.live["files"].items()) if netlify.live else []
            return 200, page([{"path": path, "sha": sha} for path, sha in files], asked, 1000)

        def listSiteDeploys(self, *, asked: dict[str, str], **_: Any) -> tuple[int, Any]:
            newest = list(netlify.deploys.values())[::-1]
            return 200, page([told(deploy) for deploy in newest], asked, MOST_DEPLOYS)

        def createSiteDeploy(
            self, *, asked: dict[str, str], body: bytes, **_: Any
        ) -> tuple[int, Any]:
            if netlify.limit is not None:
                if netlify.limit <= 0:
                    return 429, {"message": "too many deploys"}
                netlify.limit -= 1
            wanted = json.loads(body)
            for path, sha in wanted["files"].items():
                if not path.startswith("/") or not re.fullmatch("[0-9a-f]{40}", sha):
                    return 422, {"message": f"{path} or its digest is wrong"}
            name = f"{next(netlify.numbers):016x}"
            deploy = netlify.deploys[name] = {
                "id": name,
                "title": asked.get("title", ""),
                "files": wanted["files"],
                "state": "preparing",
                "draft": wanted.get("draft", False),
                "polls": 0,
                "created_at": datetime.now(UTC).isoformat(),
                "url": f"{netlify.url}/permalink/{name}",
            }
            return 200, told(deploy)

        def getDeploy(self, *, deploy: dict[str, Any], **_: Any) -> tuple[int, Any]:
            deploy["polls"] += 1
            missing = {sha for sha in deploy["files"].values() if sha not in netlify.blobs}
            if deploy["polls"] > 1 and deploy["state"] == "preparing":
                deploy["state"] = "prepared"
            elif deploy["state"] in {"prepared", "uploading"} and not missing:
                deploy["state"] = "ready"
                if not deploy["draft"]:
                    netlify.live = deploy
            answer = told(deploy)
            if deploy["state"] == "prepared":
                answer["required"] = sorted(missing)
            return 200, answer

        def uploadDeployFile(
            self, *, deploy: dict[str, Any], path: str, body: bytes, **_: Any
        ) -> tuple[int, Any]:
            path, sha1 = "/" + unquote(path), hashlib.sha1(body).hexdigest()
            if deploy["files"].get(path) != sha1:
                return 422, {"message": f"digest of {path} differs"}
            if path == netlify.refuse_blob:
                return netlify.refuse_with, {}
            netlify.add_blob(body)
            deploy["state"] = "uploading"
            return 200, {"path": path, "sha": sha1}

        def deleteDeploy(self, *, deploy: dict[str, Any], **_: Any) -> tuple[int, Any]:
            if deploy is netlify.live:
                return 422, {"message": "is published"}
            del netlify.deploys[deploy["id"]]
            return 204, None

        def serve(self, path: str) -> None:
            """Any deploy at its own address, to anybody."""
            _, _, rest = path.partition("/permalink/")
            name, _, address = rest.partition("/")
            deploy = netlify.deploys.get(name)
            assert "Authorization" not in self.headers, "the token is for the API alone"
            key = unquote(address)
            key = f"{key}index.html" if not key or key.endswith("/") else key
            found = netlify.read_of(deploy, key) if deploy and deploy["state"] == "ready" else None
            self.answer(404 if found is None else 200, found or b"")

        def reply(self, status: int, value: Any) -> None:
            more = {}
            if status == 429:
                more["X_RateLimit_Reset"] = str(int(time.time() + netlify.limited))
            data = b"" if value is None else json.dumps(value).encode()
            self.answer(status, data, "application/json", **more)

    return Handler


def told(deploy: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": deploy["id"],
        "title": deploy["title"],
        "state": deploy["state"],
        "draft": deploy["draft"],
        "created_at": deploy["created_at"],
        "deploy_ssl_url": deploy["url"],
    }


def page(items: list[Any], asked: dict[str, str], most: int) -> list[Any]:
    size = min(int(asked.get("per_page", 100)), most)
    first = (int(asked.get("page", 1)) - 1) * size
    return items[first : first + size]
