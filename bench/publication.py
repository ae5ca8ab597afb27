"""One publication into a built site, beside the same in a site a hundred times as large.

A real build with the real theme and a real push to a folder; the API is the fake one of the
builder's tests, in this process. Its own time is measured apart and taken off.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import site_builder
import static_export
from bench.result import ROUNDS, Result, cpu_seconds, machine
from tests.site_builder.fake_api import FakeApi
from tests.site_builder.newsroom import newsroom, publish

SIZES = (30, 300, 3000)
FILED = {"unit": "polres-badung", "categories": ["lalu-lintas"], "tags": ["helm", "mudik"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one build and push: seconds without the API's own, and counts of files."""

    build: float
    push: float
    cpu: float
    rendered: int
    uploaded: int

    @property
    def seconds(self) -> float:
        return self.build + self.push


class TimedApi:
    """The fake API, with a watch on it."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.seconds = 0.0
        self.cpu = 0.0

    def __call__(self, query: str, variables: dict[str, Any], /) -> dict[str, Any]:
        started, cpu = time.perf_counter(), cpu_seconds()
        try:
            return self.api(query, variables)
        finally:
            self.seconds += time.perf_counter() - started
            self.cpu += cpu_seconds() - cpu


def measure(folder: Path) -> Result:
    """Build sites of every size; publish into each as often as there are rounds."""
    there = machine()
    figures: dict[str, float] = {}
    medians: dict[int, Cost] = {}
    whole: dict[int, Cost] = {}
    for size in SIZES:
        whole[size], rounds = publications(folder / str(size), size)
        medians[size] = Cost(
            build=median(one.build for one in rounds),
            push=median(one.push for one in rounds),
            cpu=median(one.cpu for one in rounds),
            rendered=int(median(one.rendered for one in rounds)),
            uploaded=int(median(one.uploaded for one in rounds)),
        )
        figures |= {
            f"{size}_whole_site_seconds": round(whole[size].seconds, 3),
            f"{size}_whole_site_rendered": whole[size].rendered,
            f"{size}_publication_seconds": round(medians[size].seconds, 3),
            f"{size}_publication_cpu_seconds": round(medians[size].cpu, 3),
            f"{size}_publication_build_seconds": round(medians[size].build, 3),
            f"{size}_publication_push_seconds": round(medians[size].push, 3),
            f"{size}_publication_rendered": medians[size].rendered,
            f"{size}_publication_uploaded": medians[size].uploaded,
        }
    small, large = medians[SIZES[0]], medians[SIZES[-1]]
    ratios = {
        f"seconds_{SIZES[-1]}_to_{SIZES[0]}": round(large.seconds / small.seconds, 3),
        f"cpu_seconds_{SIZES[-1]}_to_{SIZES[0]}": round(large.cpu / small.cpu, 3),
        f"rendered_{SIZES[-1]}_to_{SIZES[0]}": round(large.rendered / small.rendered, 3),
        f"uploaded_{SIZES[-1]}_to_{SIZES[0]}": round(large.uploaded / small.uploaded, 3),
        f"whole_site_to_publication_at_{SIZES[-1]}": round(
            whole[SIZES[-1]].seconds / large.seconds, 1
        ),
    }
    return Result(name="publication", figures=figures, ratios=ratios, machine=there)


def publications(folder: Path, size: int) -> tuple[Cost, list[Cost]]:
    """Cost of the first build of a site, and of each publication after it."""
    api = TimedApi(newsroom(size))
    whole = bring(folder, api)
    rounds = []
    for number in range(size, size + ROUNDS):
        publish(api.api, number, **FILED)
        rounds.append(bring(folder, api))
    return whole, rounds


def bring(folder: Path, api: TimedApi) -> Cost:
    """Build and push what the API now holds."""
    asked, asked_cpu = api.seconds, api.cpu
    started, cpu = time.perf_counter(), cpu_seconds()
    built = site_builder.build(
        transport=api,
        out=folder / "dist",
        state=folder / "state",
        site_url="https://tube.test",
        media_origin="http://media.test",
    )
    ended = time.perf_counter()
    if built.failed:
        raise RuntimeError(f"Pages failed to render: {built.failed[0]}")
    pushed = static_export.push(dist=folder / "dist", target=f"file:{folder / 'edge'}")
    return Cost(
        build=ended - started - (api.seconds - asked),
        push=time.perf_counter() - ended,
        cpu=cpu_seconds() - cpu - (api.cpu - asked_cpu),
        rendered=len(built.rendered),
        uploaded=len(pushed.uploaded),
    )
