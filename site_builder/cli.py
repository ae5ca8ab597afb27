"""`python -m site_builder`: build, plan, verify, explain, dependents, check, serve, patterns."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from site_builder import assets as front_end
from site_builder import decode, keys, manifest, membership, patterns
from site_builder.build import BuildReport, Progress, build, locked, opened, planned
from site_builder.check import check
from site_builder.client import Client, HttpTransport
from site_builder.errors import BuilderError, ErrorCode
from site_builder.ledger import ASSET, Ledger
from site_builder.records import Publication
from site_builder.routes import ROUTES
from site_builder.serve import serving
from site_builder.settings import Settings, origin
from site_builder.store import Store
from site_builder.sync import sync
from site_builder.theme import Theme
from site_builder.verify import verify

FAILURES_SHOWN = 20
DEFAULT_SITE = "http://127.0.0.1:8080"
EXIT = """exit status:
  0  done
  1  refused, given up or a template failed: the message says why, the output is as before;
     or `check` found something broken
  2  the command line is wrong
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except BuilderError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 1
    except (OSError, sqlite3.OperationalError) as error:
        print(f"{error}. Mend that and try again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the next build goes on from here.", file=sys.stderr)
        return 130
    return status


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m site_builder",
        description="Build the public site from a GraphQL API, rendering only what changed.",
        epilog=EXIT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = made.add_subparsers(required=True, metavar="COMMAND")

    command = _command(commands, "build", _build, "pull what changed, render and write it")
    _site_options(command)
    command.add_argument(
        "--full", action="store_true", help="read everything again and render every page"
    )
    command.add_argument("--quiet", action="store_true", help="print no progress")

    command = _command(commands, "plan", _plan, "say what a build would render and remove, and why")
    _site_options(command)

    command = _command(commands, "verify", _verify, "compare the store with the API by version")
    _state_options(command)
    _api_option(command)

    command = _command(commands, "explain", _explain, "say what an artifact depends on")
    _state_options(command)
    command.add_argument("path", metavar="PATH", help="output path or URL path")

    command = _command(commands, "dependents", _dependents, "say which artifacts depend on a key")
    _state_options(command)
    command.add_argument("key", metavar="KEY", help="such as unit:polda-bali or page:video:7k3m")

    command = _command(commands, "check", _check, "find broken links and files in a build")
    command.add_argument("folder", type=Path, nargs="?", default=Path("dist"), metavar="DIR")
    command.add_argument(
        "--site-url",
        metavar="URL",
        help="public address of the site (what the home page calls canonical)",
    )
    command.add_argument("--quiet", action="store_true", help="print no progress")

    command = _command(commands, "serve", _serve, "look at a build in a browser")
    command.add_argument("--out", type=Path, default=Path("dist"), help="built folder (dist)")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=8080)

    command = _command(
        commands, "patterns", _patterns, "look at every component of the theme in all its states"
    )
    _look_options(command)
    command.add_argument("--out", type=Path, help="write the page there instead of serving it")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=8090)
    return made


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    summary: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
    command.set_defaults(run=run)
    return command


def _state_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, default=Path("dist"), help="output folder (dist)")
    command.add_argument(
        "--state", type=Path, help="what the builder remembers (OUT.state beside the output)"
    )


def _api_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--api",
        default=os.environ.get("GRAPHQL_URL"),
        metavar="URL",
        help="GraphQL endpoint (environment: GRAPHQL_URL)",
    )


def _site_options(command: argparse.ArgumentParser) -> None:
    _state_options(command)
    _api_option(command)
    command.add_argument(
        "--site-url",
        default=os.environ.get("SITE_BASE_URL") or DEFAULT_SITE,
        metavar="URL",
        help=f"public address of the site (environment: SITE_BASE_URL; {DEFAULT_SITE})",
    )
    command.add_argument(
        "--media-origin",
        default=os.environ.get("MEDIA_BASE_URL"),
        metavar="URL",
        help="origin of the media (environment: MEDIA_BASE_URL; that of the newest video)",
    )
    _look_options(command)


