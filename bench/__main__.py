"""`python -m bench [NAME]`: run one benchmark or all, print and write what was found."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import django

from bench.result import ROUNDS, Result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    django.setup()
    # Settings first: the media package reads them while it is imported.
    from bench import (
        builder,
        chain,
        economy,
        edge,
        export,
        first_sync,
        ladder,
        publication,
        rollback,
        search,
        sweep,
        upload,
    )

    known: dict[str, Callable[[Path], Result]] = {
        "ladder": lambda folder: ladder.measure(folder, given.seconds, given.rounds, given.clips),
        "economy": lambda folder: economy.measure(folder, given.seconds),
        "publication": publication.measure,
        "chain": lambda folder: chain.measure(folder, given.videos),
        "export": lambda folder: export.measure(folder, given.objects, given.rounds),
        "rollback": lambda folder: rollback.measure(folder, given.objects, given.rounds),
        "edge": edge.measure,
        "builder": lambda folder: builder.measure(folder, given.videos, given.rounds),
        "first_sync": first_sync.measure,
        "search": lambda folder: search.measure(folder, given.videos),
        "sweep": sweep.measure,
        "upload": upload.measure,
    }
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure; see bench/README.md."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(known)}; all of them")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="length of the clips that are encoded"
    )
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help="how often the ladder, or the site, is made"
    )
    parser.add_argument(
        "--videos", type=int, default=10_000, help="of the site that the builder makes"
    )
    parser.add_argument("--objects", type=int, default=20_000, help="that are pushed into a store")
    parser.add_argument(
        "--clips", nargs="+", choices=ladder.CLIPS, default=list(ladder.CLIPS), help="of the ladder"
    )
    given = parser.parse_args(arguments)
    names = given.names or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"There is no benchmark {unknown[0]!r}. There are {', '.join(known)}.")
    for name in names:
        with tempfile.TemporaryDirectory(
            prefix=f"bench-{name}-", ignore_cleanup_errors=True
        ) as folder:
            result = known[name](Path(folder))
        print("\n".join(result.lines()))
        print(f"  written to {result.write()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
