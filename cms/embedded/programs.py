"""The processes that make up a running Policetube, and the supervisor's configuration for them."""

from __future__ import annotations

import shlex
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cms.embedded.environment import ROOT, Installation
from cms.embedded.object_storage import HOST

TETHER = Path(__file__).with_name("tether.py")
STORAGE = "storage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One supervised process.

    One that `serves_others` stops after all that do not. `stop_signal` also ends it when the
    supervisor is killed. `stop_seconds` passed, its whole process group is killed.
    """

    name: str
    command: tuple[str, ...]
    serves_others: bool = False
    stop_signal: Literal["TERM", "INT", "KILL"] = "TERM"
    stop_seconds: int = 8
    stop_group: bool = True


def programs(installation: Installation) -> tuple[Program, ...]:
    """Every process of the embedded profile; the store first, for all others use it."""
    manage = (sys.executable, str(ROOT / "manage.py"))
    store = installation.storage
    return (
        Program(
            name=STORAGE,
            serves_others=True,
            command=(
                *(sys.executable, "-m", "cms.embedded.object_storage"),
                str(installation.state / "storage"),
                *(f"{name}={getattr(store, name)}" for name in store.__slots__),
            ),
        ),
        Program(
            name="edge",
            serves_others=True,
            command=(
                *(script("caddy"), "run", "--adapter", "caddyfile"),
                *("--config", str(installation.run / "Caddyfile")),
            ),
        ),
        Program(
            name="cms",
            command=(
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
                *("--host", HOST, "--port", str(installation.cms_port)),
                *("--workers", "2", "--blocking-threads", "4", "--backpressure", "64"),
                *("--respawn-failed-workers", "--workers-kill-timeout", "5"),
                "cms.embedded.web:application",
            ),
        ),
        Program(
            name="publish-worker",
            command=(*manage, "publish_worker"),
        ),
        Program(
            # Of its own, for what is withdrawn waits behind nothing that the other one does.
            name="takedown-worker",
            command=(*manage, "takedown_worker"),
        ),
        Program(
            # Told alone, it ends its ffmpeg and gives the lease back. An ffmpeg ended behind its
            # back would count as a failure of the file.
            name="media-worker",
            command=(*manage, "media_worker"),
            stop_group=False,
        ),
        Program(
            # Wagtail's own errands (search index, references): never behind an hour of encoding.
            name="task-worker",
            command=(*manage, "task_worker"),
            stop_group=False,
        ),
        Program(
            name="clock",
            command=(*manage, "clock"),
        ),
    )


def script(name: str) -> str:
    """Path of a program that a pinned package installs beside Python."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def supervisor_configuration(
    chosen: tuple[Program, ...], *, folder: Path, logs: Path, run: Path, socket: Path
) -> str:
    """The text of supervisord.conf: nothing starts by itself, what was started is kept running.

    Each program goes through the tether, so that it ends even when the supervisor is killed.
    """
    head = f"""\
; Written by `python -m cms.embedded demo` at every start.
[supervisord]
nodaemon=true
silent=true
logfile={_plain(logs / "supervisord.log")}
logfile_maxbytes=2MB
logfile_backups=1
pidfile={_plain(run / "supervisord.pid")}
minfds=256
strip_ansi=true

[unix_http_server]
file={_plain(socket)}
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
    return head + "".join(_section(program, folder, logs) for program in chosen)


def _section(program: Program, folder: Path, logs: Path) -> str:
    command = shlex.join([sys.executable, "-S", str(TETHER), program.stop_signal, *program.command])
    return f"""
[program:{program.name}]
command={_plain(command)}
directory={_plain(folder)}
autostart=false
autorestart=true
startsecs=1
startretries=100
stopsignal={program.stop_signal}
stopwaitsecs={program.stop_seconds}
stopasgroup={str(program.stop_group).lower()}
killasgroup=true
redirect_stderr=true
stdout_logfile={_plain(logs / f"{program.name}.log")}
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=1
"""


def _plain(value: object) -> str:
    """A value in which the supervisor expands nothing."""
    return str(value).replace("%", "%%")
