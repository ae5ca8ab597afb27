"""What a benchmark found, and the machine that it was found on."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROUNDS = 3
RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a benchmark ran; `load` is the average over the minute before."""

    cores: int
    processor: str
    python: str
    load: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Medians of `rounds` rounds; `ratios` put one side through the other."""

    name: str
    figures: dict[str, float]
    ratios: dict[str, float]
    machine: Machine
    rounds: int = ROUNDS
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def write(self, folder: Path = RESULTS) -> Path:
        """Write `{name}.json` into the folder."""
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        return path

    def lines(self) -> list[str]:
        """The result as text for a terminal."""
        machine = self.machine
        head = f"{self.name}: {machine.cores} cores, {machine.processor}, load {machine.load:.1f}"
        values = {**self.figures, **self.ratios}
        width = max(map(len, values))
        return [head, *(f"  {name:<{width}}  {_shown(value)}" for name, value in values.items())]


def machine() -> Machine:
    """This machine now; ask before the benchmark, or the load is its own."""
    return Machine(
        cores=len(os.sched_getaffinity(0)),
        processor=_processor(),
        python=platform.python_version(),
        load=round(os.getloadavg()[0], 2),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds of wall time, and of processor time with that of ended children."""

    wall: float
    cpu: float


def spent_on(act: Callable[[], object]) -> Spent:
    """What one call takes. Processor time hardly depends on what else the machine does."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    act()
    return Spent(wall=time.perf_counter() - wall, cpu=cpu_seconds() - cpu)


def cpu_seconds() -> float:
    """Processor time of this process and of its ended children so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _processor() -> str:
    names = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    found = (line.partition(":")[2].strip() for line in names if line.startswith("model name"))
    return next(found, platform.machine())


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}"
