"""Each thing that can be wrong is told by its level, and with a word of what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from cms.health.probes import Answer
from cms.health.reading import Reading
from cms.health.signs import GROUPS, Level, Sign, signs, size, span, worst
from cms.publishing.models import Push
from content_models.models import AssetState
from tests.cms.health.readings import (
    NOW,
    WELL,
    Disk,
    ago,
    beat,
    held,
    said,
    with_answer,
    with_log,
    with_media,
    with_takedowns,
    without,
)

DEAD = Answer(problem="no answer in time")
BROKEN = Answer(ok=False, seconds=0.1, problem="403 AccessDenied")
TARGET, EDGE = "target file:/edge", "edge https://video.example.go.id"
DISK, STORE = "disk /var/lib/policetube", "storage media http://s3"
GOOD, WATCH, BAD = Level.GOOD, Level.WATCH, Level.BAD


def sign_of(reading: Reading, code: str) -> Sign:
    (found,) = [sign for sign in signs(reading) if sign.code == code]
    return found


def test_a_chain_that_is_well_asks_for_nothing() -> None:
    found = signs(WELL)
    assert worst(found) is GOOD
    assert [sign.code for sign in found if sign.advice] == []
    assert {sign.group for sign in found} == set(GROUPS)
    codes = [sign.code for sign in found]
    assert len(codes) == len(set(codes))


def test_a_new_installation_has_only_what_must_still_happen() -> None:
    fresh = replace(with_log(sequence=0, live_sequence=0, live_at=None), speed=None)
    fresh = replace(fresh, answers={**fresh.answers, TARGET: held(None)})
    assert [sign.code for sign in signs(fresh) if sign.level] == ["target-1"]
    assert worst(signs(fresh)) is WATCH


@pytest.mark.parametrize(
    ("reading", "code", "level", "words"),
    [
        (with_log(waiting=3, waiting_since=ago(20)), "outbox", GOOD, ""),
        (with_log(waiting=3, waiting_since=ago(90)), "outbox", WATCH, "publish-worker"),
        (with_log(waiting=3, waiting_since=ago(900)), "outbox", BAD, "publish-worker"),
        (with_takedowns(waiting_since=ago(3)), "takedowns", GOOD, ""),
        (with_takedowns(waiting_since=ago(30)), "takedowns", WATCH, "takedown-worker"),
        (with_takedowns(waiting_since=ago(300)), "takedowns", BAD, "takedown-worker"),
        (
            with_takedowns(waiting_since=ago(300), problem="the edge answers 200"),
            "takedowns",
            BAD,
            "the edge answers 200",
        ),
        (with_log(sequence=45, behind_since=ago(10)), "live", GOOD, ""),
        (with_log(sequence=45, behind_since=ago(200)), "live", WATCH, "publish-worker"),
        (with_log(sequence=45, behind_since=ago(2000)), "live", BAD, "publish-worker"),
        (with_log(last_error="target-failed: no space"), "live", WATCH, "no space"),
        (replace(WELL, speed=None), "speed", GOOD, ""),
        (replace(WELL, speed=replace(WELL.speed, percentile_95=45.0)), "speed", WATCH, "stage"),
        (replace(WELL, speed=replace(WELL.speed, percentile_95=700.0)), "speed", BAD, "stage"),
        (with_media(waiting_since=ago(600)), "media-queue", GOOD, ""),
        (with_media(waiting_since=ago(3600)), "media-queue", WATCH, "media-worker"),
        (with_media(waiting_since=ago(9000)), "media-queue", BAD, "media-worker"),
        (with_media(abandoned=1), "media-abandoned", WATCH, "clock"),
        (with_media(states={AssetState.FAILED: 2}), "media-failed", WATCH, "Try again"),
        (with_media(joining_since=ago(30)), "uploads", GOOD, ""),
        (with_media(joining_since=ago(900)), "uploads", WATCH, "task-worker"),
        (with_media(faults=1), "media-faults", BAD, "audit_media --report"),
        (without("clock"), "process-clock", BAD, "Start clock"),
        (without("clock", beat("clock", 70)), "process-clock", WATCH, "Start clock"),
        (without("clock", beat("clock", 400)), "process-clock", BAD, "Start clock"),
        (
            without("publish-worker", beat("publish-worker", 2, doing_since=ago(1000))),
            "process-publish-worker",
            WATCH,
            "full build",
        ),
        (with_answer("queue redis://queue:6379", BROKEN), "queue", WATCH, "QUEUE_URL"),
        (with_answer(STORE, BROKEN), "storage", BAD, "S3_ENDPOINT_URL"),
        (with_answer(STORE, DEAD), "storage", BAD, "S3_ENDPOINT_URL"),
        (with_answer("media http://s3/media", DEAD), "media-origin", BAD, "MEDIA_BASE_URL"),
        (with_answer(EDGE, BROKEN), "edge", BAD, "DNS"),
        (with_answer(TARGET, BROKEN), "target-1", BAD, "keys"),
        (with_answer(TARGET, held(39)), "target-1", BAD, "--full"),
        (with_answer(TARGET, held(41)), "target-1", GOOD, ""),
        (with_answer(TARGET, held(None)), "target-1", BAD, "--full"),
        (with_answer(TARGET, held(epoch="another")), "target-1", BAD, "SITE_TARGETS"),
        (with_answer(TARGET, held(unfinished=41)), "target-1", WATCH, "finishes"),
        (with_answer(DISK, said(Disk(9e9, 6e9, 3e9))), "disk", WATCH, "space"),
        (with_answer(DISK, said(Disk(9e9, 8.5e9, 5e8))), "disk", BAD, "space"),
        (with_answer(DISK, DEAD), "disk", WATCH, "space"),
    ],
)
def test_a_thing_has_its_level_and_says_what_to_do(
    reading: Reading, code: str, level: Level, words: str
) -> None:
    with translation.override("en"):
        sign = sign_of(reading, code)
        others = [one.code for one in signs(reading) if one.level and one.code != code]
    assert sign.level is level, sign
    assert words in sign.advice
    assert bool(sign.advice) == bool(level)
    assert others == []


def test_a_push_under_way_is_no_push_that_was_left() -> None:
    reading = with_log(under_way=Push(started_at=NOW))
    reading = replace(reading, answers={**reading.answers, TARGET: held(unfinished=41)})
    assert sign_of(reading, "target-1").level is GOOD


def test_one_worker_of_several_that_died_is_no_trouble() -> None:
    reading = without("media-worker", beat("media-worker", 4), beat("media-worker", 5000))
    with translation.override("en"):
        sign = sign_of(reading, "process-media-worker")
    assert (sign.level, sign.value) == (GOOD, "1 runs, heard of 4.0 s ago")


def test_the_slowest_bucket_speaks_for_the_store_and_a_dead_one_before_it() -> None:
    slow = with_answer(STORE, Answer(ok=True, seconds=1.5))
    with translation.override("en"):
        assert sign_of(slow, "storage").value == "answers within 1.5 s"
        assert sign_of(with_answer(STORE, BROKEN), "storage").value == "fails: 403 AccessDenied"
        assert sign_of(with_answer(STORE, DEAD), "storage").value == "does not answer"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0124, "12 ms"),
        (1.44, "1.4 s"),
        (75, "75 s"),
        (600, "10 min"),
        (9000, "2 h"),
        (200_000, "2 days"),
    ],
)
def test_a_span_is_told_in_one_round_unit(seconds: float, words: str) -> None:
    with translation.override("en"):
        assert span(seconds) == words


def test_sizes_have_their_unit_and_the_comma_of_the_language() -> None:
    with translation.override("id-id"):
        assert size(81_600_000_000) == "81,6 GB"
    with translation.override("en"):
        assert [size(5e5), size(2.5e6), size(3e12)] == ["500 kB", "2.5 MB", "3.0 TB"]
