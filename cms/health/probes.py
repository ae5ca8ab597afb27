"""Asking what may not answer: all at once, for seconds only, and never twice the same at a time."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from cms.media.interface import PROBE, Bucket, insist_on_reading
from cms.publishing.interface import target_standing

# However dead a store is, whoever asks for the page has it after so many seconds.
DEADLINE = 4.0
NO_ANSWER = "no answer in time"
# What the CMS itself needs; the site's bucket is a target.
OWN_BUCKETS = (Bucket.ORIGINALS, Bucket.STAGING, Bucket.MEDIA)

Question = Callable[[], Any]


@dataclass(slots=True, kw_only=True)
class Answer:
    """What was said; `ok` is null while nothing was. `value` is the question's own."""

    ok: bool | None = None
    seconds: float | None = None
    problem: str = ""
    value: Any = None
    done: threading.Event = field(default_factory=threading.Event)


_lock = threading.Lock()
_asked: dict[str, Answer] = {}


def ask(questions: Mapping[str, Question], *, deadline: float | None = None) -> dict[str, Answer]:
    """Ask all at once; an answer that is not there in time has no `ok`.

    A question that nobody answers keeps its thread until the network gives up. Whoever asks it
    meanwhile waits for the same answer, so that a dead store gathers no threads.
    """
    until = time.monotonic() + (DEADLINE if deadline is None else deadline)
    answers = {name: _begin(name, question) for name, question in questions.items()}
    for answer in answers.values():
        answer.done.wait(max(0.0, until - time.monotonic()))
    return {
        name: answer if answer.done.is_set() else Answer(problem=NO_ANSWER)
        for name, answer in answers.items()
    }


def _begin(name: str, question: Question) -> Answer:
    with _lock:
        running = _asked.get(name)
        if running is not None:
            return running
        answer = _asked[name] = Answer()
    threading.Thread(
        target=_run, args=(name, question, answer), name=f"probe {name}", daemon=True
    ).start()
    return answer


def _run(name: str, question: Question, answer: Answer) -> None:
    began = time.monotonic()
    try:
        answer.value = question()
        answer.ok = True
    except httpx.TimeoutException:
        answer.problem = NO_ANSWER
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        answer.ok = False
        answer.problem = f"{error or type(error).__name__}"
    answer.seconds = time.monotonic() - began
    with _lock:
        _asked.pop(name, None)
    answer.done.set()


def questions() -> dict[str, Question]:
    """Everything outside the database that this installation lives on, by name and address."""
    found: dict[str, Question] = {
        f"storage {bucket} {settings.S3_ENDPOINT_URL}": _bucket(bucket) for bucket in OWN_BUCKETS
    }
    found[f"media {settings.MEDIA_BASE_URL}"] = _media
    if settings.SITE_EDGE_URL:
        found[f"edge {settings.SITE_EDGE_URL}"] = _edge
    for address in filter(_can_be_opened, settings.SITE_TARGETS):
        found[f"target {address}"] = _target(address)
    if settings.QUEUE_URL:
        found[f"queue {settings.QUEUE_URL.rpartition('@')[2]}"] = _queue
    for folder in _folders():
        found[f"disk {folder}"] = _disk(folder)
    return found


def _can_be_opened(target: str) -> bool:
    """Not a bucket whose keys are the publishers' alone: they say by their log how it stands."""
    is_foreign = settings.SITE_KEYS_APART and not settings.SITE_S3_ACCESS_KEY_ID
    return not (is_foreign and target.startswith("s3://"))


def _folders() -> list[Path]:
    """Of this machine; targets elsewhere are not known from here."""
    state = Path(settings.STATE_DIR)
    targets = [
        Path(address.removeprefix("file:"))
        for address in settings.SITE_TARGETS
        if address.startswith("file:")
    ]
    return [state, *(folder for folder in targets if not folder.is_relative_to(state))]


def _bucket(bucket: Bucket) -> Question:
    return lambda: insist_on_reading(bucket)


def _target(address: str) -> Question:
    return lambda: target_standing(address)


def _disk(folder: Path) -> Question:
    def usage() -> Any:
        there = next(one for one in (folder, *folder.parents) if one.exists())
        return shutil.disk_usage(there)

    return usage


def _media() -> None:
    """That there is no such file, or that none may be had, is an answer."""
    answer = httpx.get(f"{settings.MEDIA_BASE_URL}/{PROBE}", timeout=DEADLINE)
    if answer.status_code >= 500:
        raise ConnectionError(f"answers {answer.status_code}")


def _edge() -> None:
    answer = httpx.get(f"{settings.SITE_EDGE_URL.rstrip('/')}/", timeout=DEADLINE)
    if answer.status_code != 200:
        raise ConnectionError(f"answers {answer.status_code}")


def _queue() -> None:
    # Loaded late: without QUEUE_URL it is no app of this project.
    import django_rq

    django_rq.get_connection().ping()
