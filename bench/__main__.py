"""`python -m bench [NAME]`: run one benchmark or all, print and write what was found."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import django


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return the exit status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.test")
    django.setup()
    # Settings first: the media package reads them while it is imported.
    from bench import ladder, publication, sweep, upload

    known = {
        "ladder": ladder.measure,
        "publication": publication.measure,
        "sweep": sweep.measure,
        "upload": upload.measure,
    }
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure; see bench/README.md."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(known)}; all of them")
    names = parser.parse_args(arguments).names or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"There is no benchmark {unknown[0]!r}. There are {', '.join(known)}.")
    for name in names:
        with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as folder:
            result = known[name](Path(folder))
        print("\n".join(result.lines()))
        print(f"  written to {result.write()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
