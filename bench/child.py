"""`python -m bench.child MODULE:FUNCTION JSON`: one part of a benchmark in a process of its own.

Memory is asked for at the end, so nothing else may have been in it; caches begin cold.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

Found = dict[str, float]


def run(function: str, **arguments: Any) -> Found:
    """What a function answers; `cpu` seconds of all processes, `memory` bytes of the largest."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.child", function, json.dumps(arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def main(function: str, arguments: str) -> None:
    """Call it and print a line of JSON."""
    module, _, name = function.partition(":")
    found = getattr(importlib.import_module(module), name)(**json.loads(arguments))
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found |= {
        "cpu": sum(use.ru_utime + use.ru_stime for use in uses),
        "memory": max(_most_kilobytes(), uses[1].ru_maxrss) * 1024.0,
    }
    print(json.dumps(found))


def _most_kilobytes() -> int:
    """Most memory that this process had; its `ru_maxrss` may be that of the one that began it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
