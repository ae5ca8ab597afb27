"""The tests' end of the zygote: start a call in a process of its own, wait for it or kill it."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds
# Seconds in which somebody who need not wait would be done.
A_TRY = 1.0


class CallFailedError(AssertionError):
    """A call in another process ended in an exception; the message is its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a call ended: `code` is -9 for a kill; `steps` counts the named steps it came by."""

    code: int
    result: Any
    steps: dict[str, int]
    log: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Child:
    """A call under way."""

    def __init__(self, folder: Path, number: int) -> None:
        self.pid = 0
        self._code: Queue[int] = Queue()
        self._answer = folder / f"{number}.json"
        self._log = folder / f"{number}.log"

    def ended(self, code: int) -> None:
        self._code.put(code)

    def kill(self) -> None:
        """SIGKILL, to it and to whatever it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait_until_held(self, seconds: float = PATIENCE) -> None:
        """Return once it stands still at the step it is held at."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
            except FileNotFoundError:
                break
            if state == "T":
                return
            time.sleep(0.005)
        self.kill()
        raise AssertionError(f"it never came to the step it was to be held at\n{self.wait().log}")

    def go_on(self) -> None:
        """Let it run again."""
        os.kill(self.pid, signal.SIGCONT)

    def has_ended(self, within: float = 0.0) -> bool:
        """Whether it has by now, or does within so many seconds."""
        deadline = time.monotonic() + within
        while self._code.empty() and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self._code.empty()

    def wait(self, seconds: float = PATIENCE) -> Ended:
        """How it ended; raises `queue.Empty` if it has not by then."""
        try:
            code = self._code.get(timeout=seconds)
        except BaseException:
            self.kill()
            raise
        log = self._log.read_text() if self._log.exists() else ""
        found = json.loads(self._answer.read_text()) if self._answer.exists() else {}
        return Ended(
            code=code, result=found.get("result"), steps=found.get("steps", {}), log=log[-20_000:]
        )

    def result(self, seconds: float = PATIENCE) -> Any:
        """What the call returned; raises `CallFailedError`."""
        ended = self.wait(seconds)
        if ended.code:
            raise CallFailedError(f"ended with {ended.code}\n{ended.log}")
        return ended.result


class Zygote:
    """Django, loaded once for one kind of database; `start` forks a process off it."""

    def __init__(self, folder: Path, database_url: str, store_url: str) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._numbers = itertools.count(1)
        self._children: dict[int, Child] = {}
        self._started: dict[int, threading.Event] = {}
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "cms.settings.test",
            "DATABASE_URL": database_url,
            "S3_ENDPOINT_URL": store_url,
            "STATE_DIR": str(folder),
            "LOG_LEVEL": "WARNING",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.zygote"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if "ready" not in first:
            raise RuntimeError("The zygote did not start; its error is above.")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if "started" in answer:
                self._children[answer["started"]].pid = answer["pid"]
                self._started[answer["started"]].set()
            else:
                self._children.pop(answer["ended"]).ended(answer["code"])

    def start(
        self,
        house: dict[str, Any],
        call: Callable[..., Any],
        *args: Any,
        kill: tuple[str, int] | None = None,
        hold: tuple[str, int] | None = None,
    ) -> Child:
        """Run `call(*args)` in a process of its own.

        `kill` and `hold` name a step and its how-many-eth passing: there it dies, or stands still
        until `go_on`.
        """
        number = next(self._numbers)
        child = self._children[number] = Child(self._folder, number)
        begun = self._started[number] = threading.Event()
        request = {
            "id": number,
            "house": house,
            "call": f"{call.__module__}:{call.__name__}",
            "args": args,
            "kill": list(kill) if kill else None,
            "hold": list(hold) if hold else None,
            "answer": str(self._folder / f"{number}.json"),
            "log": str(self._folder / f"{number}.log"),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        if not begun.wait(PATIENCE):
            raise RuntimeError("The zygote gave no answer.")
        del self._started[number]
        return child

    def close(self) -> None:
        """End it, and every call that is still under way."""
        for child in list(self._children.values()):
            child.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._reader.join(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()
