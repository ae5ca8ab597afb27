"""A bare renderer of the same bytes: the bound for rendering everything.

Two processes, the same templates compiled the same way, contexts from the same store, every file
written where it belongs at once. Nothing is hashed, remembered, compared or listed, so it can do
nothing but render everything again, and a killed run leaves half a site.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from site_builder import assets, environment
from site_builder.contexts import Contexts
from site_builder.render import in_time
from site_builder.routes import ROUTES, Spec
from site_builder.settings import Settings
from site_builder.store import Store
from site_builder.views import Views

CHUNK = 1_000


class Bare:
    """One process's means."""

    def __init__(self, store: str, out: str, settings: Settings) -> None:
        self._out = out
        self._views = Views(Store(Path(store), readonly=True))
        self._contexts = Contexts(settings)
        self._environment = environment.make(settings, assets.load())

    def render(self, specs: Sequence[Spec]) -> int:
        """Bytes of some artifacts, written."""
        total = 0
        for spec in specs:
            self._views.begin()
            context = self._contexts.of(spec, self._views)
            text = self._environment.get_template(ROUTES[spec.route].template).render(context)
            content = text.encode()
            target = f"{self._out}/{spec.path}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(content)
            total += len(content)
        return total


_bare: Bare | None = None


def _start(store: str, out: str, settings: Settings) -> None:
    global _bare
    _bare = Bare(store, out, settings)


def _work(specs: Sequence[Spec]) -> int:
    assert _bare is not None
    return _bare.render(specs)


def render(
    store: Path,
    out: Path,
    settings: Settings,
    wanted: Callable[[Store], Iterable[Spec]],
    *,
    processes: int,
) -> tuple[int, int]:
    """Files and bytes of all that is wanted of a store's site; the search index has no template."""
    opened = Store(store, readonly=True)
    specs = in_time(list(wanted(opened)), opened)
    opened.close()
    chunks = [specs[start : start + CHUNK] for start in range(0, len(specs), CHUNK)]
    with ProcessPoolExecutor(
        processes,
        mp_context=get_context("spawn"),
        initializer=_start,
        initargs=(str(store), str(out), settings),
    ) as pool:
        return len(specs), sum(pool.map(_work, chunks))
