"""The API's explorer runs from our own assets alone, under a policy that allows nothing inline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler

import pytest
from playwright.sync_api import Browser, expect

from tests.site_builder.fake_api import ROOT, FakeApi
from tests.site_builder_theme.hosting import Server, looping

FILES = ROOT / "cms" / "static_built" / "graphiql"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'"
)
PAGE = b"""<!doctype html><html lang="en"><title>GraphQL</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/graphiql.css">
<script defer src="/graphiql.js"></script>
<div id="graphiql" data-endpoint="/graphql/" data-query="{ __typename }"></div></html>"""


class Explorer(BaseHTTPRequestHandler):
    """The explorer's page, its two files, and an API."""

    def __init__(self, *args: object, api: FakeApi) -> None:
        self.api = api
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        content = (FILES / name).read_bytes() if name else PAGE
        kinds = {"": "text/html", "graphiql.css": "text/css", "graphiql.js": "text/javascript"}
        self._send(content, f"{kinds[name]}; charset=utf-8")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        introspection = "IntrospectionQuery" in asked["query"]
        query = asked["query"] if introspection else "query Site { site { name } }"
        self._send(json.dumps(self.api(query, {})).encode(), "application/json")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as inherited
        """Nothing in the tests' output."""


@pytest.fixture
def explorer(assets: object) -> Iterator[str]:
    handler = partial(Explorer, api=FakeApi())
    with Server(("127.0.0.1", 0), handler) as server, looping(server) as url:
        yield url


def test_a_query_is_answered_without_a_violation_or_a_third_party(
    chromium: Browser, explorer: str
) -> None:
    context = chromium.new_context()
    page = context.new_page()
    problems: list[str] = []
    requests: set[str] = set()
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: requests.add(request.url))
    page.goto(explorer)
    page.get_by_role("button", name="Execute query").click()

    expect(page.locator(".result-window")).to_contain_text("Policetube")
    assert problems == []
    assert {url for url in requests if not url.startswith((explorer, "data:"))} == set()
    context.close()
