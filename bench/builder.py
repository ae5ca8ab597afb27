"""The builder at the size of a national archive: everything, nothing, and one video more.

The files that Hugo makes of the same content, by templates that say the same, are rendered from a
synced store beside Hugo and beside a bare renderer of the same bytes; then all that there is, with
players for other sites, fragments and the search index. Each part is a process of its own, so that
its memory is its own. The API is an `Archive` in the builder's process, which costs next to
nothing; `first_sync` measures what the real one costs.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import bare, child, hugo_site
from bench.archive import Archive, units, video
from bench.result import Result, machine
from site_builder import BuildReport, build, plan
from site_builder.build import STORE, opened
from site_builder.client import Client
from site_builder.routes import Spec, all_specs
from site_builder.settings import Settings
from site_builder.store import Store
from site_builder.sync import sync

PROCESSES = 2
SMALL = 1_000
# The first is in a cold process: templates are compiled, words read. A worker builds on and on.
PUBLICATIONS = 12
# What Hugo makes of the same content, too.
HUGOS = frozenset(
    {
        "home", "about", "archive", "watch", "unit", "category", "tag", "period", "feed", "robots",
        "not_found", "sitemap_index", "sitemap_pages", "sitemap_period",
    }
)  # fmt: skip
SETTINGS = Settings(
    site_url="https://tube.test", media_origin="https://media.tube.test", language="id"
)


def measure(folder: Path, size: int, rounds: int) -> Result:
    """A site of `size` videos in every way, and one of a thousand to compare a publication with."""
    there = machine()
    figures: dict[str, float] = {"videos": size}
    found: dict[str, list[child.Found]] = {"ours": [], "bare": [], "hugo": []}
    figures |= _part("fill", "fill", str(folder / "synced"), size)
    hugo_site.prepare(folder / "hugo", Archive(size))
    for number in range(rounds):
        site = folder / f"site-{number}"
        shutil.copytree(folder / "synced", site)
        found["ours"].append(child.run("bench.builder:hugos", folder=str(site), size=size))
        out = folder / f"bare-{number}"
        found["bare"].append(
            child.run("bench.builder:rendered", folder=str(folder / "synced"), out=str(out))
        )
        found["hugo"].append(child.run("bench.builder:hugo", folder=str(folder / "hugo")))
    for side, runs in found.items():
        figures |= {
            f"{side}_{name}": round(median(run[name] for run in runs), 3) for name in runs[0]
        }
    whole_site = str(folder / "synced")
    figures |= _part("everything", "whole", whole_site, size)
    figures |= _part("unchanged", "again", whole_site, size)
    figures |= _part("published", "publications", whole_site, size)
    small = str(folder / "small")
    child.run("bench.builder:fill", folder=small, size=SMALL)
    child.run("bench.builder:whole", folder=small, size=SMALL)
    figures |= _part(f"published_at_{SMALL}", "publications", small, SMALL)
    ratios = {
        "ours_to_hugo": round(figures["ours_seconds"] / figures["hugo_seconds"], 3),
        "ours_to_bare": round(figures["ours_seconds"] / figures["bare_seconds"], 3),
        "ours_to_hugo_cpu": round(figures["ours_cpu"] / figures["hugo_cpu"], 3),
        "ours_to_bare_cpu": round(figures["ours_cpu"] / figures["bare_cpu"], 3),
        f"published_to_that_at_{SMALL}": round(
            figures["published_seconds"] / figures[f"published_at_{SMALL}_seconds"], 3
        ),
    }
    return Result(name="builder", figures=figures, ratios=ratios, machine=there, rounds=rounds)


def _part(name: str, function: str, folder: str, size: int) -> child.Found:
    found = child.run(f"bench.builder:{function}", folder=folder, size=size)
    return {f"{name}_{key}": round(value, 3) for key, value in found.items()}


def fill(folder: str, size: int) -> child.Found:
    """Sync an archive of a size into an empty store."""
    started = time.perf_counter()
    with opened(Path(folder) / "state") as store:
        sync(store, Client(Archive(size)))
    return {"seconds": time.perf_counter() - started}


def whole(folder: str, size: int) -> child.Found:
    """Render everything from a synced store."""
    started = time.perf_counter()
    report = _built(folder, Archive(size))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "rendered": len(report.rendered), **counted(f"{folder}/dist")}


def hugos(folder: str, size: int) -> child.Found:
    """Render what Hugo makes, too."""
    plan.all_specs = like_hugo  # type: ignore[attr-defined]
    return whole(folder, size)


def like_hugo(store: Store) -> Iterator[Spec]:
    """Every artifact of a kind that Hugo makes, too."""
    return (spec for spec in all_specs(store) if spec.route in HUGOS)


def again(folder: str, size: int) -> child.Found:
    """Build where nothing changed."""
    started = time.perf_counter()
    report = _built(folder, Archive(size))
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "rendered": len(report.rendered), "written": len(report.written)}


def publications(folder: str, size: int) -> child.Found:
    """Publish one video after the other: the median, most artifacts, and how many are allowed."""
    runs: list[tuple[float, BuildReport]] = []
    for number in range(PUBLICATIONS):
        archive = Archive(size, published=number + 1)
        started = time.perf_counter()
        report = _built(folder, archive)
        runs.append((time.perf_counter() - started, report))
    warm = runs[1:]
    return {
        "cold_seconds": runs[0][0],
        "seconds": median(seconds for seconds, _ in warm),
        "most_rendered": max(len(report.rendered) for _, report in runs),
        "most_over_allowed": max(
            len(report.rendered) - allowed(number) for number, (_, report) in enumerate(runs)
        ),
    }


def allowed(number: int) -> int:
    """How many artifacts the publication of a video may touch: by where it is filed alone."""
    node = video(number)
    parents = {unit["code"]: unit["parent"] and unit["parent"]["code"] for unit in units()}
    above, code = 0, node["unit"]["code"]
    while code:
        above, code = above + 1, parents[code]
    return 15 + 5 * (above + len(node["categories"])) + 2 * len(node["tags"])


def rendered(folder: str, out: str) -> child.Found:
    """The bare renderer over a synced store, of what Hugo makes."""
    started = time.perf_counter()
    files, size = bare.render(
        Path(folder) / "state" / STORE, Path(out), SETTINGS, like_hugo, processes=PROCESSES
    )
    return {"seconds": time.perf_counter() - started, "files": files, "bytes": size}


def hugo(folder: str) -> child.Found:
    """Hugo, into an empty folder."""
    seconds = hugo_site.build(Path(folder))
    return {"seconds": seconds, **counted(f"{folder}/public")}


def counted(folder: str) -> child.Found:
    """Files and bytes below a folder, the builder's own manifest left out."""
    files = size = 0
    for above, _folders, names in os.walk(folder):
        if above == f"{folder}/manifest":
            continue
        files += len(names)
        size += sum(os.stat(f"{above}/{name}").st_size for name in names)
    return {"files": files, "bytes": size}


def _built(folder: str, archive: Archive) -> BuildReport:
    report = build(
        transport=archive,
        out=Path(folder) / "dist",
        state=Path(folder) / "state",
        site_url=SETTINGS.site_url,
        media_origin=SETTINGS.media_origin,
        language=SETTINGS.language,
        processes=PROCESSES,
    )
    if report.failed:
        raise RuntimeError(f"A page failed to render: {report.failed[0]}")
    return report
