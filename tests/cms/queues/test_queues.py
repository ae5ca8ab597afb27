"""Tasks through a real Valkey: after commit, never lost with it, never in its way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import transaction
from django_tasks import TaskResultStatus, default_task_backend
from pytest_django.fixtures import Settings
from wagtail.models import ReferenceIndex
from wagtail.tasks import update_reference_index_task

from cms.media.tasks import process_asset
from cms.queues.address import NEVER, check_address, rq_queues
from cms.queues.waiting import waiting
from content_models.models import VideoPage
from tests.cms.factories import make_home, make_unit, make_video
from tests.valkey import Valkey, running

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

PAGE = ("content_models", "VideoPage")


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running() as server:
        yield server


@pytest.fixture
def video(db: None) -> VideoPage:
    """A page of which the index of references knows nothing yet."""
    page = make_video(make_unit(make_home(), "mabes-polri", "mabes"))
    ReferenceIndex.objects.all().delete()
    return page


@pytest.fixture(params=["database", "valkey"])
def queue(request: pytest.FixtureRequest, settings: Settings) -> Valkey | None:
    """Either queue in use; None is the database's."""
    if request.param == "database":
        settings.TASKS = {
            "default": {
                "BACKEND": "django_tasks_db.DatabaseBackend",
                "QUEUES": ["default", "media", "arrivals"],
            }
        }
        return None
    server: Valkey = request.getfixturevalue("valkey")
    settings.RQ_QUEUES = rq_queues(server.url, errands=["default"], unhurried=["media", "arrivals"])
    settings.TASKS = {
        "default": {
            "BACKEND": "cms.queues.backend.ValkeyBackend",
            "QUEUES": ["default", "media", "arrivals"],
            "OPTIONS": {"FOUND_AGAIN": ["media", "arrivals"]},
        }
    }
    return server


only_valkey = pytest.mark.parametrize("queue", ["valkey"], indirect=True)


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A worker takes the signals of its process; here it is only a guest."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    kept[signal.SIGQUIT] = signal.getsignal(signal.SIGQUIT)
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def indexed(page: VideoPage) -> bool:
    return ReferenceIndex.objects.filter(object_id=str(page.pk)).exists()


def test_a_task_waits_for_the_commit_and_goes_with_the_rollback(queue: Valkey | None) -> None:
    with transaction.atomic():
        process_asset.enqueue(7)
        if queue:
            assert waiting(process_asset) == []
    assert waiting(process_asset) == [[7]]
    with transaction.atomic():
        process_asset.enqueue(8)
        transaction.set_rollback(True)
    assert waiting(process_asset) == [[7]]
    assert waiting(update_reference_index_task) == []


def test_wagtails_own_errand_is_done_by_the_task_worker(
    queue: Valkey | None, video: VideoPage
) -> None:
    asked = update_reference_index_task.enqueue(*PAGE, str(video.pk))
    process_asset.enqueue(7)
    assert not indexed(video)
    call_command("task_worker", batch=True)
    assert indexed(video)
    assert default_task_backend.get_result(asked.id).status == TaskResultStatus.SUCCESSFUL
    # Not its queue.
    assert waiting(process_asset) == [[7]]


def test_an_errand_that_fails_does_not_end_the_worker(
    queue: Valkey | None, video: VideoPage
) -> None:
    failed = update_reference_index_task.enqueue(*PAGE, "0")
    update_reference_index_task.enqueue(*PAGE, str(video.pk))
    call_command("task_worker", batch=True)
    result = default_task_backend.get_result(failed.id)
    assert result.status == TaskResultStatus.FAILED
    assert "DoesNotExist" in result.errors[0].traceback
    assert indexed(video)


@only_valkey
def test_while_the_queue_is_down_errands_are_done_at_once_and_uploads_wait(
    queue: Valkey, video: VideoPage
) -> None:
    queue.stop()
    with transaction.atomic():
        update_reference_index_task.enqueue(*PAGE, str(video.pk))
        process_asset.enqueue(7)
        assert not indexed(video)
    assert indexed(video)
    assert waiting(process_asset) is None

    queue.start()
    assert waiting(process_asset) == []
    with transaction.atomic():
        process_asset.enqueue(7)
    assert waiting(process_asset) == [[7]]


@only_valkey
def test_a_worker_asked_for_one_round_says_that_the_queue_is_down(queue: Valkey) -> None:
    queue.stop()
    with pytest.raises(CommandError, match="QUEUE_URL does not answer"):
        call_command("media_worker", batch=True)


def test_a_profile_without_a_queue_is_told_so() -> None:
    with pytest.raises(CommandError, match="set QUEUE_URL"):
        call_command("media_worker", batch=True)


@only_valkey
def test_what_waits_in_the_queue_is_json_and_an_encode_has_no_time_limit(queue: Valkey) -> None:
    import django_rq

    process_asset.enqueue(7)
    (job,) = django_rq.get_queue("media").get_jobs()
    assert job.timeout == NEVER
    assert job.data.startswith(b"[")


def test_the_daily_pruning_works_on_either_queue(queue: Valkey | None) -> None:
    from cms.management.commands import clock

    process_asset.enqueue(7)
    clock.prune()
    assert waiting(process_asset) == [[7]]


@pytest.mark.parametrize(
    "url", ["valkey:6379", "http://cache:6379", "redis://", "redis://host:port", "redis://host/one"]
)
def test_an_address_nobody_can_connect_to_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="Set it to redis://host:6379/0"):
        check_address("QUEUE_URL", url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://queue", {"HOST": "queue", "PORT": 6379, "DB": 0, "SSL": False}),
        (
            "rediss://me:a%40b@queue:7000/3",
            {"PORT": 7000, "DB": 3, "SSL": True, "USERNAME": "me", "PASSWORD": "a@b"},
        ),
    ],
)
def test_every_part_of_an_address_is_used(url: str, expected: dict[str, Any]) -> None:
    found = rq_queues(url, errands=["default"], unhurried=["media", "arrivals"])
    assert found["media"] | expected == found["media"]
    assert found["default"]["DEFAULT_TIMEOUT"] > 0
