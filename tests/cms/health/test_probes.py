"""What does not answer is waited for a moment, by whoever asks, with one thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pytest_django.fixtures import Settings

from cms.embedded.object_storage import RunningStore
from cms.health import probes
from static_export import push
from tests.static_export.servers import QuietHandler, serving
from tests.static_export.sites import small_site

EVERYTHING = {
    "storage originals",
    "storage staging",
    "storage media",
    "media",
    "edge",
    "target",
    "disk",
}


def kinds(names: Iterator[str] | list[str]) -> set[str]:
    """Without the addresses."""
    return {" ".join(name.split(" ")[: 2 if name.startswith("storage") else 1]) for name in names}


@pytest.fixture
def hanging() -> Iterator[str]:
    """A server that takes calls and never says a word."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(64)
        yield f"http://127.0.0.1:{deaf.getsockname()[1]}"


def test_everything_that_answers_does_so_with_what_it_holds(
    buckets: str, settings: Settings, tmp_path: Path
) -> None:
    settings.STATE_DIR = tmp_path
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}"]
    site = small_site(tmp_path / "dist")
    push(dist=site.write(), target=settings.SITE_TARGETS[0])

    class Site(QuietHandler):
        def do_GET(self) -> None:
            self.answer(200, b"home")

    with serving(Site) as settings.SITE_EDGE_URL:
        answers = probes.ask(probes.questions())
    assert kinds(list(answers)) == EVERYTHING
    assert {name: answer.problem for name, answer in answers.items() if not answer.ok} == {}
    assert answers[f"target {settings.SITE_TARGETS[0]}"].value.sequence == site.sequence
    assert answers[f"disk {tmp_path}"].value.free > 0
    assert all((answer.seconds or 0) < probes.DEADLINE for answer in answers.values())


def test_a_store_and_an_edge_that_hang_are_told_within_the_deadline_and_gather_no_threads(
    hanging: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.S3_ENDPOINT_URL = settings.MEDIA_BASE_URL = settings.SITE_EDGE_URL = hanging
    settings.STATE_DIR, settings.SITE_TARGETS = tmp_path, ["s3://site"]
    monkeypatch.setenv("S3_ENDPOINT_URL", hanging)
    began = time.monotonic()
    answers = probes.ask(probes.questions(), deadline=1.5)
    threads = threading.active_count()
    for _ in range(3):
        probes.ask(probes.questions(), deadline=0.1)
    # Nobody's own limit was waited for, neither of four seconds nor of minutes.
    assert time.monotonic() - began < probes.DEADLINE
    assert {answer.ok for name, answer in answers.items() if not name.startswith("disk")} == {None}
    assert threading.active_count() <= threads
    assert answers[f"disk {tmp_path}"].ok, "what does answer is told all the same"


def test_who_gives_up_waiting_by_itself_had_no_answer_either(hanging: str) -> None:
    answers = probes.ask({"edge": lambda: httpx.get(hanging, timeout=0.1)}, deadline=60)
    assert (answers["edge"].ok, answers["edge"].problem) == (None, probes.NO_ANSWER)


def test_what_refuses_is_told_with_its_reason(
    object_storage: RunningStore, settings: Settings, tmp_path: Path
) -> None:
    class Broken(QuietHandler):
        def do_GET(self) -> None:
            self.answer(503)

    settings.STATE_DIR = tmp_path
    settings.S3_ENDPOINT_URL = object_storage.endpoint_url
    settings.S3_SECRET_ACCESS_KEY = "wrong"
    settings.SITE_TARGETS = ["netlify:nowhere"]
    with serving(Broken) as url:
        settings.MEDIA_BASE_URL = settings.SITE_EDGE_URL = url
        answers = probes.ask(probes.questions())
    problems = {name: answer.problem for name, answer in answers.items() if answer.ok is False}
    assert kinds(list(problems)) == EVERYTHING - {"disk"}
    assert "503" in problems[f"edge {url}"]
    assert "NETLIFY_AUTH_TOKEN" in problems["target netlify:nowhere"]


def test_a_queue_is_asked_only_where_there_is_one_and_its_password_is_not_told(
    settings: Settings,
) -> None:
    assert "queue" not in kinds(list(probes.questions()))
    settings.QUEUE_URL = "redis://user:secret@queue.example:6379/0"
    assert "queue queue.example:6379/0" in probes.questions()
    assert not any("secret" in name for name in probes.questions())
