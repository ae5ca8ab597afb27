"""Runs ffmpeg and ffprobe: no shell, bounded in time, memory and bytes, dead with its worker."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from cms.media.errors import ErrorCode, MediaError

logger = logging.getLogger(__name__)

LAUNCHER = Path(__file__).with_name("launch.py")
# What a tool may read: this file and its own pipes; no network, no list of other files.
PROTOCOLS = "file,pipe"
# Containers only. Playlists, concat lists, image sequences and text screens are not among them.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,dv,"
    "mp3,wav,flac,aac,amr,aiff,caf,h264,hevc,m4v,ivf,rm,nut"
)
GIGABYTE = 1024**3
MEMORY = 8 * GIGABYTE
# ffmpeg starts some threads an encoder for each core; with the economy set it has some 360.
PROCESSES = 512 + 64 * (os.cpu_count() or 1)
TAIL_LINES = 60
TICK_SECONDS = 1.0
# All that a tool learns beside PATH: the worker's environment holds keys of storage and database.
LANGUAGE = "C.UTF-8"
# SVT-AV1 tells its settings on standard error, whose end is kept: errors only.
SVT_LOG = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds of wall time, bytes of address space, bytes of the largest file it may write.

    No tool may use more time of the processors than they all have in those seconds, be more than
    `processes` at once, threads included, nor reach the network unless that is said.
    """

    seconds: float
    memory: int = MEMORY
    file_size: int = GIGABYTE
    processes: int = PROCESSES
    network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a tool ended."""

    status: int
    errors: str

    @property
    def succeeded(self) -> bool:
        return self.status == 0


@lru_cache(maxsize=1)
def can_isolate() -> bool:
    """Whether this machine lets a tool be put into a network of its own, with nothing in it."""
    tried = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), "try"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if tried.returncode != 0:
        logger.warning(
            "This machine allows no user namespaces: tools are kept from the network by their "
            "list of protocols alone, and their number of processes is not limited."
        )
    return tried.returncode == 0


def run(
    arguments: list[str],
    *,
    limits: Limits,
    on_line: Callable[[str], None],
    tick: Callable[[], None],
) -> Outcome:
    """Run to the end; each line of standard output goes to `on_line`.

    `tick` is called at least once a second; an exception from it or from `on_line` ends the tool
    and goes on. Raises `TIME_LIMIT`; a failing tool is an `Outcome`, not an exception.
    """
    process = subprocess.Popen(
        [
            sys.executable,
            "-I",
            "-S",
            str(LAUNCHER),
            str(os.getpid()),
            str(limits.memory),
            str(limits.file_size),
            str(math.ceil(limits.seconds) * (os.cpu_count() or 1)),
            str(limits.processes),
            "open" if limits.network or not can_isolate() else "closed",
            "--",
            *arguments,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={"PATH": os.environ.get("PATH", os.defpath), "LANG": LANGUAGE, "SVT_LOG": SVT_LOG},
    )
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    try:
        _follow(process, limits.seconds, on_line, tail.append, tick)
        status = process.wait()
    except BaseException:
        _kill(process)
        raise
    finally:
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
    return Outcome(status=status, errors="\n".join(tail))


def _follow(
    process: subprocess.Popen[bytes],
    seconds: float,
    on_line: Callable[[str], None],
    on_error: Callable[[str], None],
    tick: Callable[[], None],
) -> None:
    """Hand out lines of both pipes as they come, until both are closed."""
    deadline = time.monotonic() + seconds
    next_tick = time.monotonic() + TICK_SECONDS
    with selectors.DefaultSelector() as selector:
        for pipe, sink in ((process.stdout, on_line), (process.stderr, on_error)):
            if pipe is not None:
                selector.register(pipe, selectors.EVENT_READ, _Lines(pipe, sink))
        while selector.get_map():
            for key, _events in selector.select(timeout=TICK_SECONDS):
                if not key.data.read():
                    selector.unregister(key.fileobj)
            if (now := time.monotonic()) >= next_tick:
                next_tick = now + TICK_SECONDS
                tick()
            if now >= deadline:
                raise MediaError(
                    ErrorCode.TIME_LIMIT,
                    f"Processing took longer than {seconds:.0f} seconds and was stopped.",
                )


class _Lines:
    """Cuts what a pipe brings into lines, of bounded length."""

    LONGEST = 64 * 1024

    def __init__(self, pipe: IO[bytes], sink: Callable[[str], None]) -> None:
        self.descriptor = pipe.fileno()
        self.sink = sink
        self.rest = b""

    def read(self) -> bool:
        """Take what is there; False at the end of the pipe."""
        data = os.read(self.descriptor, self.LONGEST)
        *lines, self.rest = re.split(rb"[\r\n]+", self.rest + data)
        if not data or len(self.rest) > self.LONGEST:
            lines.append(self.rest)
            self.rest = b""
        for line in lines:
            if line:
                self.sink(line.decode(errors="replace"))
        return bool(data)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the tool and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
