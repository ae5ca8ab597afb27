"""Run the supervisor, ask it things, and end it so that nothing is left behind."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from cms.embedded import tether
from cms.embedded.errors import EmbeddedError
from cms.embedded.programs import Program, supervisor_configuration

# Names, in the environment of everything we start, the run that it belongs to.
MARK = "POLICETUBE_RUN"
UP_SECONDS = 20.0
DOWN_SECONDS = 40.0


class Supervisor:
    """A supervisord that is a child of this process and ends with it."""

    def __init__(
        self, chosen: tuple[Program, ...], *, logs: Path, run: Path, control: Path
    ) -> None:
        self._programs = {program.name: program for program in chosen}
        self._logs = logs
        self._run = run
        self._socket = control
        self._process: subprocess.Popen[bytes] | None = None
        self._mark = secrets.token_hex(8)

    def launch(self, *, folder: Path, environment: Mapping[str, str]) -> None:
        """Start supervisord with no program running yet; raise `program-down`."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self._run.mkdir(parents=True, exist_ok=True)
        self._socket.unlink(missing_ok=True)
        configuration = self._run / "supervisord.conf"
        configuration.write_text(
            supervisor_configuration(
                tuple(self._programs.values()),
                folder=folder,
                logs=self._logs,
                run=self._run,
                socket=self._socket,
            ),
            encoding="utf-8",
        )
        tether.adopt_orphans()
        # A session of its own: Ctrl-C is for us to hear, and for us to pass on. What it says
        # before it opens its log goes to the same file.
        with (self._logs / "supervisord.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-S", str(Path(tether.__file__)), "TERM"),
                    *(sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)),
                ],
                cwd=folder,
                env={**environment, MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
                self._ask("getState")
                return
            time.sleep(0.05)
        raise self.down("supervisord")

    def start(self, name: str) -> None:
        """Have one program started and kept running; raise `program-down`."""
        try:
            self._ask("startProcess", name, False)
        except (OSError, xmlrpc.client.Error) as error:
            raise self.down(name) from error

    def process_id(self, name: str) -> int | None:
        """The program's process ID, None while it does not run."""
        return int(self._ask("getProcessInfo", name)["pid"]) or None

    def is_alive(self) -> bool:
        """Whether supervisord itself runs."""
        return self._process is not None and self._process.poll() is None

    def log_tail(self, name: str, lines: int = 12) -> str:
        """The last lines of a program's log."""
        try:
            text = (self._logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """Stop the programs, those that serve others last, then supervisord and all leftovers."""
        if self._process is None:
            return
        serving = {name for name, program in self._programs.items() if program.serves_others}
        with contextlib.suppress(OSError, http.client.HTTPException, xmlrpc.client.Error):
            self._stop_programs(self._programs.keys() - serving)
            self._stop_programs(serving)
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            self._process.wait(timeout=DOWN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self._socket.unlink(missing_ok=True)
        _end_marked(self._mark)
        tether.adopt_orphans(False)

    def _stop_programs(self, names: Set[str]) -> None:
        """Tell all to stop at once; return when they have, or patience ends."""
        for name in names:
            with contextlib.suppress(xmlrpc.client.Fault):
                self._ask("stopProcess", name, False)
        deadline = time.monotonic() + DOWN_SECONDS / 2
        while time.monotonic() < deadline:
            running = {info["name"] for info in self._ask("getAllProcessInfo") if info["pid"]}
            if not running & names:
                return
            time.sleep(0.05)

    def _ask(self, method: str, *arguments: object) -> Any:
        """One call of the supervisor's XML-RPC interface, over its Unix socket."""
        with xmlrpc.client.ServerProxy(
            "http://localhost", transport=_UnixTransport(self._socket)
        ) as server:
            return getattr(server.supervisor, method)(*arguments)

    def down(self, name: str) -> EmbeddedError:
        """The error that says a program does not run, with the end of its log."""
        log = self._logs / f"{name}.log"
        tail = self.log_tail(name)
        return EmbeddedError(
            "program-down",
            indonesian=f"Program “{name}” tidak mau berjalan. Lihat catatannya: {log}",
            english=f"The program “{name}” does not stay up. See its log: {log}\n{tail}".rstrip(),
        )


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.close()
            raise


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _UnixConnection(self._path)
        # Where the base class looks for what it has to close.
        self._connection = host, connection
        return connection


@contextlib.contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Inside, SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt.

    SIGINT too: a script that starts us in the background has it ignored. A SIGHUP that is ignored
    was meant to be, by nohup.
    """

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_marked(mark: str, patience: float = 5.0) -> None:
    """Kill and reap every process whose environment carries `mark`, whoever its parent is."""
    deadline = time.monotonic() + patience
    while (found := _marked(mark)) and time.monotonic() < deadline:
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            # Ours to reap if its own parent ended: see adopt_orphans.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
        time.sleep(0.02)


def _marked(mark: str) -> list[int]:
    """Process IDs of all that started with `mark` in their environment (proc(5))."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        # Not ours to read, or gone in the meantime.
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found
