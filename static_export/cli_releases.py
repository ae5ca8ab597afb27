"""The commands about earlier releases: `rollback`, `releases`, `gc`."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path
from typing import Any

from static_export.build import MANIFEST, Build
from static_export.console import (
    DIFFERS,
    DONE,
    TARGETS,
    add_targets,
    opened,
    print_report,
    step_printer,
)
from static_export.gc import collect_garbage
from static_export.releases import releases_of
from static_export.rollback import rollback
from static_export.targets.base import Target


def add_release_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
) -> None:
    back = _target_command(commands, "rollback", _rollback, "return to a release that is kept")
    back.add_argument("--sequence", type=int, required=True, help="of the release, see releases")
    back.add_argument(
        "--without", action="append", default=[], metavar="PATH", help="a page that stays as it is"
    )
    back.add_argument(
        "--dist",
        type=Path,
        metavar="DIR",
        help="folder of the live build, of which no copies are made (that beside --state)",
    )
    back.add_argument("--dry-run", action="store_true", help="only say what would be done")
    back.add_argument("--edge", metavar="URL", help="read changed URLs back and compare bytes")
    back.add_argument("--purge-url", metavar="URL", help="send PURGE to this cache")
    _target_command(commands, "releases", _releases, "list what can be returned to")
    collecting = _target_command(commands, "gc", _collect, "find and delete what nothing names")
    collecting.add_argument("--dry-run", action="store_true", help="only say what would be deleted")


def _target_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: object,
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=TARGETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_targets(command)
    command.add_argument(
        "--state", type=Path, default=Path("dist.state"), metavar="DIR", help="folder of the lock"
    )
    command.set_defaults(run=run)
    return command


def _rollback(options: argparse.Namespace) -> int:
    reports = []
    targets = opened(options)
    several = len(targets) > 1
    for target in targets:
        reports.append(
            rollback(
                target=target,
                sequence=options.sequence,
                state=options.state,
                without=options.without,
                dry_run=options.dry_run,
                edge=options.edge,
                progress=None if options.json else step_printer(target.name if several else ""),
                purge_url=options.purge_url,
                dist=_at_hand(options.dist, options.state),
            )
        )
        if not options.json:
            print_report(reports[-1])
    if options.json:
        print(json.dumps([report.as_json() for report in reports], indent=2))
    return DIFFERS if any(report.unverified for report in reports) else DONE


def _at_hand(given: Path | None, state: Path) -> Path | None:
    """The build that was named, or the one that pushes with this lock take by default."""
    if given is not None:
        return Build.open(given).folder
    beside = state.with_suffix("")
    return beside if state.suffix == ".state" and (beside / MANIFEST).exists() else None


def _releases(options: argparse.Namespace) -> int:
    found = [_known(target, options.state) for target in opened(options)]
    if options.json:
        print(json.dumps(found, indent=2))
        return DONE
    for one in found:
        live = "(nothing)" if one["live"] is None else one["live"]
        print(f"{one['target']}: live is change {live}")
        for release in reversed(one["kept"]):
            print(f"  change {release['sequence']}: {_said_of(release)}")
    return DONE


def _known(target: Target, state: Path) -> dict[str, Any]:
    with closing(target):
        return releases_of(target, state)


def _said_of(release: dict[str, Any]) -> str:
    if url := release.get("url"):
        return f"released {release['at']}, {release['files']} files, shown at {url}"
    left = f", {release['left']} left to its build" if release["left"] else ""
    return (
        f"live until {release['at']}, {release['artifacts']} files, "
        f"{release['replaced']} of them replaced since by the next{left}"
    )


def _collect(options: argparse.Namespace) -> int:
    found = []
    for target in opened(options):
        name = target.name
        orphans = collect_garbage(target=target, state=options.state, dry_run=options.dry_run)
        found.append({"target": name, "orphans": [list(one) for one in orphans]})
        if not options.json:
            for key, reason in orphans:
                print(f"delete   {key}  ({reason})")
            print(f"{name}: {len(orphans)} orphans{' (dry run)' if options.dry_run else ''}")
    if options.json:
        print(json.dumps(found, indent=2))
    return DONE
