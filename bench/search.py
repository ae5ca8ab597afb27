"""The search index of an archive in which people speak, beside Pagefind's of the same texts.

Each part is a process of its own, so that its memory is its own. An archive is synced unmeasured.
Then the files of the index alone are rendered, recorded and written as a build does that, all of
them first, then after one publication and the next; Pagefind, which begins anew each time, reads
pages that are written for it. Queries are run by each side's own script in Node.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench import child, queries, spoken
from bench.archive import Archive
from bench.builder import PROCESSES, SETTINGS, counted
from bench.result import Result, machine
from site_builder import assets, environment, look, plan, render
from site_builder.apply import apply
from site_builder.build import STAGING, STORE, opened
from site_builder.client import Client
from site_builder.ledger import Ledger
from site_builder.rendered import Rendered
from site_builder.rendered import Result as Outcome
from site_builder.routes import all_specs
from site_builder.search.artifacts import MAKERS, stretch
from site_builder.search.stretches import all_stretches
from site_builder.store import Store
from site_builder.sync import sync
from site_builder.views import Views
from site_builder.write import Output

SMALL = 1_000  # to compare a publication with
BESIDE = 10_000  # as many pages as Pagefind is given; it dies at ten times that
PUBLICATIONS = 12
ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "site_builder" / "frontend" / "src" / "js" / "search" / "engine.js"
SCRIPT = ROOT / "site_builder" / "assets" / "build" / "search.js"


def measure(folder: Path, size: int) -> Result:
    """Ours at three sizes, Pagefind at one."""
    there = machine()
    figures: dict[str, float] = {}
    for count in sorted({SMALL, BESIDE, size}):
        for part in ("fill", "whole", "publications", "longest", "asked"):
            found = child.run(f"bench.search:{part}", folder=str(folder / str(count)), size=count)
            if part != "fill":
                figures |= {f"ours_{count}_{part}_{key}": value for key, value in found.items()}
    for part in ("fill", "whole", "again", "asked"):
        found = child.run(f"bench.pagefind_site:{part}", folder=str(folder / "pages"), size=BESIDE)
        if part != "fill":
            figures |= {f"pagefind_{BESIDE}_{part}_{key}": value for key, value in found.items()}
    sides = (f"ours_{BESIDE}", f"pagefind_{BESIDE}")
    ratios = {
        f"ours_to_pagefind_{name}": figures[f"{sides[0]}_{ours}"] / figures[f"{sides[1]}_{theirs}"]
        for name, ours, theirs in (
            ("cpu", "whole_cpu", "whole_cpu"),
            ("memory", "whole_memory", "whole_memory"),
            ("after_one", "publications_seconds", "again_seconds"),
            ("first_query", "asked_first_bytes", "asked_first_bytes"),
            ("later_query", "asked_later_bytes", "asked_later_bytes"),
        )
    }
    ratios[f"publication_to_that_at_{SMALL}"] = (
        figures[f"ours_{size}_publications_seconds"] / figures[f"ours_{SMALL}_publications_seconds"]
    )
    return Result(
        name="search",
        figures={key: round(value, 4) for key, value in figures.items()},
        ratios={key: round(value, 4) for key, value in ratios.items()},
        machine=there,
        rounds=1,
    )


def fill(folder: str, size: int) -> child.Found:
    """Sync an archive of a size into an empty store."""
    with opened(Path(folder)) as store:
        sync(store, Client(Archive(size, made=spoken.video)))
    return {}


@contextmanager
def workshop(folder: str) -> Iterator[tuple[Store, Output, render.Workshop, look.Look]]:
    """What renders the index of a store into `site`."""
    front = assets.load()
    output = Output(Path(folder) / "site", Path(folder) / STAGING / "index")
    output.prepare(known=True)
    with opened(Path(folder)) as store:
        tools = render.Workshop(
            store=Path(folder) / STORE,
            out=output.folder,
            staging=output.staging,
            settings=SETTINGS,
            assets=front,
            templates=None,
            is_fresh=output.was_empty,
        )
        yield store, output, tools, look.of(SETTINGS, front, environment.make(SETTINGS, front))


def keep(store: Store, results: list[Outcome]) -> list[str]:
    """Record some artifacts; paths of those that differ."""
    done = [one for one in results if isinstance(one, Rendered)]
    if len(done) < len(results):
        raise RuntimeError(f"A file of the index failed: {results}")
    Ledger(store).put((one.built, one.dependencies, one.windows) for one in done)
    return [one.built.spec.path for one in done if one.is_staged]


def whole(folder: str, size: int) -> child.Found:
    """Every file of the index, in as many processes as a build has."""
    render.POOL_FROM = 2  # a build has all the pages to render, too
    with workshop(folder) as (store, output, tools, current):
        started = time.perf_counter()
        specs = [spec for spec in all_specs(store) if spec.route in MAKERS]
        with store.transaction():
            for results in render.render_all(tools, store, specs, processes=PROCESSES):
                keep(store, results)
            Ledger(store).clear_dirty()
            store.set_meta("look", current.to_json())
        for path in output.staged():
            output.take(path)
        seconds = time.perf_counter() - started
    return {"seconds": seconds, **counted(f"{folder}/site")}


def publications(folder: str, size: int) -> child.Found:
    """One video after the other: applied, planned, rendered, written; what is no index left out."""
    seconds, files, sizes = [], [], []
    with workshop(folder) as (store, output, tools, current):
        renderer = render.Renderer(tools, store)
        for node in map(spoken.video, range(PUBLICATIONS)):
            started = time.perf_counter()
            with store.transaction():
                apply(store, {node["id"]: node})
                made = plan.make(store, look=current)
                specs = [step.spec for step in made.render if step.spec.route in MAKERS]
                written = keep(store, [renderer.render(spec) for spec in specs])
                removed = [path for path, _ in made.remove if path.startswith("search/")]
                for path in removed:
                    Ledger(store).remove(path)
                    output.remove(path)
                Ledger(store).clear_dirty()
            for path in written:
                output.take(path)
            seconds.append(time.perf_counter() - started)
            files.append(len(written) + len(removed))
            sizes.append(sum((output.folder / path).stat().st_size for path in written))
    return {
        "seconds": median(seconds),
        "most_seconds": max(seconds),
        "files": median(files),
        "most_files": max(files),
        "bytes": median(sizes),
    }


def longest(folder: str, size: int) -> child.Found:
    """What the longest stretch costs: an edit of anything in it."""
    with opened(Path(folder)) as store:
        counts = {one: store.count_documents(one.low, one.high) for one in all_stretches(store)}
        most = max(counts, key=lambda one: counts[one])
        started = time.perf_counter()
        content = stretch(Views(store), most.owner)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "videos": counts[most], "bytes": len(content)}


def asked(folder: str, size: int) -> child.Found:
    """What queries of our index fetch."""
    engine = Path(folder) / "engine.mjs"
    bundle = f"--bundle --format=esm --log-level=error --outfile={engine}".split()
    subprocess.run([ROOT / "node_modules" / ".bin" / "esbuild", *bundle, ENGINE], check=True)
    return queries.asked("ours", engine, Path(folder) / "site", SCRIPT, queries.seeded(size))
