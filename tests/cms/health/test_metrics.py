"""The same for Prometheus: read by its own parser, and by nobody without the token."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from cms.health.metrics import encoded
from cms.health.probes import Answer
from cms.health.reading import Reading
from cms.publishing.interface import tallies
from cms.publishing.tallies import BUCKETS, count, lasted
from tests.cms.health.readings import WELL, ago, beat, with_answer, with_log, with_takedowns

TOKEN = "a-token-of-some-length"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Samples = dict[tuple[str, tuple[str, ...]], float]


def told(reading: Reading, counted: dict[str, float] | None = None, accept: str = "") -> Samples:
    """By name and the values of labels, which come in the order of their names."""
    body, _media_type = encoded(reading, counted or {}, accept)
    families = (openmetrics if accept else text_string_to_metric_families)(body.decode())
    return {
        (sample.name.removeprefix("policetube_"), tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def client(settings: Settings) -> Client:
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"authorization": f"Bearer {TOKEN}"})


def test_a_chain_that_is_well_has_no_level_above_good() -> None:
    found = told(WELL)
    levels = {labels: value for (name, labels), value in found.items() if name == "sign_level"}
    assert len(levels) > 12
    assert set(levels.values()) == {0}
    assert found["changes_total", ()] == found["changes_live_total", ()] == 40
    assert found["withdrawals_waiting_seconds", ()] == 0
    assert found["target_sequence", ("file:/edge",)] == 40
    assert found["disk_free_bytes", ("/var/lib/policetube",)] == 80e9
    assert found["processes", ("takedown-worker",)] == 1


def test_what_is_wrong_is_a_number_to_be_alarmed_by() -> None:
    found = told(with_takedowns(waiting_since=ago(300)))
    assert found["withdrawals_waiting", ()] == 2
    assert found["withdrawals_waiting_seconds", ()] == 300
    assert found["sign_level", ("takedowns",)] == 2
    found = told(with_log(sequence=45, behind_since=ago(200), waiting=3, waiting_since=ago(20)))
    assert found["changes_total", ()] - found["changes_live_total", ()] == 5
    assert found["changes_behind_seconds", ()] == 200
    assert found["changes_unnumbered", ()] == 3
    dead = with_answer("storage media http://s3", Answer(problem="no answer in time"))
    assert told(dead)["up", ("media http://s3", "storage")] == 0
    late = replace(WELL, beats=(beat("clock", 400), beat("media-worker", 3)))
    assert told(late)["processes", ("clock",)] == 0
    assert told(late)["processes", ("media-worker",)] == 1


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_histograms_count_each_observation_in_every_bucket_that_holds_it(accept: str) -> None:
    counted: dict[str, float] = {"publications": 2, "stage:built": 1.5}
    for seconds in (1.4, 100.0):
        for name, amount in lasted("publication", seconds).items():
            counted[name] = counted.get(name, 0.0) + amount
    found = told(WELL, counted, accept)
    assert found["publications_total", ()] == 2
    assert found["publication_stage_seconds_total", ("built",)] == 1.5
    assert found["publication_seconds_count", ()] == 2
    assert found["publication_seconds_sum", ()] == pytest.approx(101.4)
    buckets = {
        float(bound): found["publication_seconds_bucket", (str(bound),)] for bound in BUCKETS
    }
    assert buckets[1.0] == 0
    assert buckets[2.0] == buckets[60.0] == 1
    assert buckets[120.0] == found["publication_seconds_bucket", ("+Inf",)] == 2


@pytest.mark.django_db
def test_counters_grow_by_what_is_counted_and_are_one_statement() -> None:
    count({"publications": 1, "rendered": 12, "deleted": 0})
    count({"publications": 1, "rendered": 3})
    assert tallies() == {"publications": 2, "rendered": 15}


@pytest.mark.django_db
def test_only_who_has_the_token_reads_them(client: Client, settings: Settings) -> None:
    url = reverse("metrics")
    assert url == "/metrics"
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in answer["Cache-Control"]
    assert b"policetube_changes_total" in answer.content
    assert b"policetube_up" in answer.content
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}):
        refused = Client(headers=headers).get(url)
        assert (refused.status_code, b"policetube_" in refused.content) == (401, False)
        assert refused["WWW-Authenticate"].startswith("Bearer")
    assert client.post(url).status_code == 405
    settings.METRICS_TOKEN = ""
    assert client.get(url).status_code == 404


@pytest.mark.django_db
def test_no_label_is_a_secret_of_the_environment(client: Client, settings: Settings) -> None:
    settings.S3_SECRET_ACCESS_KEY = settings.CLOUDFLARE_API_TOKEN = "hush-hush"
    settings.QUEUE_URL = "redis://user:hush-hush@127.0.0.1:1/0"
    body = client.get("/metrics").content.decode()
    assert "hush-hush" not in body
    assert TOKEN not in body