def _look_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--language", default="id", help="language of the pages (id)")
    command.add_argument(
        "--theme",
        type=Path,
        default=os.environ.get("SITE_THEME") or None,
        metavar="DIR",
        help="a theme: its templates/ and assets/ go before the built-in ones "
        "(environment: SITE_THEME)",
    )
    command.add_argument(
        "--templates", type=Path, metavar="DIR", help="templates that go before the built-in ones"
    )
    command.add_argument(
        "--assets", type=Path, metavar="DIR", help="front-end files in place of the built-in ones"
    )


def _state(options: argparse.Namespace) -> Path:
    state: Path = options.state or options.out.with_name(f"{options.out.name}.state")
    return state


def _existing(options: argparse.Namespace) -> Path:
    state = _state(options)
    if not state.exists():
        raise BuilderError(
            ErrorCode.NOTHING_BUILT,
            f"{state} is not there. Build the site first, or give --state.",
        )
    return state


def _transport(options: argparse.Namespace) -> HttpTransport:
    if not options.api:
        raise BuilderError(
            ErrorCode.SETTING_INVALID, "No API is given. Use --api URL or set GRAPHQL_URL."
        )
    return HttpTransport(options.api)


def _media_origin(options: argparse.Namespace, store: Store, client: Client) -> str:
    """As given, else the origin of a picture of the newest publication, else the site's own."""
    if options.media_origin:
        return str(options.media_origin)
    newest = store.newest(keys.ALL, count=1)
    if newest:
        return origin(store.card(newest[0][1])["poster"]["url"])
    for kind in ("videos", "stories"):
        nodes, _ = next(client.pages(kind))
        for node in nodes[:1]:
            record = decode.record(node)
            if isinstance(record, Publication):
                return origin(membership.card(record)["poster"]["url"])
    return origin(options.site_url)


def _build(options: argparse.Namespace) -> int:
    transport, state = _transport(options), _state(options)
    with locked(state), opened(state) as store:
        media_origin = _media_origin(options, store, Client(transport))
    report = build(
        transport=transport,
        out=options.out,
        state=state,
        site_url=options.site_url,
        media_origin=media_origin,
        language=options.language,
        full=options.full,
        templates=options.templates,
        assets=options.assets,
        theme=options.theme,
        progress=None if options.quiet else Ticker(),
    )
    return _tell(report)


def _tell(report: BuildReport) -> int:
    for failure in report.failed[:FAILURES_SHOWN]:
        print(f"failed   {failure}", file=sys.stderr)
    if len(report.failed) > FAILURES_SHOWN:
        print(f"failed   … and {len(report.failed) - FAILURES_SHOWN} more", file=sys.stderr)
    for path, reason in report.removed:
        print(f"removed  {path} ({reason})")
    print(
        f"sequence {report.sequence}: {len(report.rendered)} rendered, {len(report.written)} "
        f"written, {len(report.removed)} removed, {len(report.failed)} failed "
        f"in {report.seconds:.2f} s"
    )
    if report.failed:
        print("Nothing was written: mend the templates and build again.", file=sys.stderr)
    return 1 if report.failed else 0


