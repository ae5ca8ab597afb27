"""`python -m bench.worker CLIP FOLDER`: one encode as the media worker does it, and what it took.

A process of its own: memory is asked for at its end, so nothing else may have been in it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
from pathlib import Path

import django


def main(clip: Path, folder: Path) -> None:
    """Print a line of JSON: bytes of memory, of disk at most and at the end, and objects."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    django.setup()
    from bench.ladder import planned
    from cms.media.encode import encode

    found, plan = planned(clip)
    target = folder / "made"
    target.mkdir()
    most, ended = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.05):
            most = max(most, _size(folder))

    watcher = threading.Thread(target=watch)
    watcher.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        made = encode(clip, target, found, plan, on_share=lambda share: None)
    finally:
        ended.set()
        watcher.join()
    print(
        json.dumps(
            {
                "worker_bytes_before": before * 1024,
                "worker_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "ffmpeg_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
                "disk_bytes": max(most, _size(folder)),
                "made_bytes": made.bytes,
                "objects": len(made.files),
            }
        )
    )


def _size(folder: Path) -> int:
    """Bytes of all files; one that goes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
