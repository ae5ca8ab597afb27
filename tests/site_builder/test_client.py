"""GraphQL over HTTP: patient with a busy server, plain about a wrong one."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from site_builder import BuilderError, ErrorCode, HttpTransport
from site_builder.client import Client

ANSWER = {"data": {"site": {"id": "site:site"}}}


def transport(answers: list[httpx.Response | Exception], naps: list[float]) -> HttpTransport:
    """A transport whose server gives these answers in turn."""
    left: Iterator[httpx.Response | Exception] = iter(answers)

    def handle(_request: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = httpx.Client(transport=httpx.MockTransport(handle))
    return HttpTransport("http://cms.test/graphql/", client=client, attempts=3, sleep=naps.append)


def test_a_busy_server_is_asked_again_with_growing_pauses() -> None:
    naps: list[float] = []
    answers: list[httpx.Response | Exception] = [
        httpx.Response(503),
        httpx.ConnectError("refused"),
        httpx.Response(200, json=ANSWER),
    ]

    assert Client(transport(answers, naps)).single() == [{"id": "site:site"}]
    assert naps == [0.5, 1.0]


def test_a_server_that_stays_silent_is_named() -> None:
    naps: list[float] = []
    answers: list[httpx.Response | Exception] = [httpx.ReadTimeout("slow")] * 3

    with pytest.raises(BuilderError, match="did not answer in 3 attempts") as caught:
        Client(transport(answers, naps)).single()

    assert caught.value.code == ErrorCode.API_UNREACHABLE
    assert len(naps) == 2


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(404, text="<html>"), ErrorCode.API_REFUSED),
        (httpx.Response(200, json=["x"]), ErrorCode.API_REFUSED),
        (httpx.Response(400, json={"errors": [{"message": "no"}]}), ErrorCode.API_REFUSED),
        (httpx.Response(200, json={"data": None}), ErrorCode.HALF_ANSWER),
        (httpx.Response(200, json={"data": {"site": None}}), ErrorCode.HALF_ANSWER),
    ],
)
def test_a_wrong_answer_is_refused_at_once(response: httpx.Response, code: ErrorCode) -> None:
    naps: list[float] = []

    with pytest.raises(BuilderError) as caught:
        Client(transport([response], naps)).single()

    assert (caught.value.code, naps) == (code, [])
