"""Media follow pages: in when needed, out when not, each file on its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from cms.media import promotion
from cms.media.interface import Bucket
from cms.media.storage import head, list_keys, put_bytes
from cms.publishing.leaving import Leaving
from cms.publishing.media import MediaReport, Patience, withdraw_media
from cms.publishing.models import PublicState, RetiredKey
from cms.publishing.pipeline import cycle
from cms.publishing.status import publication_status
from content_models.models import Asset, Captions, Ladder, Placement, Poster, VideoPage
from tests.cms.factories import digest, make_asset, make_captions, make_video, publish
from tests.cms.media.test_posters import choose, picture, still

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path, newsroom: SimpleNamespace, buckets: str) -> Path:
    settings.STATE_DIR = tmp_path
    settings.SITE_BUILD_DIR = tmp_path / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}"]
    settings.SITE_EDGE_URL = ""
    return tmp_path / "edge"


def staged(asset: Asset) -> Asset:
    """The asset with real bytes behind each of its files, in the staging bucket."""
    for file in asset.ladder.files.all():
        data = file.key.encode()
        put_bytes(Bucket.STAGING, file.key, data, content_type=file.content_type)
        file.size, file.sha256 = len(data), digest(file.key)
        file.save()
    return asset


def private_asset() -> Asset:
    return staged(make_asset(placement=Placement.PRIVATE))


def until_quiet() -> None:
    """As a worker does that has looked at all ladders before: only changes name some."""
    leaving = Leaving()
    leaving.looked(set())
    while cycle(patience=Patience(), leaving=leaving).did_something:
        pass


def is_public(ladder: Ladder) -> bool:
    return all(head(Bucket.MEDIA, file.key) is not None for file in ladder.files.all())


def watch_page(site: Path, page: object) -> str:
    return (site / page.public_path.strip("/") / "index.html").read_text()


def shown_poster(site: Path, page: VideoPage) -> str:
    """Key of the poster on the page that is live."""
    found = re.search(
        r'poster="http[^"]*?(' + str(page.asset.uuid) + r'/[^"]+)"', watch_page(site, page)
    )
    assert found
    return found[1]


def choose_poster(asset: Asset, size: tuple[int, int]) -> Poster:
    return choose(asset, still(picture(size)))


def test_media_become_public_with_the_page_and_private_without_it(
    newsroom: SimpleNamespace, site: Path
) -> None:
    page = make_video(newsroom.bali, private_asset())
    ladder = page.asset.ladder
    assert publication_status(page).stage == "promoting"
    until_quiet()
    assert is_public(ladder)
    assert ladder.prefix in watch_page(site, page)
    page.unpublish()
    until_quiet()
    assert not any(head(Bucket.MEDIA, file.key) for file in ladder.files.all())
    assert not (site / page.public_path.strip("/") / "index.html").exists()


def test_two_pages_share_an_asset_until_the_last_of_them_goes(newsroom: SimpleNamespace) -> None:
    asset = private_asset()
    first, second = make_video(newsroom.bali, asset), make_video(newsroom.jabar, asset)
    until_quiet()
    first.unpublish()
    until_quiet()
    assert is_public(asset.ladder)
    second.unpublish()
    until_quiet()
    assert not is_public(asset.ladder)


def test_a_replaced_video_is_shown_until_the_new_one_is_live(
    newsroom: SimpleNamespace, site: Path
) -> None:
    page = make_video(newsroom.bali, private_asset())
    old = page.asset.ladder
    until_quiet()
    new_asset = private_asset()
    new = new_asset.ladder
    Asset.objects.filter(pk=new_asset.pk).update(ladder=None, state="processing")
    page.asset = Asset.objects.get(pk=new_asset.pk)
    publish(page)
    until_quiet()
    assert publication_status(page).stage == "transcoding"
    assert is_public(old)
    assert old.prefix in watch_page(site, page)
    new_asset.ladder = new
    new_asset.state = "ready"
    new_asset.save()
    # Promoted and pushed in one cycle, which still leaves the old files alone.
    cycle()
    assert new.prefix in watch_page(site, page)
    until_quiet()
    assert is_public(new)
    assert not is_public(old)
    assert new.prefix in watch_page(site, page)


def test_a_file_that_storage_has_lost_holds_up_no_other_video(
    newsroom: SimpleNamespace, site: Path
) -> None:
    lost = make_video(newsroom.bali, make_asset(placement=Placement.PRIVATE))
    good = make_video(newsroom.jabar, private_asset())
    gone = make_video(newsroom.jabar, private_asset())
    # However long the cycles take here, the time to try again does not come.
    patience = Patience(clock=lambda: 0.0)
    failures: list[str] = []
    for _ in range(6):
        failures += cycle(patience=patience).failures
    assert len(failures) == 1
    assert publication_status(lost).stage == "promoting"
    assert publication_status(good).stage == "live"
    gone.unpublish()
    cycle(patience=patience)
    assert not (site / gone.public_path.strip("/") / "index.html").exists()


def test_a_withdrawal_does_not_wait_for_a_promotion_under_way(
    newsroom: SimpleNamespace, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = make_video(newsroom.jabar, private_asset())
    until_quiet()
    large = make_video(newsroom.bali, private_asset())
    copied = []

    def copy(key: str, **about: Any) -> None:
        storage_publish(key, **about)
        copied.append(key)
        if len(copied) == 1:
            VideoPage.objects.get(pk=gone.pk).unpublish()

    storage_publish = promotion.storage.publish
    monkeypatch.setattr(promotion.storage, "publish", copy)
    cycle()
    assert len(copied) == 1
    assert not (site / gone.public_path.strip("/") / "index.html").exists()
    assert not is_public(gone.asset.ladder)
    assert publication_status(large).stage == "promoting"
    until_quiet()
    assert len(copied) == len(set(copied)) == large.asset.ladder.files.count()
    assert publication_status(large).stage == "live"


def test_a_failed_file_is_tried_later_and_later() -> None:
    now = 0.0
    patience = Patience(clock=lambda: now)
    assert patience.allows(7)
    patience.failed(7)
    assert not patience.allows(7)
    now = 2.5
    assert patience.allows(7)
    patience.failed(7)
    now = 4.5
    assert not patience.allows(7)
    for _ in range(50):
        patience.failed(7)
    now += Patience.LONGEST
    assert patience.allows(7)
    patience.succeeded(7)
    assert patience.allows(7)


@pytest.mark.parametrize("change", ["text", "language", "deletion"])
def test_captions_that_were_changed_or_deleted_leave_the_public_bucket(
    newsroom: SimpleNamespace, change: str
) -> None:
    page = make_video(newsroom.bali, private_asset())
    captions = make_captions(page.asset, is_public=False)
    until_quiet()
    key = captions.key
    assert head(Bucket.MEDIA, key) is not None
    captions = Captions.objects.get(pk=captions.pk)
    if change == "deletion":
        captions.delete()
    else:
        setattr(
            captions,
            change,
            {"text": "WEBVTT\n\n00:00.000 --> 00:01.000\nBaru.\n", "language": "jv"}[change],
        )
        captions.save()
    assert RetiredKey.objects.filter(key=key).exists()
    until_quiet()
    assert head(Bucket.MEDIA, key) is None
    assert not RetiredKey.objects.exists()
    record = PublicState.objects.get(pk=f"video:{page.public_id}").record
    urls = [item["url"] for item in record["media"]["captions"]]
    assert len(urls) == (0 if change == "deletion" else 1)
    assert not any(url.endswith(key) for url in urls)
    if change != "deletion":
        assert head(Bucket.MEDIA, captions.key) is not None


def test_one_chosen_poster_gives_way_to_another_with_no_moment_between(
    newsroom: SimpleNamespace, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_video(newsroom.bali, private_asset())
    until_quiet()
    seen = [shown_poster(site, page)]
    audit, one_at_a_time = sys.audit, Lock()

    def look(event: str, *args: Any) -> None:
        audit(event, *args)
        if event != "policetube.step":
            return
        # A push is several threads: what one has seen is noted before another looks.
        with one_at_a_time:
            seen.append(shown_poster(site, page))
            assert head(Bucket.MEDIA, seen[-1]) is not None, f"{args}: the page shows no poster"

    posters = []
    for size in [(640, 360), (800, 400)]:
        posters.append(choose_poster(page.asset, size).key)
        with monkeypatch.context() as patched:
            patched.setattr(sys, "audit", look)
            until_quiet()
    # Each was shown until the next one was there; never again the one chosen by itself.
    assert list(dict.fromkeys(seen)) == [seen[0], *posters]
    assert seen == sorted(seen, key=[seen[0], *posters].index)
    assert head(Bucket.MEDIA, posters[0]) is None
    assert not RetiredKey.objects.exists()


def test_to_see_whether_retired_files_are_still_shown_costs_the_same_for_one_and_for_many(
    newsroom: SimpleNamespace,
) -> None:
    asked = []
    for count in (1, 60):
        RetiredKey.objects.bulk_create(
            RetiredKey(key=f"{uuid4()}/poster/0.jpg") for _ in range(count)
        )
        with CaptureQueriesContext(connection) as queries:
            withdraw_media(MediaReport(patience=Patience()))
        asked.append(len(queries))
        assert not RetiredKey.objects.exists()
    assert asked[0] == asked[1]


@pytest.mark.any_database
def test_a_thousand_files_are_withdrawn_at_once(
    newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = Asset.objects.bulk_create(Asset(title="x", size=1) for _ in range(1100))
    Ladder.objects.bulk_create(
        Ladder(asset=asset, prefix=f"{asset.uuid}/1/", attempt=1, placement=Placement.PUBLIC)
        for asset in assets
    )
    withdrawn: list[Ladder] = []
    monkeypatch.setattr("cms.publishing.media.demote", withdrawn.append)
    report = MediaReport(patience=Patience())

    withdraw_media(report)

    assert (report.withdrawn, len(withdrawn), report.failures) == (1100, 1100, [])


def test_the_poster_of_a_withdrawn_video_goes_at_once(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.bali, private_asset())
    first = choose_poster(page.asset, (640, 360))
    until_quiet()
    choose_poster(page.asset, (800, 400))
    page.unpublish()
    withdraw_media(MediaReport(patience=Patience()))
    assert head(Bucket.MEDIA, first.key) is None


@pytest.mark.parametrize("step", ["promote.copied", "demote.recorded"])
def test_a_file_deleted_while_it_is_moved_leaves_nothing_public(
    newsroom: SimpleNamespace, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = make_video(newsroom.bali, private_asset())
    if step.startswith("demote"):
        until_quiet()
        page.unpublish()
    audit = sys.audit

    def interfere(event: str, *args: Any) -> None:
        audit(event, *args)
        if args == (step,):
            monkeypatch.undo()
            page.delete()
            Asset.objects.get(pk=page.asset_id).delete()

    monkeypatch.setattr(promotion.sys, "audit", interfere)
    while cycle(patience=Patience()).did_something:
        pass
    cycle(patience=Patience())
    assert not Asset.objects.filter(pk=page.asset_id).exists()
    assert list_keys(Bucket.MEDIA, "") == []
    assert not RetiredKey.objects.exists()
