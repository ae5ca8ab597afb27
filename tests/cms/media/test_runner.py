"""A tool that hangs, eats, fills or outlives its worker is stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cms.media import probe, runner, tools
from cms.media.errors import ErrorCode, MediaError
from cms.media.runner import Limits, run

PYTHON = sys.executable


def python(code: str, **limits: float) -> tuple[runner.Outcome, list[str]]:
    lines: list[str] = []
    settled = Limits(seconds=limits.get("seconds", 20), **_whole(limits))
    outcome = run([PYTHON, "-c", code], limits=settled, on_line=lines.append, tick=lambda: None)
    return outcome, lines


def _whole(limits: dict[str, float]) -> dict[str, int]:
    return {name: int(value) for name, value in limits.items() if name != "seconds"}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def gone_soon(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def test_lines_come_as_they_are_written_and_the_end_of_errors_is_kept() -> None:
    outcome, lines = python(
        "import sys\nprint('one'); print('two', end='')\n"
        "for n in range(500): print('error', n, file=sys.stderr)\nsys.exit(3)"
    )
    assert lines == ["one", "two"]
    assert outcome.status == 3
    kept = outcome.errors.splitlines()
    assert len(kept) == runner.TAIL_LINES
    assert kept[-1] == "error 499"


def test_a_tool_learns_no_secret_of_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "rahasia")
    _, lines = python("import os\nfor name in os.environ: print(name)")
    # LC_CTYPE is what Python itself may add.
    assert set(lines) - {"LC_CTYPE"} == {"PATH", "LANG", "SVT_LOG"}


def test_a_tool_that_hangs_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    child = tmp_path / "child"
    code = (
        "import subprocess, time\n"
        f"p = subprocess.Popen(['sleep', '60']); open({str(child)!r}, 'w').write(str(p.pid))\n"
        "time.sleep(60)"
    )
    with pytest.raises(MediaError) as caught:
        python(code, seconds=1.5)
    assert caught.value.code == ErrorCode.TIME_LIMIT
    assert gone_soon(int(child.read_text()))


def test_a_tool_that_wants_all_memory_does_not_get_it() -> None:
    outcome, _ = python("bytearray(3 * 1024**3)", memory=1024**3)
    assert not outcome.succeeded
    assert "MemoryError" in outcome.errors


def test_a_tool_that_writes_without_end_is_cut(tmp_path: Path) -> None:
    target = tmp_path / "large"
    outcome, _ = python(
        f"open({str(target)!r}, 'wb').write(bytes(50_000_000))", file_size=1_000_000
    )
    assert not outcome.succeeded
    assert target.stat().st_size <= 1_000_000


def test_what_the_watcher_raises_ends_the_tool(tmp_path: Path) -> None:
    pid = tmp_path / "pid"

    def give_up() -> None:
        if pid.exists():
            raise MediaError(ErrorCode.LEASE_LOST, "Another worker took over.")

    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(MediaError):
        run([PYTHON, "-c", code], limits=Limits(seconds=30), on_line=print, tick=give_up)
    assert gone_soon(int(pid.read_text()))


def test_a_tool_dies_with_its_killed_worker(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    inner = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    worker = subprocess.Popen(
        [
            PYTHON,
            "-c",
            "import sys; from cms.media.runner import Limits, run\n"
            "run([sys.executable, '-c', sys.argv[1]], limits=Limits(seconds=60),"
            " on_line=print, tick=lambda: None)",
            inner,
        ],
        cwd=Path(__file__).parents[3],
    )
    deadline = time.monotonic() + 10
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    tool = int(pid.read_text())
    assert is_alive(tool)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert gone_soon(tool)


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {other}\n",
    ],
)
def test_a_list_in_disguise_reads_no_other_file(tmp_path: Path, text: str, clip: object) -> None:
    other = clip("rabbit.mp4", seconds=1)  # type: ignore[operator]
    disguised = tmp_path / "film.mp4"
    disguised.write_text(text.format(other=other))
    assert isinstance(probe.probe(disguised), probe.Unreadable)


def test_nothing_is_read_from_the_network() -> None:
    outcome = run(
        probe.command(Path("http:/127.0.0.1:9/film.mp4"), ["-show_format"]),
        limits=Limits(seconds=20),
        on_line=print,
        tick=lambda: None,
    )
    assert not outcome.succeeded
    assert "whitelist" in outcome.errors.lower()


def test_a_tool_has_no_network_but_for_what_is_said(tmp_path: Path) -> None:
    assert runner.can_isolate(), "this machine allows no user namespaces"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        call = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5); print('in')"
        for network in (False, True):
            lines: list[str] = []
            outcome = run(
                [PYTHON, "-c", call],
                limits=Limits(seconds=20, network=network),
                on_line=lines.append,
                tick=lambda: None,
            )
            assert (outcome.succeeded, lines) == (network, ["in"] * network)


def test_a_tool_that_starts_others_without_end_is_cut() -> None:
    forks = (
        "import os, time\nfor number in range(100):\n    try: child = os.fork()\n"
        "    except OSError: break\n    if child == 0: time.sleep(2); os._exit(0)\nprint(number)"
    )
    # The superuser may start as many as they like; and nobody else may read our own Python.
    as_anybody = ["setpriv", "--reuid=65534", "--clear-groups"] if os.getuid() == 0 else []
    binary = shutil.which("python3", path="/usr/bin:/usr/local/bin") if as_anybody else PYTHON
    assert binary, "this test needs the system's python3"
    watcher = (
        "import subprocess, os, sys\n"
        "sizes = [str(os.getpid()), str(2**34), '1000', '60', '20', 'closed', '--']\n"
        "command = [sys.executable, '-I', '-S', '-c', sys.argv[1], *sizes, sys.executable, '-c']\n"
        "print(subprocess.run([*command, sys.argv[2]], capture_output=True, text=True).stdout)"
    )
    done = subprocess.run(
        [*as_anybody, binary, "-I", "-S", "-c", watcher, runner.LAUNCHER.read_text(), forks],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 10 < int(done.stdout) < 20


def test_a_tool_that_burns_more_than_all_processors_give_is_stopped() -> None:
    began = time.monotonic()
    outcome = subprocess.run(
        [
            *(PYTHON, "-I", "-S", str(runner.LAUNCHER), str(os.getpid())),
            *(str(2**34), "1000", "1", "900", "open", "--", PYTHON, "-c", "while True: pass"),
        ],
        check=False,
    )
    assert outcome.returncode == -signal.SIGKILL
    assert time.monotonic() - began < 30


def test_a_machine_without_namespaces_says_so_once_and_works(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    forbidding = tmp_path / "launch.py"
    source = runner.LAUNCHER.read_text()
    forbidding.write_text(source.replace("CLONE_NEWUSER = 0x10000000", "CLONE_NEWUSER = -1"))
    monkeypatch.setattr(runner, "LAUNCHER", forbidding)
    runner.can_isolate.cache_clear()
    try:
        for _ in range(2):
            outcome, lines = python("print('works')")
            assert (outcome.succeeded, lines) == (True, ["works"])
    finally:
        runner.can_isolate.cache_clear()
    assert len([record for record in caplog.records if "namespaces" in record.message]) == 1


def test_a_missing_tool_names_its_setting(settings: object) -> None:
    settings.FFMPEG = "/nowhere/ffmpeg"  # type: ignore[attr-defined]
    with pytest.raises(MediaError, match="FFMPEG"):
        tools.ffmpeg()
