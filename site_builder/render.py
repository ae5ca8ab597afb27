"""Specs -> bytes: a pure function of the store and the templates, in as many processes as help.

What differs from the output is left in a staging folder; nothing here touches the output itself.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import sys
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import jinja2

from site_builder import environment, keys
from site_builder.assets import Assets
from site_builder.contexts import Contexts
from site_builder.errors import BuilderError, ErrorCode
from site_builder.rendered import Failure, Parcel, Rendered, Result, built, packed, unpacked
from site_builder.routes import ROUTES, Route, Spec
from site_builder.search.artifacts import MAKERS
from site_builder.settings import Settings
from site_builder.store import Store
from site_builder.views import Views
from site_builder.write import Output

# Below this many artifacts, starting processes takes longer than they save (measured: about 850).
POOL_FROM = 800
# Artifacts that a process is handed at once: neighbours in time share what they look at.
SMALLEST_CHUNK = 50
LARGEST_CHUNK = 1_000
# Of templates: a traceback leads through one to the line that failed.
SUFFIXES = frozenset(Path(route.template).suffix for route in ROUTES.values()) - {""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Everything a render process needs, by value or path.

    `is_fresh` says that the output has no file yet, so that there is nothing to compare with.
    """

    store: Path
    out: Path
    staging: Path
    settings: Settings
    assets: Assets
    templates: Path | None
    is_fresh: bool = False


class Renderer:
    """Renders in this process."""

    def __init__(self, workshop: Workshop, store: Store) -> None:
        self._output = Output(workshop.out, workshop.staging, was_empty=workshop.is_fresh)
        self._contexts = Contexts(workshop.settings)
        self._views = Views(store)
        self._environment = environment.make(
            workshop.settings, workshop.assets, templates=workshop.templates
        )

    def render(self, spec: Spec) -> Result:
        """One artifact, its dependencies recorded."""
        route = ROUTES[spec.route]
        recorder = self._views.begin()
        try:
            content = self._content(spec, route)
        except Exception as error:  # noqa: BLE001 -- any fault of a template is that page's fault
            return failure(spec.path, route.template or spec.route, error)
        return Rendered(
            built=built(spec, hashlib.sha256(content).hexdigest(), len(content)),
            is_staged=self._output.stage(spec.path, content),
            dependencies=tuple(recorder.keys),
            windows=tuple(recorder.windows),
        )

    def _content(self, spec: Spec, route: Route) -> bytes:
        if not route.template:
            return MAKERS[spec.route](self._views, spec.owner)
        context = self._contexts.of(spec, self._views)
        return self._environment.get_template(route.template).render(context).encode()


def failure(path: str, template: str, error: Exception) -> Failure:
    """Where a rendering failed, from the traceback that Jinja2 maps onto template lines."""
    name, line = template, 0
    if isinstance(error, jinja2.TemplateSyntaxError):
        name, line = error.name or template, error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).suffix in SUFFIXES:
                name, line = Path(frame.filename).name, frame.lineno or 0
    kind = "" if isinstance(error, BuilderError) else f"{type(error).__name__}: "
    return Failure(path=path, template=name, line=line, message=f"{kind}{error}")


_renderer: Renderer | None = None


def _end_with_the_build() -> None:
    """A build that was killed leaves no worker behind, which would write into the next one's."""
    build = multiprocessing.parent_process()
    if build is not None:
        wait([build.sentinel])
        os._exit(1)


def _start(workshop: Workshop) -> None:
    global _renderer
    threading.Thread(target=_end_with_the_build, daemon=True).start()
    _renderer = Renderer(workshop, Store(workshop.store, readonly=True))
    # What there is by now stays: looking through it for garbage again and again is lost time.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _work(specs: Sequence[Spec]) -> Parcel:
    assert _renderer is not None  # noqa: S101 -- `_start` ran first
    return packed([_renderer.render(spec) for spec in specs])


def _can_spawn() -> bool:
    """Whether a new process can import the program that runs now; not if that came from stdin."""
    program = getattr(sys.modules["__main__"], "__file__", None)
    return program is None or Path(program).exists()


def _chunks(specs: Sequence[Spec], count: int) -> list[Sequence[Spec]]:
    """Work for one process at a time; large files of the search index singly, before all else."""
    index = [spec for spec in specs if spec.route == "search_stretch"]
    other = [spec for spec in specs if spec.route != "search_stretch"]
    size = min(max(len(other) // (count * 8), SMALLEST_CHUNK), LARGEST_CHUNK)
    pages = (other[start : start + size] for start in range(0, len(other), size))
    return [*([spec] for spec in index), *pages]


def render_all(
    workshop: Workshop, store: Store, specs: Sequence[Spec], *, processes: int | None = None
) -> Iterator[list[Result]]:
    """Render every spec, some at a time; a pool of processes is only worth its start for many."""
    count = processes or os.cpu_count() or 1
    alone = count == 1 or len(specs) < POOL_FROM or not _can_spawn()
    if len(specs) >= POOL_FROM:
        specs = in_time(specs, store)
    chunks = _chunks(specs, count)
    if alone:
        renderer = Renderer(workshop, store)
        for chunk in chunks:
            yield [renderer.render(spec) for spec in chunk]
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(count, len(chunks)), mp_context=context, initializer=_start, initargs=(workshop,)
    ) as pool:
        waiting: deque[tuple[Sequence[Spec], Future[Parcel]]] = deque()
        try:
            for chunk in chunks:
                waiting.append((chunk, pool.submit(_work, chunk)))
                if len(waiting) > 2 * count:
                    yield _received(*waiting.popleft())
            while waiting:
                yield _received(*waiting.popleft())
        except BrokenProcessPool as error:
            raise BuilderError(
                ErrorCode.RENDER_DIED,
                "A render process died, perhaps for want of memory. Nothing was written; give the "
                "build more memory or fewer processes.",
            ) from error
        finally:
            for _chunk, future in waiting:
                future.cancel()


def _received(specs: Sequence[Spec], future: Future[Parcel]) -> list[Result]:
    return unpacked(specs, future.result())


def in_time(specs: Sequence[Spec], store: Store) -> list[Spec]:
    """Newest first: a month's listings, then its videos; what is of no time comes before all."""
    sorts = store.sorts()

    def place(spec: Spec) -> str:
        if found := keys.parse_period(spec.owner):
            return keys.bounds(found[1])[1]
        return sorts.get(spec.owner, keys.HIGHEST)

    return sorted(specs, key=place, reverse=True)
