"""A receipt says when each stage of a publication was reached."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from cms.media.interface import Bucket
from cms.media.storage import put_bytes
from cms.publishing.models import Push
from cms.publishing.pipeline import cycle
from cms.publishing.receipts import Receipt, forget_pushes, receipts
from cms.publishing.relay import relay
from content_models.models import Placement
from tests.cms.factories import digest, make_asset, make_draft, make_video, publish

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