class Ticker:
    """Progress on the terminal's error stream, at most twice a second."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + 0.5
        total = f"/{progress.total}" if progress.total else ""
        print(f"{progress.stage} {progress.done}{total}", file=sys.stderr)


def _plan(options: argparse.Namespace) -> int:
    state, theme = _state(options), Theme.at(options.theme)
    with locked(state), opened(state) as store:
        client = Client(_transport(options))
        sync(store, client)
        settings = Settings.checked(
            site_url=options.site_url,
            media_origin=_media_origin(options, store, client),
            language=options.language,
        )
        made, _ = planned(
            store,
            settings=settings,
            assets=front_end.load(options.assets, over=theme.assets),
            templates=options.templates or theme.templates,
            out=options.out,
            state=state,
        )
    for step in made.render:
        print(f"render  {step.spec.path} ({step.reason})")
    for path, reason in made.remove:
        print(f"remove  {path} ({reason})")
    print(f"{len(made.render)} to render, {len(made.remove)} to remove")
    return 0


def _verify(options: argparse.Namespace) -> int:
    state = _existing(options)
    with locked(state), opened(state) as store:
        verdict = verify(store, Client(_transport(options)))
    for difference in verdict.different[:FAILURES_SHOWN]:
        print(f"different  {difference}")
    if len(verdict.different) > FAILURES_SHOWN:
        print(f"different  … and {len(verdict.different) - FAILURES_SHOWN} more")
    print(
        f"{verdict.nodes} public, {len(verdict.different)} different, "
        f"{verdict.waiting} changed since the last build"
    )
    if verdict.different:
        print("Build once with --full to read everything again.", file=sys.stderr)
    return 1 if verdict.different else 0


def _explain(options: argparse.Namespace) -> int:
    from_url = options.path.startswith("/")
    path = options.path.lstrip("/") + ("index.html" if options.path.endswith("/") else "")
    with opened(_existing(options)) as store:
        ledger = Ledger(store)
        spec = ledger.spec(path or "index.html")
        if spec is None:
            hint = " (URL paths of pages end in /)" if from_url else ""
            raise BuilderError(
                ErrorCode.NOTHING_BUILT, f"No artifact {options.path} is built{hint}."
            )
        found, windows = ledger.dependencies(spec.path)
    print(f"{spec.path}: {spec.route} of {spec.owner}")
    shared = [] if spec.route == ASSET else [keys.SITE, keys.template(ROUTES[spec.route].template)]
    for key in [*shared, *found]:
        print(f"  {key}")
    for window in windows:
        low = window.low or "the oldest"
        print(f"  {window.facet}:{window.listing} from {low} to {_end(window.high)}")
    return 0


def _end(high: str) -> str:
    return "the newest" if high == "~" else f"before {high}"


def _dependents(options: argparse.Namespace) -> int:
    with opened(_existing(options)) as store:
        ledger = Ledger(store)
        found = [spec.path for spec in ledger.dependents(options.key)]
        owned = [spec.path for spec in ledger.owned(options.key) if options.key != keys.SITE]
    if redirect := keys.parse_redirect(options.key):
        found = [manifest.shard_path(manifest.shard_of(redirect))]
    about = [path for path in owned if path not in found]
    for path in [*found, *about]:
        print(path)
    coming = f", {len(about)} more come and go with it" if about else ""
    print(f"{len(found)} artifacts depend on {options.key}{coming}", file=sys.stderr)
    return 0


def _check(options: argparse.Namespace) -> int:
    ticker = Ticker()

    def tell(done: int, total: int) -> None:
        ticker(Progress(stage="check", done=done, total=total))

    checked = check(
        options.folder, site_url=options.site_url, report=None if options.quiet else tell
    )
    for fault in checked.faults:
        print(f"broken   {fault}")
    print(f"{checked.files} files, {checked.links} links: {len(checked.faults)} broken")
    return 1 if checked.faults else 0


def _patterns(options: argparse.Namespace) -> int:
    look = {name: getattr(options, name) for name in ("language", "theme", "templates", "assets")}
    made = patterns.files(**look)
    if options.out:
        for path, content in made.items():
            (options.out / path).parent.mkdir(parents=True, exist_ok=True)
            (options.out / path).write_bytes(content)
        print(f"{len(made)} files in {options.out}")
        return 0
    with patterns.serving(look, host=options.host, port=options.port) as server:
        print(f"http://{options.host}:{server.server_port}/ (rendered at each reload; Ctrl-C ends)")
        server.serve_forever()
    return 0


def _serve(options: argparse.Namespace) -> int:
    with serving(options.out, host=options.host, port=options.port) as server:
        print(f"http://{options.host}:{server.server_port}/ (Ctrl-C ends)")
        server.serve_forever()
    return 0
