"""A withdrawal while 10,000 pages are pushed: seen at the real edge first, and never again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from static_export import Withdrawal, push, takedown
from tests.static_export.edges import running_edge
from tests.static_export.places import DirectoryPlace
from tests.static_export.sites import Site, small_site, video

PAGES = 10_000
GOAL = 3.0  # seconds
OLD = 30
# In the order of the push: long put and about to be put, both new; to be put anew at its end.
WITHDRAWN = (32, 48, 2)
BEGUN = video(34) + "index.html"
PUSH = """
import sys
from pathlib import Path
from static_export import push
push(dist=Path(sys.argv[1]), target=sys.argv[2], state=Path(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Site]:
    """A small site, and the same with 10,000 pages more and every old one changed."""
    folder = tmp_path_factory.mktemp("grown")
    small, large = small_site(folder / "small", videos=OLD), Site(folder / "large", sequence=2)
    small.write()
    large.files = {
        key: body + b"<p>Ralat</p>" if key.startswith("video/") else body
        for key, body in small.files.items()
    }
    for number in range(OLD, OLD + PAGES):
        large.files[video(number) + "index.html"] = b"<h1>Video %d</h1>" % number
    large.write()
    return small, large


@contextmanager
def pushing(site: Site, place: DirectoryPlace, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A push in a process of its own, under way when the block begins."""
    command = [sys.executable, "-c", PUSH, str(site.folder), place.address, str(folder)]
    process = subprocess.Popen(command, env=os.environ | place.environment)
    try:
        while place.read(BEGUN) is None:
            assert process.poll() is None
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


class Visitor(threading.Thread):
    """Asks for some pages again and again, and notes the last answer other than 404 or 410."""

    def __init__(self, base: str) -> None:
        super().__init__(daemon=True)
        self.last_seen = dict.fromkeys(WITHDRAWN, 0.0)
        self.rounds = 0
        self._base, self._ended = base, threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self._base) as client:
            while not self._ended.is_set():
                for number in WITHDRAWN:
                    asked = time.monotonic()
                    if client.get("/" + video(number)).status_code not in (404, 410):
                        self.last_seen[number] = asked
                self.rounds += 1

    def end(self) -> None:
        self._ended.set()
        self.join()


def withdraw(
    place: DirectoryPlace, folder: Path, number: int, edge: str | None
) -> tuple[float, float]:
    """When it was verified gone, and how long that took; seconds."""
    begun = time.monotonic()
    report = takedown(
        targets=[place.address],
        withdrawals=[
            Withdrawal(
                mark=str(number),
                keys=frozenset({video(number) + "index.html"}),
                epoch="epoch-one",
                sequence=3,
            )
        ],
        state=folder,
        edge=edge,
    )
    assert report.visible == ()
    return time.monotonic(), time.monotonic() - begun


def test_it_is_seen_to_be_gone_before_the_push_ends_and_stays_so(
    grown: tuple[Site, Site], directory: DirectoryPlace, tmp_path: Path
) -> None:
    small, large = grown
    push(dist=small.folder, target=directory.address, state=tmp_path / "push")
    with running_edge(directory.root, tmp_path / "caddy") as edge:
        visitor = Visitor(edge)
        visitor.start()
        with pushing(large, directory, tmp_path / "push") as process:
            gone = {}
            for number in WITHDRAWN:
                gone[number], took = withdraw(directory, tmp_path / "push", number, edge)
                assert took < GOAL
            assert process.poll() is None, "the push had ended before it could get in the way"
            assert process.wait(timeout=300) == 0
        visitor.end()
        assert visitor.rounds > 10
        for number in WITHDRAWN:
            assert visitor.last_seen[number] < gone[number]
    answers = directory.answers()
    assert {answers[video(number) + "index.html"] for number in WITHDRAWN} == {"410"}
    assert list(answers.values()).count("200") == len(large.files) - len(WITHDRAWN)
