"""The same reading in Prometheus' text format, and counters that only grow.

https://prometheus.io/docs/instrumenting/exposition_formats/, OpenMetrics where it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from cms.health.reading import Reading
from cms.health.running import ROLES, SILENT
from cms.health.signs import lasting, signs
from cms.publishing.interface import Histogram, histogram
from content_models.models import AssetState

PREFIX = "policetube"


def encoded(reading: Reading, tallies: Mapping[str, float], accept: str) -> tuple[bytes, str]:
    """The bytes of an answer and their media type; `accept` is the request's header."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(reading, tallies))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


class _Told(Collector):
    """One reading, as metrics."""

    def __init__(self, reading: Reading, tallies: Mapping[str, float]) -> None:
        self._reading, self._tallies = reading, tallies

    def collect(self) -> Iterable[Metric]:
        reading = self._reading
        yield from _log(reading)
        yield from _work(self._tallies)
        yield from _media(reading)
        yield from _processes(reading)
        yield from _places(reading)
        level = _gauge("sign_level", "0 good, 1 look at it, 2 bad; as on the page.", ("code",))
        for sign in signs(reading):
            level.add_metric((sign.code,), sign.level)
        yield level


def _log(reading: Reading) -> Iterator[Metric]:
    log, takedowns = reading.log, reading.takedowns
    yield _counter("changes", "Public changes that have a number.", log.sequence)
    yield _counter("changes_live", "Public changes that are live.", log.live_sequence)
    yield _one("changes_unnumbered", "Public changes that wait for a number.", log.waiting)
    for name, what, since in (
        ("changes_unnumbered", "the oldest change without a number", log.waiting_since),
        ("changes_behind", "the oldest change that is not live", log.behind_since),
        (
            "withdrawals_waiting",
            "the oldest withdrawal not seen to be gone",
            takedowns.waiting_since,
        ),
    ):
        yield _one(f"{name}_seconds", f"Age of {what}; 0 for none.", _age(reading, since))
    yield _one(
        "withdrawals_waiting", "Withdrawals that nobody has seen to be gone.", takedowns.waiting
    )


def _work(tallies: Mapping[str, float]) -> Iterator[Metric]:
    for name, tally, what in (
        ("publications", "publications", "Publications that are live."),
        ("publication_failures", "failures", "Tries to publish that failed, and are made again."),
        ("files_rendered", "rendered", "Files of the site that were rendered."),
        ("files_uploaded", "uploaded", "Files that were uploaded to a target."),
        ("files_deleted", "deleted", "Files that were deleted at a target."),
    ):
        yield _counter(name, what, tallies.get(tally, 0))
    stages = CounterMetricFamily(
        f"{PREFIX}_publication_stage_seconds",
        "Time that publications spent in each stage.",
        labels=("stage",),
    )
    for tally, seconds in sorted(tallies.items()):
        kind, _, stage = tally.partition(":")
        if kind == "stage":
            stages.add_metric((stage,), seconds)
    yield stages
    yield _histogram(
        "publication_seconds", "From a click to its bytes at the edge.", "publication", tallies
    )
    yield _histogram(
        "withdrawal_seconds",
        "From a withdrawal to nothing of it being seen.",
        "withdrawal",
        tallies,
    )


def _media(reading: Reading) -> Iterator[Metric]:
    media = reading.media
    files = _gauge("media_files", "Media files by state.", ("state",))
    for state in AssetState:
        files.add_metric((str(state),), media.states.get(state, 0))
    yield files
    yield _one(
        "media_waiting_seconds",
        "Age of the oldest file that waits to be processed; 0 for none.",
        _age(reading, media.waiting_since),
    )
    yield _one("media_abandoned", "Files whose worker died.", media.abandoned)
    yield _one("media_faults", "Public ladders that an audit found wrong.", media.faults)


def _processes(reading: Reading) -> Iterator[Metric]:
    running = _gauge("processes", "Processes heard of within the last minute.", ("role",))
    for role in ROLES:
        ages = (_age(reading, beat.at) for beat in reading.beats if beat.role == role)
        running.add_metric((role,), sum(age < SILENT.watch for age in ages))
    yield running


def _places(reading: Reading) -> Iterator[Metric]:
    up = _gauge("up", "Whether a place answers as it should.", ("kind", "address"))
    took = _gauge("answer_seconds", "How long its answer took.", ("kind", "address"))
    held = _gauge("target_sequence", "The change up to which a target holds the site.", ("target",))
    free = _gauge("disk_free_bytes", "Free space on the machine that answers.", ("folder",))
    for kind, answers in reading.of.items():
        for address, answer in answers.items():
            up.add_metric((kind, address), answer.ok is True)
            if answer.seconds is not None:
                took.add_metric((kind, address), answer.seconds)
            if kind == "target" and answer.ok and answer.value.sequence is not None:
                held.add_metric((address,), answer.value.sequence)
            if kind == "disk" and answer.ok:
                free.add_metric((address,), answer.value.free)
    yield from (up, took, held, free)


def _age(reading: Reading, since: datetime | None) -> float:
    return lasting(reading, since) or 0.0


def _gauge(name: str, what: str, labels: tuple[str, ...]) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", what, labels=labels)


def _one(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", what, value=value)


def _counter(name: str, what: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"{PREFIX}_{name}", what, value=value)


def _histogram(name: str, what: str, tally: str, tallies: Mapping[str, float]) -> Metric:
    found: Histogram = histogram(tally, tallies)
    buckets = [(str(bound), count) for bound, count in found.buckets.items()]
    return HistogramMetricFamily(
        f"{PREFIX}_{name}",
        what,
        buckets=[*buckets, ("+Inf", found.count)],
        sum_value=found.sum,
    )
