"""A tool that hangs, eats, fills or outlives its worker is stopped."""

from __future__ import annotations

import os
import signal
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
    assert set(lines) - {"LC_CTYPE"} == {"PATH", "LANG"}


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


def test_a_full_disk_is_told_before_the_work_begins(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        runner.require_space(tmp_path, 10**18)
    assert caught.value.code == ErrorCode.DISK_FULL
    assert str(tmp_path) in str(caught.value)


def test_a_missing_tool_names_its_setting(settings: object) -> None:
    settings.FFMPEG = "/nowhere/ffmpeg"  # type: ignore[attr-defined]
    with pytest.raises(MediaError, match="FFMPEG"):
        tools.ffmpeg()
