"""One build: sync, plan, render, write. Killed at any moment, the next one is right."""

from __future__ import annotations

import fcntl
import hashlib
import secrets
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from site_builder import assets as front_end
from site_builder import environment, look, manifest, plan, render
from site_builder.assets import Assets
from site_builder.client import Client, Transport
from site_builder.errors import BuilderError, ErrorCode
from site_builder.ledger import ASSET, Built, Ledger
from site_builder.look import Look
from site_builder.plan import Plan
from site_builder.render import Workshop
from site_builder.rendered import Failure, Rendered
from site_builder.routes import Spec
from site_builder.settings import Settings
from site_builder.store import Store
from site_builder.sync import sync
from site_builder.theme import Theme
from site_builder.write import Journal, Output

STORE = "store.sqlite3"
JOURNAL = "journal.json"
STAGING = "staging"
STRAY = "not part of the site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a stage (`sync`, `render`, `write`) has come; `total` 0 where nobody knows yet."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did. If `failed` is not empty, the output and its manifest are as before.

    `rendered` and `removed` are `(path, reason)`; `written` are paths whose bytes changed, the
    manifest's own files not counted; `failed` says page, template and line.
    """

    sequence: int
    epoch: str
    rendered: tuple[tuple[str, str], ...]
    written: tuple[str, ...]
    removed: tuple[tuple[str, str], ...]
    failed: tuple[Failure, ...]
    seconds: float


class _FailedError(Exception):
    """Some artifact could not be rendered: roll back, report."""


@dataclass(slots=True)
class _Outcome:
    failed: list[Failure] = field(default_factory=list)
    staged: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    removed: list[tuple[str, str]] = field(default_factory=list)


def build(
    *,
    transport: Transport,
    out: Path,
    state: Path,
    site_url: str,
    media_origin: str,
    language: str = "id",
    full: bool = False,
    templates: Path | None = None,
    assets: Path | None = None,
    theme: Path | None = None,
    processes: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> BuildReport:
    """Build the site of an API into `out`, remembering in `state`; raises `BuilderError`.

    A template that fails is no exception: see `BuildReport.failed`. `templates` are looked at
    before the built-in ones, `assets` is a folder of built front-end files in place of ours,
    `theme` a folder of both that go before them (`theme.py`),
    `processes` defaults to the number of cores, `full` reads and renders everything again.
    """
    settings = Settings.checked(site_url=site_url, media_origin=media_origin, language=language)
    own = Theme.at(theme)
    with _disk_failures_named(), locked(state), opened(state) as store:
        started = time.monotonic()
        builder = _Builder(
            store=store,
            settings=settings,
            assets=front_end.load(assets, over=own.assets),
            templates=templates or own.templates,
            out=out,
            state=state,
            processes=processes,
            progress=progress or (lambda _progress: None),
        )
        return builder.run(transport, full=full, started=started)


@contextmanager
def _disk_failures_named() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        raise BuilderError(
            ErrorCode.OUTPUT_FAILED,
            f"The build could not be written: {error}. Mend that and build again; nothing "
            "that was left half-way will be forgotten.",
        ) from error


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the state for one build; a second one is refused."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BuilderError(
                ErrorCode.LOCKED,
                f"Another build is using {state}. Wait until it has ended.",
            ) from error
        yield


@contextmanager
def opened(state: Path) -> Iterator[Store]:
    """The store of a state directory."""
    store = Store(state / STORE)
    try:
        yield store
    finally:
        store.close()


def planned(
    store: Store,
    *,
    settings: Settings,
    assets: Assets,
    templates: Path | None,
    out: Path,
    state: Path,
) -> tuple[Plan, Look]:
    """What a build would do with the store as it is."""
    current = look.of(settings, assets, environment.make(settings, assets, templates=templates))
    interrupted = Journal(state / JOURNAL).begun()
    root = Output(out, state / STAGING).root()
    same = root is not None and hashlib.sha256(root).hexdigest() == store.meta("root")
    made = plan.make(
        store,
        look=current,
        assets={asset.path for asset in assets.files.values()},
        intact=same or (root is not None and bool(interrupted)),
        interrupted=interrupted,
    )
    return made, current


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    store: Store
    settings: Settings
    assets: Assets
    templates: Path | None
    out: Path
    state: Path
    processes: int | None
    progress: Callable[[Progress], None]

    def run(self, transport: Transport, *, full: bool, started: float) -> BuildReport:
        # For this build alone: a render process of a killed one may still write into its own.
        output = Output(self.out, self.state / STAGING / secrets.token_hex(8))
        begun = bool(Journal(self.state / JOURNAL).begun())
        output.prepare(known=begun or self.store.meta("root") is not None)
        try:
            synced = sync(self.store, Client(transport), full=full, report=self._tell_sync)
            sys.audit("policetube.step", "build.synced")
            made, current = planned(
                self.store,
                settings=self.settings,
                assets=self.assets,
                templates=self.templates,
                out=self.out,
                state=self.state,
            )
            outcome = self._carry_out(made, current, output)
        finally:
            output.clear_staging()
        return BuildReport(
            sequence=synced.sequence,
            epoch=synced.epoch,
            rendered=tuple((step.spec.path, step.reason) for step in made.render),
            written=() if outcome.failed else tuple(sorted(outcome.staged)),
            removed=tuple(outcome.removed),
            failed=tuple(outcome.failed),
            seconds=time.monotonic() - started,
        )

    def _tell_sync(self, _kind: str, count: int) -> None:
        self.progress(Progress(stage="sync", done=count, total=0))

    def _carry_out(self, made: Plan, current: Look, output: Output) -> _Outcome:
        journal = Journal(self.state / JOURNAL)
        outcome = _Outcome()
        try:
            with self.store.transaction():
                ledger = Ledger(self.store)
                begun = journal.begun()
                if made.whole or begun:
                    self._stage_assets(ledger, output, outcome)
                self._render(made, ledger, output, outcome)
                if outcome.failed:
                    raise _FailedError
                sys.audit("policetube.step", "build.rendered")
                self._write(made, current, output, journal, ledger, outcome)
            sys.audit("policetube.step", "build.committed")
        except _FailedError:
            return outcome
        journal.end()
        return outcome

    def _stage_assets(self, ledger: Ledger, output: Output, outcome: _Outcome) -> None:
        staged: list[Rendered] = []
        for asset in self.assets.files.values():
            built = Built(
                spec=Spec(path=asset.path, route=ASSET, owner=ASSET),
                sha256=asset.sha256,
                size=len(asset.content),
                type=asset.type,
                cache="immutable",
                group="asset",
            )
            is_new = output.stage(asset.path, asset.content)
            staged.append(Rendered(built=built, is_staged=is_new, dependencies=(), windows=()))
        self._keep(staged, ledger, outcome)

    def _keep(self, found: list[Rendered], ledger: Ledger, outcome: _Outcome) -> None:
        changed = ledger.put((one.built, one.dependencies, one.windows) for one in found)
        outcome.touched.update(map(manifest.shard_of, changed))
        outcome.staged.extend(one.built.spec.path for one in found if one.is_staged)

    def _render(self, made: Plan, ledger: Ledger, output: Output, outcome: _Outcome) -> None:
        workshop = Workshop(
            store=self.store.path,
            out=self.out,
            staging=output.staging,
            settings=self.settings,
            assets=self.assets,
            templates=self.templates,
            is_fresh=output.was_empty,
        )
        specs = [step.spec for step in made.render]
        done = 0
        for results in render.render_all(workshop, self.store, specs, processes=self.processes):
            outcome.failed.extend(one for one in results if isinstance(one, Failure))
            self._keep([one for one in results if isinstance(one, Rendered)], ledger, outcome)
            done += len(results)
            self.progress(Progress(stage="render", done=done, total=len(specs)))

    def _write(
        self,
        made: Plan,
        current: Look,
        output: Output,
        journal: Journal,
        ledger: Ledger,
        outcome: _Outcome,
    ) -> None:
        remove = dict(made.remove)
        for path in remove:
            ledger.remove(path)
        if made.whole and not output.was_empty:
            remove.update(self._strays(output, ledger))
        interrupted = journal.begun()
        names = outcome.touched | made.shards
        names |= {manifest.shard_of(path) for path in [*remove, *interrupted]}
        if made.whole:
            names |= ledger.shard_names() | {name for name, _, _ in ledger.known_shards()}
        shards = {name: self._kept_shard(name, ledger) for name in sorted(names)}
        root = manifest.root(
            epoch=str(self.store.epoch),
            sequence=self.store.cursor,
            built_with=current.built_with,
            shards=ledger.known_shards(),
        )
        if outcome.staged or remove or shards or root != output.root():
            journal.begin([*outcome.staged, *remove, manifest.ROOT])
            sys.audit("policetube.step", "build.journaled")
            self._put_files(output, outcome, remove)
            for name, content in shards.items():
                self._put_shard(output, name, content)
                sys.audit("policetube.step", "build.sharded")
            output.put(manifest.ROOT, root)
            sys.audit("policetube.step", "build.switched")
        self.store.set_meta("root", hashlib.sha256(root).hexdigest())
        self.store.set_meta("look", current.to_json())
        ledger.clear_dirty()

    def _put_files(self, output: Output, outcome: _Outcome, remove: dict[str, str]) -> None:
        moves = output.staged()
        for done, path in enumerate(moves, start=1):
            output.take(path)
            sys.audit("policetube.step", "build.taken")
            self.progress(Progress(stage="write", done=done, total=len(moves)))
        for path, reason in sorted(remove.items()):
            if output.remove(path):
                outcome.removed.append((path, reason))
                sys.audit("policetube.step", "build.removed")

    def _kept_shard(self, name: str, ledger: Ledger) -> bytes | None:
        found = ledger.shard(name)
        if found is None:
            ledger.remove_shard(name)
            return None
        ledger.put_shard(name, *found)
        return found[0]

    def _put_shard(self, output: Output, name: str, content: bytes | None) -> None:
        if content is None:
            output.remove(manifest.shard_path(name))
        else:
            output.put(manifest.shard_path(name), content)

    def _strays(self, output: Output, ledger: Ledger) -> dict[str, str]:
        wanted = {manifest.ROOT, *(spec.path for spec in ledger.specs())}
        wanted |= {manifest.shard_path(name) for name in ledger.shard_names()}
        return dict.fromkeys(output.strays(wanted), STRAY)
