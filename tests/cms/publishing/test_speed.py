"""How long people waited is counted from their click to what was seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from cms.publishing.models import Change, Push
from cms.publishing.relay import head
from cms.publishing.speed import last_publications, percentile, speed_of_the_last_day

pytestmark = pytest.mark.django_db


def change(at: datetime) -> int:
    log = head()
    log.sequence += 1
    log.save()
    Change.objects.create(
        sequence=log.sequence, node_id="site", operation="UPSERT", reason="edit", at=at, hash=""
    )
    return log.sequence


def publication(
    at: datetime, *, build: float = 1, send: float = 1, purge: float = 0, look: float = 1
) -> Push:
    """Of all changes so far; begun at `at`."""
    built = at + timedelta(seconds=build)
    sent = built + timedelta(seconds=send)
    told = sent + timedelta(seconds=purge)
    seen = told + timedelta(seconds=look)
    return Push.objects.create(
        epoch=head().epoch,
        sequence=head().sequence,
        started_at=at,
        built_at=built,
        uploaded_at=sent,
        purged_at=told if purge else None,
        seen_at=seen if look else None,
        live_at=seen,
        rendered=1,
        uploaded=1,
        deleted=0,
    )


@pytest.fixture(autouse=True)
def first(newsroom: SimpleNamespace) -> datetime:
    """A site that was published once; of that nobody knows what it waited for."""
    now = timezone.now()
    publication(now - timedelta(hours=12))
    assert last_publications(10) == []
    assert speed_of_the_last_day() is None
    return now


def test_the_wait_counts_from_the_first_change_that_a_publication_carried(first: datetime) -> None:
    at = first - timedelta(hours=1)
    change(at)
    change(at + timedelta(seconds=4))
    publication(at + timedelta(seconds=5), build=2, send=3, purge=1, look=4)
    (one,) = last_publications(10)
    assert one.stages == (
        ("waited", 5.0),
        ("built", 2.0),
        ("uploaded", 3.0),
        ("purged", 1.0),
        ("seen", 4.0),
    )
    assert one.total == 15.0
    speed = speed_of_the_last_day()
    assert speed is not None
    assert (speed.count, speed.median, speed.percentile_95) == (1, 15.0, 15.0)


def test_a_full_build_nobody_clicked_for_keeps_nobody_waiting(first: datetime) -> None:
    publication(first - timedelta(hours=1), build=900)
    (one,) = last_publications(10)
    assert one.waited is None
    assert one.total == pytest.approx(902)
    assert speed_of_the_last_day() is None


def test_stages_that_a_site_does_not_have_are_left_out(first: datetime) -> None:
    change(first - timedelta(hours=1))
    publication(first - timedelta(hours=1), look=0)
    (one,) = last_publications(10)
    assert [stage for stage, _seconds in one.stages] == ["waited", "built", "uploaded"]


def test_only_the_last_day_counts_and_only_what_is_live(first: datetime) -> None:
    Push.objects.update(started_at=first - timedelta(days=3), live_at=first - timedelta(days=3))
    for days in (2, 0.5):
        change(first - timedelta(days=days))
        publication(first - timedelta(days=days))
    change(first)
    waiting = publication(first)
    Push.objects.filter(pk=waiting.pk).update(live_at=None)
    speed = speed_of_the_last_day()
    assert speed is not None
    assert speed.count == 1
    assert len(last_publications(10)) == 2


def test_a_percentile_is_a_value_that_there_was() -> None:
    hundred = list(range(1, 101))
    assert [percentile(hundred, per_cent) for per_cent in (50, 95, 100)] == [50, 95, 100]
    assert percentile([3.0], 95) == 3.0
    assert percentile([1.0, 9.0], 50) == 1.0
