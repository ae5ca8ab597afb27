"""The command line: `python -m static_export push | plan | verify | rollback | …`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from static_export.access import deployer_policy, public_policy
from static_export.agree import agreement
from static_export.build import Build
from static_export.cli_releases import add_release_commands
from static_export.console import (
    DIFFERS,
    DONE,
    FAILED,
    REFUSED,
    TARGETS,
    add_targets,
    opened,
    print_report,
    step_printer,
)
from static_export.edge import EdgeSettings, caddyfile
from static_export.edge.varnish import PURGE_FROM, VarnishSettings, vcl
from static_export.errors import ExportError
from static_export.kept import KEEP
from static_export.mirrors import Outcome, push_to_each
from static_export.push import push
from static_export.release import verify_release
from static_export.report import PushReport
from static_export.targets.base import ReleaseTarget, Target
from static_export.verify import Verdict, verify_edge, verify_target


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except ExportError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return FAILED if error.retryable else REFUSED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m static_export",
        description="Take a built site to where the public reads it, in order and verified.",
        epilog=TARGETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    pushing = _command(commands, "push", _push, "upload what changed, delete what is gone")
    pushing.add_argument("--dry-run", action="store_true", help="only say what would be done")
    pushing.add_argument(
        "--draft",
        action="store_true",
        help="only show it, at an address of its own (Netlify); what is live stays",
    )
    _add_push_options(pushing)
    planning = _command(commands, "plan", _push, "say what a push would do, and why")
    _add_push_options(planning)
    planning.set_defaults(dry_run=True, draft=False)
    verifying = _command(commands, "verify", _verify, "compare a target with a build, byte by byte")
    verifying.add_argument("--edge", metavar="URL", help="also ask the edge for every URL")
    add_release_commands(commands)
    _add_agree(commands)
    _add_policy(commands)
    _add_edge_config(commands)
    return parser


def _command(
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
    command.add_argument("dist", type=Path, metavar="DIR", help="folder of the build")
    add_targets(command)
    command.set_defaults(run=run)
    return command


def _add_push_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--allow-mass-delete",
        action="store_true",
        help="remove more than 20 %% of the pages (and more than 20) in one push",
    )
    command.add_argument(
        "--accept-epoch", action="store_true", help="replace a site of another database"
    )
    command.add_argument(
        "--edge", metavar="URL", help="read changed URLs back from here and compare bytes"
    )
    command.add_argument(
        "--purge-url", metavar="URL", help="send PURGE for changed URLs to this cache"
    )
    command.add_argument(
        "--state", type=Path, metavar="DIR", help="folder of the lock (DIR.state beside the build)"
    )
    command.add_argument(
        "--keep", type=int, default=KEEP, metavar="N", help="earlier releases kept (%(default)s)"
    )


def _add_policy(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "policy",
        help="print the least that a key, or the public, needs at a bucket",
        description="Print an AWS policy document: the least that is needed at a bucket.",
    )
    command.add_argument("target", metavar="s3://BUCKET[/PREFIX]")
    command.add_argument(
        "--for",
        dest="whom",
        choices=("deployer", "public"),
        default="deployer",
        help="deployer: the policy of the key that pushes; public: that of the bucket",
    )
    command.set_defaults(run=_policy)


def _policy(options: argparse.Namespace) -> int:
    make = deployer_policy if options.whom == "deployer" else public_policy
    print(json.dumps(make(options.target), indent=2))
    return DONE


def _add_agree(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "agree",
        help="say whether mirrors hold the same, and what differs",
        description="Say whether mirrors hold the same, and what differs: by their manifests.",
        epilog=TARGETS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_targets(command)
    command.add_argument(
        "--edge",
        action="append",
        metavar="URL",
        help="also ask this edge for some addresses; may be repeated",
    )
    command.add_argument(
        "--deep", action="store_true", help="read every file, and every address of every edge"
    )
    command.set_defaults(run=_agree)


def _add_edge_config(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    config = commands.add_parser(
        "edge-config",
        help="print the configuration of a server for a file: or s3:// target",
        description="Print a static configuration: of Caddy before a file: target, or of Varnish "
        "before an s3:// target.",
    )
    config.add_argument(
        "--kind", choices=("caddy", "varnish"), default="caddy", help="of server (%(default)s)"
    )
    config.add_argument(
        "--media-origin", required=True, metavar="URL", help="where the media are (MEDIA_BASE_URL)"
    )
    caddy = config.add_argument_group("caddy")
    caddy.add_argument("--root", type=Path, metavar="DIR", help="folder of the file: target")
    caddy.add_argument(
        "--listen", default="127.0.0.1:8080", help="host:port, or https://host (%(default)s)"
    )
    caddy.add_argument(
        "--access-log", type=Path, metavar="FILE", help="access log (ROOT.access.log)"
    )
    varnish = config.add_argument_group("varnish")
    varnish.add_argument("--origin", metavar="TARGET", help="the target, s3://bucket[/prefix]")
    varnish.add_argument(
        "--s3-endpoint-url", metavar="URL", help="where its store answers (S3_ENDPOINT_URL)"
    )
    varnish.add_argument(
        "--purge-from",
        action="append",
        metavar="ADDRESS",
        help="address or network that may purge; may be repeated (127.0.0.1 and ::1)",
    )
    config.set_defaults(run=_edge_config)


def _push(options: argparse.Namespace) -> int:
    targets = opened(options)
    several = len(targets) > 1

    def push_one(target: Target) -> PushReport:
        return push(
            dist=options.dist,
            target=target,
            dry_run=options.dry_run,
            edge=options.edge,
            allow_mass_delete=options.allow_mass_delete,
            state=options.state,
            progress=None if options.json else step_printer(target.name if several else ""),
            accept_epoch=options.accept_epoch,
            purge_url=options.purge_url,
            keep=options.keep,
            draft=options.draft,
        )

    outcomes = push_to_each(targets, push_one)
    if options.json:
        print(json.dumps([_outcome_as_json(outcome) for outcome in outcomes], indent=2))
    for outcome in outcomes:
        if outcome.error:
            where = f"{outcome.target}: " if several else ""
            print(f"{outcome.error.code}: {where}{outcome.error}", file=sys.stderr)
        elif outcome.report and not options.json:
            print_report(outcome.report)
    return _worst(outcomes)


def _outcome_as_json(outcome: Outcome) -> dict[str, object]:
    if outcome.report:
        return outcome.report.as_json()
    error = {"code": outcome.error.code, "message": str(outcome.error)} if outcome.error else None
    return {"target": outcome.target, "error": error}


def _worst(outcomes: Sequence[Outcome]) -> int:
    """What needs a person, before what needs another push, before what needs another look."""
    errors = [outcome.error for outcome in outcomes if outcome.error]
    if any(not error.retryable for error in errors):
        return REFUSED
    if errors:
        return FAILED
    reports = [outcome.report for outcome in outcomes if outcome.report]
    return DIFFERS if any(report.unverified for report in reports) else DONE


def _verify(options: argparse.Namespace) -> int:
    build = Build.open(options.dist)
    found = []
    for one in opened(options):
        with closing(one) as target:
            if isinstance(target, ReleaseTarget):
                verdict = verify_release(build, target)
            else:
                verdict = verify_target(build, target)
            found.append((target.name, verdict))
    if options.edge:
        found.append((options.edge, verify_edge({**build.items()}, options.edge)))
    if options.json:
        print(json.dumps([_verdict_as_json(*pair) for pair in found], indent=2))
    else:
        for where, verdict in found:
            _print_verdict(where, verdict)
    return DIFFERS if any(verdict.wrong for _, verdict in found) else DONE


def _verdict_as_json(where: str, verdict: Verdict) -> dict[str, object]:
    return {"where": where, "right": len(verdict.right), "wrong": dict(verdict.wrong)}


def _print_verdict(where: str, verdict: Verdict) -> None:
    for name, problem in verdict.wrong:
        print(f"{where}  {name}: {problem}")
    print(f"{where}: {len(verdict.right)} right, {len(verdict.wrong)} wrong")


def _agree(options: argparse.Namespace) -> int:
    targets = opened(options)
    try:
        found = agreement(targets, options.edge or (), deep=options.deep)
    finally:
        for target in targets:
            target.close()
    print(json.dumps(found.as_json(), indent=2) if options.json else "\n".join(found.lines()))
    if not found.is_known:
        return FAILED
    return DONE if found.is_whole else DIFFERS


def _edge_config(options: argparse.Namespace) -> int:
    print(_varnish(options) if options.kind == "varnish" else _caddy(options), end="")
    return DONE


def _caddy(options: argparse.Namespace) -> str:
    if options.root is None:
        raise ExportError("bad-target", "Give --root, the folder of the file: target.")
    return caddyfile(
        EdgeSettings(
            root=options.root,
            listen=options.listen,
            media_origin=options.media_origin,
            access_log=options.access_log,
        )
    )


def _varnish(options: argparse.Namespace) -> str:
    endpoint_url = options.s3_endpoint_url or os.environ.get("S3_ENDPOINT_URL")
    if options.origin is None or not endpoint_url:
        raise ExportError(
            "bad-target",
            "Give --origin, the s3:// target, and --s3-endpoint-url, where its store answers.",
        )
    return vcl(
        VarnishSettings(
            origin=options.origin,
            endpoint_url=endpoint_url,
            media_origin=options.media_origin,
            purge_from=tuple(options.purge_from or PURGE_FROM),
        )
    )
