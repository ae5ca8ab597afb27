"""A real supervisor over tiny programs: restarted when killed, gone when we are."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cms.embedded.environment import ROOT, Installation
from cms.embedded.errors import EmbeddedError
from cms.embedded.programs import Program, programs, supervisor_configuration
from cms.embedded.supervision import Supervisor

# Starts a grandchild in a session of its own, and writes down both process IDs.
PARENT = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
with open(sys.argv[1], "w") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""


def _wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def _runs(process: int) -> bool:
    """Whether a process exists and is not merely waiting to be reaped."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _read_ids(path: Path) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(word) for word in path.read_text().split()]
    return []


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short one: sockets need it."""
    path = Path(tempfile.mkdtemp(prefix="pt-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def supervisor(folder: Path) -> Iterator[Supervisor]:
    (folder / "parent.py").write_text(PARENT)
    chosen = (
        Program(name="first", command=("sleep", "600"), serves_others=True),
        Program(
            name="second",
            command=(sys.executable, str(folder / "parent.py"), str(folder / "ids")),
            stop_seconds=1,
        ),
    )
    made = Supervisor(
        chosen, logs=folder / "log", run=folder / "run", control=folder / "supervisor.sock"
    )
    made.launch(folder=folder, environment={"PATH": os.environ["PATH"]})
    yield made
    made.stop()


def test_a_killed_child_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start("first")
    _wait_until(lambda: supervisor.process_id("first") is not None)
    before = supervisor.process_id("first")
    assert before is not None
    # Younger than a second it would count as one that could not start.
    time.sleep(1.2)
    os.kill(before, signal.SIGKILL)
    _wait_until(lambda: supervisor.process_id("first") not in {None, before})
    after = supervisor.process_id("first")
    assert after is not None
    assert _runs(after)


def test_nothing_is_left_after_stop_not_even_in_another_session(
    supervisor: Supervisor, folder: Path
) -> None:
    for name in ("first", "second"):
        supervisor.start(name)
    _wait_until(lambda: len(_read_ids(folder / "ids")) == 2)
    first = supervisor.process_id("first")
    assert first is not None
    everyone = [first, *_read_ids(folder / "ids")]
    assert all(map(_runs, everyone))
    supervisor.stop()
    assert not any(map(_runs, everyone))
    assert not supervisor.is_alive()


def test_a_program_that_cannot_start_is_named_with_its_log(
    supervisor: Supervisor, folder: Path
) -> None:
    with pytest.raises(EmbeddedError) as caught:
        supervisor.start("third")
    assert caught.value.code == "program-down"
    assert str(folder / "log" / "third.log") in caught.value.english


def test_the_programs_end_when_the_supervisor_is_killed(folder: Path) -> None:
    """The demo killed by SIGKILL takes the supervisor along, and that one its programs."""
    script = f"""
import os, sys, time
from pathlib import Path
from cms.embedded.programs import Program
from cms.embedded.supervision import Supervisor
folder = Path({str(folder)!r})
supervisor = Supervisor(
    (Program(name="first", command=("sleep", "600"), serves_others=True),),
    logs=folder / "log", run=folder / "run", control=folder / "supervisor.sock",
)
supervisor.launch(folder=folder, environment=dict(os.environ))
supervisor.start("first")
while supervisor.process_id("first") is None:
    time.sleep(0.02)
pid = (folder / "run" / "supervisord.pid").read_text()
(folder / "ids").write_text(f"{{pid}} {{supervisor.process_id('first')}}")
time.sleep(600)
"""
    demo = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    try:
        _wait_until(lambda: len(_read_ids(folder / "ids")) == 2)
        everyone = _read_ids(folder / "ids")
        assert all(map(_runs, everyone))
    finally:
        demo.kill()
        demo.wait()
    _wait_until(lambda: not any(map(_runs, everyone)))


def test_every_program_is_tethered_and_restarted(tmp_path: Path) -> None:
    chosen = programs(Installation(state=tmp_path))
    text = supervisor_configuration(
        chosen,
        folder=tmp_path,
        logs=tmp_path,
        run=tmp_path,
        socket=tmp_path / "100% full.sock",
    )
    assert text.count("autorestart=true") == text.count("/tether.py") == len(chosen)
    assert text.count("killasgroup=true") == len(chosen)
    assert "100%% full.sock" in text
    assert {program.name for program in chosen if program.serves_others} == {"storage", "edge"}


def test_production_runs_the_same_programs() -> None:
    """The Procfile names what the demo runs, but for storage and edge, which are bought in."""
    named = set(re.findall(r"^([a-z-]+):", (ROOT / "Procfile").read_text(), re.MULTILINE))
    ours = {program.name for program in programs(Installation(state=Path("/srv/p")))}
    assert named - {"release"} == (ours - {"storage", "edge", "cms"}) | {"web"}
