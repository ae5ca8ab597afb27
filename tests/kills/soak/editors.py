"""An editor's process: a batch of operations, each noted before and after it."""

from __future__ import annotations

import hashlib
import json
import time
from random import Random
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db.models import Max
from django.utils import timezone
from taggit.models import Tag
from wagtail.models import Page, PageViewRestriction

from cms.publishing import outbox
from content_models.models import (
    Asset,
    Captions,
    Category,
    HomePage,
    UnitPage,
    VideoPage,
    VideoTag,
)
from tests.kills.soak import footage, words, writing
from tests.kills.soak.desk import Desk, NothingToDoError
from tests.kills.soak.journal import Pen
from tests.kills.soak.table import How, Operation, draw

MOST_PAGES, MOST_FILES = 70, 30
ABORTED = 0.03
# Numbers that no later operation has.
FOUNDED = 1_000_000


class ChangedMindError(Exception):
    """An editor's request that fails at its end."""


def found_newsroom(seed: str) -> None:
    """Something to begin with."""
    rng = Random(seed)
    for number in range(FOUNDED, FOUNDED + 20):
        desk = Desk(rng=rng, number=number)
        acts = [footage.take_in_ready, writing.create_and_publish]
        for act in [*acts, words.add_category] if number % 4 == 0 else acts[number % 3 == 0 :]:
            with outbox.transaction():
                act(desk)


def edit(seed: str, first: int, count: int, path: str) -> None:
    """Do `count` operations, numbered from `first`; the journal has what came of each."""
    pen = Pen(path)
    for number in range(first, first + count):
        rng = Random(f"{seed}:{number}")
        operation = draw(rng, plenty=_plenty())
        desk = Desk(rng=rng, number=number)
        aborted = operation.how is How.REQUEST and desk.happens(ABORTED)
        name = f"{operation.name} (taken back)" if aborted else operation.name
        pen.begin(number, name)
        said = _perform(operation, desk, aborted=aborted)
        pen.acknowledge(number, name, said, state())


def _perform(operation: Operation, desk: Desk, *, aborted: bool) -> str:
    try:
        if operation.how is not How.REQUEST:
            return operation.act(desk)
        with outbox.transaction():
            said = operation.act(desk)
            if aborted:
                raise ChangedMindError
    except ChangedMindError:
        return "taken back"
    except NothingToDoError:
        return "nothing to do"
    except ValidationError:
        return "refused, with a word to the editor"
    return said


def _plenty() -> bool:
    return (
        VideoPage.objects.count() + UnitPage.objects.count() > MOST_PAGES
        or Asset.objects.count() > MOST_FILES
    )


def state() -> str:
    """Digest of everything editors work on; what publishing does to it is left out."""
    common = ("pk", "path", "title", "slug", "live", "expired", "go_live_at", "expire_at")
    page = (*common, "latest_revision_id", "live_revision_id", "alias_of_id")
    parts: list[Any] = [
        VideoPage.objects.order_by("pk").values_list(*page, "asset_id", "synopsis", "body"),
        UnitPage.objects.order_by("pk").values_list(*page, "code"),
        HomePage.objects.order_by("pk").values_list(*page, "description", "about"),
        PageViewRestriction.objects.order_by("pk").values_list("pk", "page_id"),
        Asset.objects.order_by("pk").values_list("pk", "state", "ladder_id"),
        Captions.objects.order_by("pk").values_list("pk", "asset_id", "language", "sha256"),
        Category.objects.order_by("pk").values_list("pk", "name", "slug"),
        Tag.objects.order_by("pk").values_list("pk", "name", "slug"),
        VideoTag.objects.order_by("pk").values_list("content_object_id", "tag_id"),
        VideoPage.categories.through.objects.order_by("pk").values_list(
            "videopage_id", "category_id"
        ),
    ]
    text = json.dumps([list(part) for part in parts], default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def let_moments_pass() -> None:
    """Wait for every date that somebody set, and do what was due."""
    dates = Page.objects.aggregate(gone=Max("expire_at"))
    coming = VideoPage.objects.filter(go_live_at__isnull=False).aggregate(at=Max("go_live_at"))
    last = max((at for at in (dates["gone"], coming["at"]) if at), default=None)
    if last is not None:
        time.sleep(max(0.0, (last - timezone.now()).total_seconds() + 0.05))
    with outbox.transaction():
        call_command("publish_scheduled")
