"""What the commands have in common: targets, exit statuses, and how reports are printed."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from static_export.errors import ExportError
from static_export.report import PushReport, Step
from static_export.targets import open_target
from static_export.targets.base import Target

DONE, FAILED, REFUSED, DIFFERS = 0, 1, 3, 4
TARGETS = """\
targets:
  file:DIR             a folder that an edge on this machine serves (see edge-config)
  s3://bucket[/prefix] any S3 store; from the environment SITE_S3_ENDPOINT_URL, SITE_S3_REGION,
                       SITE_S3_ACCESS_KEY_ID, SITE_S3_SECRET_ACCESS_KEY, or the names without
                       SITE_ (keys: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)
  netlify:SITE         a Netlify site by id or domain; NETLIFY_AUTH_TOKEN from the environment

exit status:
  0  done, or nothing to do
  1  a target failed part-way, or another push is at work: run the same command again
  2  the command line is wrong
  3  refused: an older or foreign build, a mass deletion, a damaged build or state, an unknown
     target. Nothing was changed; the message says what to do
  4  pushed, but the edge or the target does not hold what was built; mirrors differ
With several targets each is pushed to, whatever becomes of the others; 3 comes before 1 before 4.
"""


def add_targets(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--to", action="append", required=True, metavar="TARGET", help="target; may be repeated"
    )
    command.add_argument("--s3-endpoint-url", metavar="URL", help="instead of S3_ENDPOINT_URL")
    command.add_argument("--s3-region", metavar="NAME", help="instead of S3_REGION")
    command.add_argument("--json", action="store_true", help="print the report as JSON")


def opened(options: argparse.Namespace) -> list[Target]:
    """All targets of the command line; none is touched if one of them is no target."""
    found: list[Target] = []
    try:
        for address in options.to:
            found.append(
                open_target(
                    address,
                    s3_endpoint_url=options.s3_endpoint_url,
                    s3_region=options.s3_region,
                )
            )
    except ExportError:
        for target in found:
            target.close()
        raise
    return found


def step_printer(target: str) -> Callable[[Step], None]:
    """Prints steps; with the target's name where several push at once."""
    where = f"  {target}" if target else ""

    def print_step(step: Step) -> None:
        done = f"{step.done:>6}/{step.total} {step.verb:<8} {step.key}  ({step.reason}){where}"
        print(done, flush=True)

    return print_step


def print_report(report: PushReport) -> None:
    if report.dry_run:
        for verb, pairs in (
            ("put", report.uploaded),
            ("restore", report.restored),
            ("redirect", report.redirects),
            ("gone", report.gone),
            ("delete", report.deleted),
        ):
            for key, reason in pairs:
                print(f"{verb:<8} {key}  ({reason})")
    if report.shown_at:
        print(f"shown at {report.shown_at}")
    for path, problem in report.unverified:
        print(f"NOT AS BUILT at the edge: {path}: {problem}")
    print(
        f"{report.target}: change {report.sequence}"
        f"{' (dry run)' if report.dry_run else ''}: {len(report.uploaded)} uploaded, "
        f"{len(report.restored)} restored, "
        f"{len(report.redirects)} redirected, {len(report.gone)} gone, "
        f"{len(report.deleted)} deleted, {report.skipped} unchanged, "
        f"{len(report.verified)} verified at the edge, in {report.seconds:.2f} s"
    )
