"""Specs -> bytes: a pure function of the store and the templates, in as many processes as help.

What differs from the output is left in a staging folder; nothing here touches the output itself.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import jinja2

from site_builder import environment
from site_builder.assets import Assets
from site_builder.contexts import Contexts
from site_builder.errors import BuilderError, ErrorCode
from site_builder.keys import Window
from site_builder.ledger import Built
from site_builder.routes import ROUTES, Spec
from site_builder.settings import Settings
from site_builder.store import Store
from site_builder.views import Views

# Below this many artifacts, starting processes takes longer than they save (measured: about 850).
POOL_FROM = 800
CHUNK = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Everything a render process needs, by value or path."""

    store: Path
    out: Path
    staging: Path
    settings: Settings
    assets: Assets
    templates: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One artifact rendered; `staged` names its new bytes, None if the output has them already."""

    built: Built
    staged: str | None
    dependencies: tuple[str, ...]
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One artifact that could not be rendered: which, and where in which template."""

    path: str
    template: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.template}, line {self.line}: {self.message}"


class Renderer:
    """Renders in this process."""

    def __init__(self, workshop: Workshop, store: Store) -> None:
        self._workshop = workshop
        self._contexts = Contexts(workshop.settings)
        self._views = Views(store)
        self._environment = environment.make(
            workshop.settings, workshop.assets, templates=workshop.templates
        )

    def render(self, spec: Spec) -> Rendered | Failure:
        """One artifact, its dependencies recorded."""
        route = ROUTES[spec.route]
        recorder = self._views.begin()
        try:
            context = self._contexts.of(spec, self._views)
            text = self._environment.get_template(route.template).render(context)
        except Exception as error:  # noqa: BLE001 -- any fault of a template is that page's fault
            return failure(spec.path, route.template, error)
        content = text.encode()
        sha256 = hashlib.sha256(content).hexdigest()
        return Rendered(
            built=Built(
                spec=spec,
                sha256=sha256,
                size=len(content),
                type=route.type,
                cache=route.policy,
                group=route.policy,
            ),
            staged=stage(self._workshop.staging, self._workshop.out / spec.path, content),
            dependencies=tuple(sorted(recorder.keys)),
            windows=tuple(recorder.windows),
        )


def stage(staging: Path, target: Path, content: bytes) -> str | None:
    """Lay new bytes for `target` into the staging folder; None if it already has these bytes."""
    try:
        if target.read_bytes() == content:
            return None
    except (FileNotFoundError, NotADirectoryError):
        pass
    name = hashlib.sha256(os.fsencode(target)).hexdigest()
    (staging / name).write_bytes(content)
    return name


def failure(path: str, template: str, error: Exception) -> Failure:
    """Where a rendering failed, from the traceback that Jinja2 maps onto template lines."""
    name, line = template, 0
    if isinstance(error, jinja2.TemplateSyntaxError):
        name, line = error.name or template, error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).suffix in (".html", ".xml", ".txt"):
                name, line = Path(frame.filename).name, frame.lineno or 0
    kind = "" if isinstance(error, BuilderError) else f"{type(error).__name__}: "
    return Failure(path=path, template=name, line=line, message=f"{kind}{error}")


_renderer: Renderer | None = None


def _start(workshop: Workshop) -> None:
    global _renderer
    _renderer = Renderer(workshop, Store(workshop.store, readonly=True))


def _work(specs: Sequence[Spec]) -> list[Rendered | Failure]:
    assert _renderer is not None  # noqa: S101 -- `_start` ran first
    return [_renderer.render(spec) for spec in specs]


def _can_spawn() -> bool:
    """Whether a new process can import the program that runs now; not if that came from stdin."""
    program = getattr(sys.modules["__main__"], "__file__", None)
    return program is None or Path(program).exists()


def render_all(
    workshop: Workshop, store: Store, specs: Sequence[Spec], *, processes: int | None = None
) -> Iterator[Rendered | Failure]:
    """Render every spec; a pool of processes is only worth its start for many."""
    count = processes or os.cpu_count() or 1
    if count == 1 or len(specs) < POOL_FROM or not _can_spawn():
        renderer = Renderer(workshop, store)
        yield from map(renderer.render, specs)
        return
    chunks = [specs[start : start + CHUNK] for start in range(0, len(specs), CHUNK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(count, len(chunks)), mp_context=context, initializer=_start, initargs=(workshop,)
    ) as pool:
        waiting: list[Future[list[Rendered | Failure]]] = []
        try:
            for chunk in chunks:
                waiting.append(pool.submit(_work, chunk))
                if len(waiting) > 2 * count:
                    yield from waiting.pop(0).result()
            while waiting:
                yield from waiting.pop(0).result()
        except BrokenProcessPool as error:
            raise BuilderError(
                ErrorCode.RENDER_DIED,
                "A render process died, perhaps for want of memory. Nothing was written; give the "
                "build more memory or fewer processes.",
            ) from error
        finally:
            for future in waiting:
                future.cancel()
