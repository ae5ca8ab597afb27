"""`python -m cms.embedded demo`: the whole platform on this machine."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from cms.embedded.console import Console
from cms.embedded.environment import read_installation
from cms.embedded.errors import EmbeddedError
from cms.embedded.state import alone

EPILOG = """\
environment:
  CMS_PORT, SITE_PORT, S3_PORT   ports (8000, 8080, 8333); the store's inner ports move with S3_PORT
  STATE_DIR                      where everything is kept (var)
  VIDEO                          the same as --video

exit status:
  0  stopped as asked
  1  could not start, or something ended by itself: the message says what to do
  2  the command line is wrong
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args(arguments)
    console = Console()
    try:
        installation = read_installation(os.environ)
        if options.command == "is-stopped":
            with alone(installation.run):
                return 0
        # Loaded late: checks of the command line need neither Django nor the supervisor.
        from cms.embedded.demo import run

        run(
            installation,
            console,
            video=options.video,
            exit_when_ready=options.exit_when_ready,
        )
    except EmbeddedError as error:
        console.problem(error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cms.embedded",
        description="Run the whole platform on this machine, with nothing to install beside it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="start everything, show it, run until Ctrl-C")
    given = os.environ.get("VIDEO", "")
    demo.add_argument(
        "--video",
        type=Path,
        default=Path(given) if given else None,
        metavar="FILE",
        help="publish this clip, of any kind, instead of generated ones",
    )
    demo.add_argument(
        "--exit-when-ready", action="store_true", help="stop everything once the site answers"
    )
    commands.add_parser("is-stopped", help="tell whether no demo runs over this state folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
