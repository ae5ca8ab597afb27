"""What the demo prints: one line a step, a bar for a clip, a block at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from cms.embedded.errors import EmbeddedError

BAR_WIDTH = 24
# How often a bar is printed anew where it cannot be redrawn, in per cent.
PLAIN_STEP = 20


class Console:
    """Writes for people: Indonesian first, English second. Redraws only on a terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._redraws = self._stream.isatty()
        self._started = time.monotonic()

    def say(self, text: str = "") -> None:
        """Print one or more whole lines."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    @contextmanager
    def step(self, indonesian: str, english: str) -> Iterator[None]:
        """Name a step, then the seconds it took."""
        begun = time.monotonic()
        title = f"  {indonesian} · {english}"
        if self._redraws:
            self._stream.write(f"{title} …")
            self._stream.flush()
        try:
            yield
        except BaseException:
            if self._redraws:
                self.say()
            raise
        self._redraw(f"{title} ✓ {time.monotonic() - begun:.1f} s", last=True)

    def bar(self, name: str) -> Bar:
        """A progress bar for one clip."""
        return Bar(self, name)

    def problem(self, error: EmbeddedError) -> None:
        """Tell what keeps us from starting, in both languages."""
        self.say(f"\n✗ {error.indonesian}\n\n✗ {error.english}\n")

    def _redraw(self, line: str, *, last: bool) -> None:
        if self._redraws:
            # Back to the first column, and clear what was there (ECMA-48 EL).
            self._stream.write(f"\r\x1b[K{line}")
            if last:
                self._stream.write("\n")
            self._stream.flush()
        else:
            self.say(line)


class Bar:
    """Progress of one clip, from the asset's own row."""

    def __init__(self, console: Console, name: str) -> None:
        self._console = console
        self._name = name
        self._begun = time.monotonic()
        self._printed = -PLAIN_STEP
        self._stage = ""

    def show(self, percent: int, stage: str) -> None:
        """Draw the bar at `percent` of 100."""
        redraws = self._console._redraws
        if not redraws and percent < self._printed + PLAIN_STEP and stage == self._stage:
            return
        self._printed, self._stage = percent, stage
        self._console._redraw(self._line(percent, stage), last=False)

    def finish(self, percent: int, verdict: str) -> None:
        """Draw the bar for the last time, with how it ended."""
        seconds = time.monotonic() - self._begun
        self._console._redraw(f"{self._line(percent, verdict)} · {seconds:.0f} s", last=True)

    def _line(self, percent: int, stage: str) -> str:
        filled = "█" * round(percent / 100 * BAR_WIDTH)
        return f"  {self._name[:34]:<34} [{filled:·<{BAR_WIDTH}}] {percent:>3}% {stage}"
