"""A receipt says when each stage of a publication was reached."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler
from django.utils import timezone
from pytest_django.fixtures import Settings

import static_export
from cms import turns
from cms.media.interface import Bucket
from cms.media.storage import put_bytes
from cms.publishing.models import Push
from cms.publishing.pipeline import cycle
from cms.publishing.purging import Caches
from cms.publishing.receipts import Receipt, forget_pushes, receipts
from cms.publishing.relay import relay
from content_models.models import Placement
from tests.cms.factories import digest, make_asset, make_draft, make_video, publish
from tests.kills.edge import remembering

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path, newsroom: SimpleNamespace, buckets: str) -> None:
    settings.STATE_DIR = tmp_path
    settings.SITE_BUILD_DIR = tmp_path / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}"]
    settings.SITE_EDGE_URL = ""


def reached(receipt: Receipt) -> list[str]:
    return [stage.code for stage in receipt.stages if stage.at]


def in_order(receipt: Receipt) -> bool:
    times = [stage.at for stage in receipt.stages if stage.at]
    return times == sorted(times)


def test_a_draft_has_no_receipt(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali)
    cycle()
    assert receipts(page) == []


def test_a_receipt_grows_stage_by_stage(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    (receipt,) = receipts(page)
    assert (reached(receipt), receipt.sequence) == (["published"], None)
    relay()
    (receipt,) = receipts(page)
    assert reached(receipt) == ["published", "numbered"]
    assert receipt.sequence is not None
    assert not receipt.is_complete
    cycle()
    (receipt,) = receipts(page)
    # Nothing serves this site, so nothing was read back: that stage is left out, not made up.
    assert reached(receipt) == ["published", "numbered", "built", "uploaded"]
    assert receipt.is_complete
    assert in_order(receipt)


def test_a_receipt_advances_while_the_publication_is_on_its_way(
    newsroom: SimpleNamespace,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = make_video(newsroom.bali)
    seen: list[tuple[str, list[str]]] = []
    push, purge = static_export.push, Caches.purge

    def look(moment: str) -> None:
        (receipt,) = receipts(page)
        assert not receipt.is_complete
        seen.append((moment, reached(receipt)))

    def looking(**arguments: Any) -> static_export.PushReport:
        look("before the push")
        report = push(**arguments)
        look("before the end")
        return report

    def purging(caches: Caches, url_paths: Iterable[str]) -> tuple[str, ...]:
        look("while purging")
        return purge(caches, url_paths)

    monkeypatch.setattr(static_export, "push", looking)
    monkeypatch.setattr(Caches, "purge", purging)
    with remembering(tmp_path / "edge") as edge:
        settings.SITE_PURGE_URL = settings.SITE_EDGE_URL = edge
        cycle()
    published = ["published", "numbered", "built"]
    moments = dict(seen)
    assert moments == {
        "before the push": published,
        "while purging": [*published, "uploaded"],
        "before the end": [*published, "uploaded", "purged"],
    }
    (receipt,) = receipts(page)
    assert reached(receipt) == [*published, "uploaded", "purged", "seen"]
    assert receipt.is_complete
    assert in_order(receipt)


def test_a_publication_that_failed_shows_where_it_stands_and_the_next_one_takes_its_place(
    newsroom: SimpleNamespace, settings: Settings
) -> None:
    page = make_video(newsroom.bali)
    settings.SITE_PURGE_URL = "http://127.0.0.1:9"
    for _ in range(2):
        with pytest.raises(static_export.ExportError):
            cycle()
        (receipt,) = receipts(page)
        assert reached(receipt) == ["published", "numbered", "built", "uploaded"]
        assert [stage.code for stage in receipt.stages][-1] == "purged"
        assert Push.objects.count() == 1
    settings.SITE_PURGE_URL = ""
    cycle()
    (push,) = Push.objects.all()
    assert push.live_at
    (receipt,) = receipts(page)
    assert receipt.is_complete


def test_a_stage_that_cannot_be_noted_at_once_is_written_at_the_end(
    newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_video(newsroom.bali)
    save, refused = Push.save, iter([True, True, False])

    def busy(row: Push, *args: Any, **fields: Any) -> None:
        if next(refused, False):
            raise OperationalError("database is locked")
        save(row, *args, **fields)

    monkeypatch.setattr(Push, "save", busy)
    cycle()
    assert next(refused, None) is None
    assert reached(receipts(page)[0]) == ["published", "numbered", "built", "uploaded"]


def test_who_notes_a_stage_waits_for_no_other_writer(
    newsroom: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db", "OPTIONS": options}
    own = ConnectionHandler({"default": file})["default"]
    monkeypatch.setattr("cms.turns.connection", own)
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as other:
        other.execute("CREATE TABLE notes (text)")
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with own.cursor() as cursor:
            with pytest.raises(OperationalError, match="locked"), turns.briefly():
                cursor.execute("INSERT INTO notes VALUES ('built')")
            assert time.monotonic() - began < 5
            (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
            assert patience == 20_000, "and everybody else is as patient as before"
    own.close()


def test_every_publication_leaves_one_row_of_what_it_did(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    done = cycle()
    (push,) = Push.objects.all()
    assert (push.rendered, push.uploaded) == (done.rendered, done.uploaded)
    assert push.sequence == done.sequence
    cycle()
    assert Push.objects.count() == 1
    publish(page)
    cycle()
    assert Push.objects.count() == 2


def test_a_withdrawal_has_a_receipt_too(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    cycle()
    page.unpublish()
    cycle()
    withdrawal, publication = receipts(page)
    assert withdrawal.removal
    assert reached(withdrawal)[0] == "withdrawn"
    assert withdrawal.is_complete
    assert not publication.removal


def test_a_video_whose_files_had_to_be_copied_says_when_they_were_public(
    newsroom: SimpleNamespace,
) -> None:
    asset = make_asset(placement=Placement.PRIVATE)
    for file in asset.ladder.files.all():
        data = file.key.encode()
        put_bytes(Bucket.STAGING, file.key, data, content_type=file.content_type)
        file.size, file.sha256 = len(data), digest(file.key)
        file.save()
    page = make_video(newsroom.bali, asset)
    assert receipts(page) == []
    while cycle().did_something:
        pass
    (receipt,) = receipts(page)
    assert reached(receipt) == ["published", "media", "numbered", "built", "uploaded"]
    assert in_order(receipt)


def test_a_unit_and_the_home_page_have_receipts(newsroom: SimpleNamespace) -> None:
    cycle()
    for page in (newsroom.bali, newsroom.home):
        (receipt,) = receipts(page)
        assert receipt.is_complete


def test_no_more_receipts_are_shown_than_asked_for(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali)
    for _ in range(4):
        publish(page)
        relay()
    found = receipts(page, most=3)
    assert len(found) == 3
    assert [receipt.sequence for receipt in found] == sorted(
        (receipt.sequence or 0 for receipt in found), reverse=True
    )


def test_what_is_known_of_a_publication_is_kept_for_a_year(newsroom: SimpleNamespace) -> None:
    cycle()
    make_video(newsroom.bali)
    cycle()
    first = Push.objects.earliest("pk")
    Push.objects.filter(pk=first.pk).update(started_at=timezone.now() - timedelta(days=367))
    assert forget_pushes() == 1
    assert Push.objects.count() == 1
