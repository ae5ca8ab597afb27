"""What is withdrawn is gone at once, page and files, and somebody looked; behind nobody's push."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings as configured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pytest_django.fixtures import Settings
from wagtail.models import PageViewRestriction

from cms.media import storage
from cms.media.errors import ErrorCode, MediaError
from cms.media.interface import Bucket, media_url, still_public
from cms.media.storage import head, list_keys
from cms.publishing import alone, outbox, relay, takedowns
from cms.publishing.media import MediaReport, Patience, promote_media
from cms.publishing.models import Change, LogHead, Takedown
from cms.publishing.pipeline import cycle
from cms.publishing.receipts import forget_pushes, receipts
from cms.publishing.status import publication_status
from cms.publishing.sweep import glance
from content_models.models import Asset, Placement, VideoPage
from static_export.taken import Taken
from tests.cms.factories import make_captions, make_photo, make_story, make_video, publish
from tests.cms.publishing import cdns
from tests.cms.publishing.test_media import private_asset, staged
from tests.kills.edge import remembering
from tests.static_export.edges import running_edge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings: Settings, tmp_path: Path, newsroom: SimpleNamespace, buckets: str) -> Path:
    settings.STATE_DIR = tmp_path
    settings.SITE_BUILD_DIR = tmp_path / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}"]
    settings.SITE_EDGE_URL = ""
    return tmp_path / "edge"


@pytest.fixture
def edge(site: Path, tmp_path: Path, settings: Settings) -> Iterator[str]:
    """The real edge in front of the site."""
    with running_edge(site, tmp_path / "caddy") as base:
        settings.SITE_EDGE_URL = base
        yield base


def until_quiet() -> None:
    while cycle(patience=Patience()).did_something:
        pass


@pytest.fixture
def on_air(newsroom: SimpleNamespace) -> VideoPage:
    """A public video with captions, seen at the edge."""
    asset = private_asset()
    make_captions(asset, is_public=False)
    page = make_video(newsroom.bali, asset)
    until_quiet()
    assert list_keys(Bucket.MEDIA, f"{asset.uuid}/captions/")
    return page


def page_file(site: Path, page: VideoPage) -> Path:
    return site / page.public_path.strip("/") / "index.html"


def owned(page: VideoPage) -> list[str]:
    """Addresses of the page and of its player."""
    player = f"/embed/{page.public_id}/"
    return [page.public_path, player, f"{player}oembed.json"]


def files_of(page: VideoPage) -> list[str]:
    return list_keys(Bucket.MEDIA, f"{page.asset.uuid}/")


def recorded(site: Path) -> set[str]:
    return set(Taken.of(f"file:{site}", configured.STATE_DIR / "push").entries())


def test_page_and_files_are_gone_without_a_build_and_somebody_looked(
    on_air: VideoPage, edge: str
) -> None:
    told = files_of(on_air)
    assert len(told) > 8
    on_air.unpublish()
    report = takedowns.run()
    assert (report.verified, report.failures) == (1, [])
    for path in owned(on_air):
        assert httpx.get(edge + path).status_code == 410
    assert files_of(on_air) == []
    for key in told:
        assert httpx.get(f"{configured.MEDIA_BASE_URL}/{key}").status_code in {403, 404}
    row = Takedown.objects.get()
    assert set(row.media) == set(told)
    assert len(row.keys) == 3
    assert row.at <= row.begun_at <= row.page_gone_at <= row.verified_at
    assert row.begun_at <= row.media_gone_at <= row.verified_at
    assert (row.problem, row.visible, row.attempts) == ("", [], 1)
    assert row.sequence == Change.objects.get(operation="REMOVE").sequence
    # Nothing was built or pushed for that.
    assert LogHead.objects.get().live_sequence < row.sequence


def test_lists_follow_with_the_next_build_which_settles_it(
    on_air: VideoPage, site: Path, edge: str
) -> None:
    on_air.unpublish()
    takedowns.run()
    home = (site / "index.html").read_bytes()
    assert on_air.public_id.encode() in home
    assert len(recorded(site)) == 3
    until_quiet()
    assert on_air.public_id.encode() not in (site / "index.html").read_bytes()
    assert recorded(site) == set()
    assert httpx.get(edge + on_air.public_path).status_code == 410
    assert httpx.get(f"{edge}/embed/{on_air.public_id}/").status_code == 404
    assert cycle().rendered == 0


def test_it_is_looked_at_again_a_minute_later_and_then_no_more(on_air: VideoPage) -> None:
    on_air.unpublish()
    takedowns.run()
    row = Takedown.objects.get()
    assert row.due - row.verified_at == timedelta(seconds=60)
    assert takedowns.run().tried == set()
    Takedown.objects.update(due=timezone.now())
    assert takedowns.run().tried == {row.pk}
    assert Takedown.objects.get().due is None
    assert takedowns.run(again=True).tried == set()


def test_what_has_come_back_by_then_is_taken_down_again(
    on_air: VideoPage, edge: str, site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = next(key for key in files_of(on_air) if key.endswith("master.m3u8"))
    on_air.unpublish()
    takedowns.run()
    page_file(site, on_air).parent.mkdir(parents=True)
    page_file(site, on_air).write_text("restored by somebody from a backup")
    storage.put_bytes(Bucket.MEDIA, key, b"#EXTM3U", content_type="text/plain")
    assert httpx.get(edge + on_air.public_path).status_code == 200
    assert takedowns.run(again=True).failures == []
    assert httpx.get(edge + on_air.public_path).status_code == 410
    assert head(Bucket.MEDIA, key) is None


def test_a_story_goes_with_its_photographs(newsroom: SimpleNamespace, edge: str) -> None:
    asset = staged(make_photo(Placement.PRIVATE))
    story = make_story(newsroom.bali, asset)
    until_quiet()
    assert httpx.get(edge + story.public_path).status_code == 200
    assert list_keys(Bucket.MEDIA, f"{asset.uuid}/")
    story.unpublish()
    assert takedowns.run().failures == []
    assert httpx.get(edge + story.public_path).status_code == 410
    assert not list_keys(Bucket.MEDIA, f"{asset.uuid}/")


def test_a_restricted_unit_goes_with_all_that_is_below(
    newsroom: SimpleNamespace, on_air: VideoPage, edge: str
) -> None:
    unit = f"/unit/{newsroom.bali.code}/"
    assert httpx.get(edge + unit).status_code == 200
    PageViewRestriction.objects.create(page=newsroom.bali, restriction_type="login")
    assert takedowns.run().failures == []
    month = timezone.localtime(on_air.first_published_at).strftime("%Y/%m/")
    for path in (*owned(on_air), unit, f"{unit}feed.xml", f"{unit}{month}"):
        assert httpx.get(edge + path).status_code == 410, path
    assert not files_of(on_air)
    assert {row.node_id.partition(":")[0] for row in Takedown.objects.all()} == {"unit", "video"}


def test_what_expires_or_is_hidden_past_all_signals_goes_the_same_way(
    newsroom: SimpleNamespace, on_air: VideoPage, edge: str
) -> None:
    other = make_video(newsroom.jabar, private_asset())
    until_quiet()
    past = timezone.now() - timedelta(seconds=1)
    VideoPage.objects.filter(pk=on_air.pk).update(expire_at=past)
    VideoPage.objects.filter(pk=other.pk).update(live=False)
    assert takedowns.run().tried == set()
    glance()
    assert takedowns.run().verified == 2
    for page in (on_air, other):
        assert httpx.get(edge + page.public_path).status_code == 410
        assert not files_of(page)


def test_a_deleted_page_and_a_deleted_file_leave_nothing(on_air: VideoPage, edge: str) -> None:
    told, path = files_of(on_air), on_air.public_path
    with outbox.transaction():
        asset = on_air.asset
        on_air.delete()
        asset.delete()
    assert takedowns.run().failures == []
    assert httpx.get(edge + path).status_code == 410
    assert still_public(told) == {}


def test_files_that_another_page_shows_stay_and_nobody_complains(
    newsroom: SimpleNamespace, on_air: VideoPage, edge: str
) -> None:
    other = make_video(newsroom.jabar, on_air.asset)
    until_quiet()
    there = files_of(on_air)
    on_air.unpublish()
    report = takedowns.run()
    assert (report.verified, report.failures) == (1, [])
    assert files_of(on_air) == there
    assert httpx.get(edge + other.public_path).status_code == 200
    assert httpx.get(edge + on_air.public_path).status_code == 410
    other.unpublish()
    takedowns.run()
    assert files_of(on_air) == []


def test_an_edit_just_before_does_not_keep_the_files(on_air: VideoPage) -> None:
    """The page was told anew and is not pushed yet: of a public page, the old files would stay."""
    on_air.title = "Judul lain"
    publish(on_air)
    on_air.unpublish()
    relay.relay()
    assert takedowns.run().failures == []
    assert files_of(on_air) == []


@pytest.mark.parametrize("built", [False, True], ids=["at once", "after a build"])
def test_what_is_published_again_comes_back_whole(
    on_air: VideoPage, site: Path, edge: str, *, built: bool
) -> None:
    before = page_file(site, on_air).read_bytes()
    on_air.unpublish()
    takedowns.run()
    if built:
        until_quiet()
    publish(VideoPage.objects.get(pk=on_air.pk))
    until_quiet()
    assert Takedown.objects.get().due is None
    assert httpx.get(edge + on_air.public_path).status_code == 200
    assert httpx.get(f"{edge}/embed/{on_air.public_id}/").status_code == 200
    assert page_file(site, on_air).read_bytes()[:200] == before[:200]
    assert files_of(on_air)
    assert recorded(site) == set()
    assert takedowns.run(again=True).tried == set()


def test_published_again_before_anybody_took_it_down_nothing_is_taken_down(
    on_air: VideoPage, edge: str
) -> None:
    on_air.unpublish()
    publish(VideoPage.objects.get(pk=on_air.pk))
    row = Takedown.objects.get()
    assert (row.due, row.begun_at, row.is_open) == (None, None, False)
    assert takedowns.run(again=True).tried == set()
    assert httpx.get(edge + on_air.public_path).status_code == 200


def test_published_again_while_it_is_taken_down_it_comes_back_with_the_next_cycle(
    on_air: VideoPage, site: Path, edge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if its push was quicker than the takedown, which nobody can call back."""
    on_air.unpublish()

    def late(rows: list[Takedown]) -> None:
        begin(rows)
        publish(VideoPage.objects.get(pk=on_air.pk))
        relay.relay()
        until_live()

    def until_live() -> None:
        LogHead.objects.update(live_sequence=relay.head().sequence)

    begin = takedowns._begin
    monkeypatch.setattr(takedowns, "_begin", late)
    takedowns.run()
    monkeypatch.undo()
    assert Takedown.objects.get().cancelled_at
    until_quiet()
    assert httpx.get(edge + on_air.public_path).status_code == 200
    assert recorded(site) == set()


@pytest.mark.parametrize("killed", [False, True], ids=["lives on", "killed"])
def test_numbered_and_back_before_the_record_was_written_it_is_not_held_down(
    on_air: VideoPage, site: Path, edge: str, monkeypatch: pytest.MonkeyPatch, *, killed: bool
) -> None:
    """The lane knows no number yet when another publisher, much quicker, does all of the rest."""
    on_air.unpublish()

    def late(rows: list[Takedown]) -> None:
        begin(rows)
        relay.relay()
        takedowns.number()
        publish(VideoPage.objects.get(pk=on_air.pk))
        relay.relay()
        LogHead.objects.update(live_sequence=relay.head().sequence)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    begin = takedowns._begin
    with monkeypatch.context() as patch:
        patch.setattr(takedowns, "_begin", late)
        if killed:
            patch.setattr(takedowns, "_conclude", die)
        with suppress(KeyboardInterrupt):
            takedowns.run()
    row = Takedown.objects.get()
    assert row.cancelled_at
    assert row.sequence
    assert len(recorded(site)) == 3
    until_quiet()
    assert httpx.get(edge + on_air.public_path).status_code == 200
    assert recorded(site) == set()


def test_the_receipt_says_when_it_was_verified(on_air: VideoPage) -> None:
    on_air.unpublish()
    (withdrawal, *_) = receipts(on_air)
    assert not next(stage for stage in withdrawal.stages if stage.code == "gone").at
    takedowns.run()
    (withdrawal, *_) = receipts(on_air)
    gone = next(stage for stage in withdrawal.stages if stage.code == "gone")
    assert gone.after is not None
    assert 0 < gone.after < 60
    assert withdrawal.stages[0].code == "withdrawn"
    assert not withdrawal.is_complete
    until_quiet()
    (withdrawal, *_) = receipts(on_air)
    assert withdrawal.is_complete
    times = [stage.at for stage in withdrawal.stages]
    assert times == sorted(times)


@contextmanager
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Object storage that deletes nothing."""

    def refuse(bucket: Bucket, keys: list[str]) -> None:
        raise MediaError(ErrorCode.STORAGE, "Object storage failed while deleting: 503")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete", refuse)
        yield


def test_storage_that_refuses_alarms_once_and_is_tried_until_it_obeys(
    on_air: VideoPage,
    edge: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = files_of(on_air)
    on_air.unpublish()
    pauses = []
    with refusing(monkeypatch), caplog.at_level(logging.INFO, logger="cms.publishing"):
        for _ in range(3):
            assert takedowns.run(again=True).failures
            row = Takedown.objects.get()
            pauses.append((row.due - timezone.now()).total_seconds())
    assert [round(pause * 2) / 2 for pause in pauses] == [0.5, 1.0, 2.0]
    errors = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert len(errors) == 1
    assert row.node_id in errors[0].getMessage()
    assert "503" in row.problem
    # The page is gone all the same, and what the editor reads names what is not.
    assert httpx.get(edge + on_air.public_path).status_code == 410
    assert row.page_gone_at
    assert not row.media_gone_at
    assert set(row.visible) == {f"{configured.MEDIA_BASE_URL}/{key}" for key in told}
    with translation.override("id"):
        status = publication_status(VideoPage.objects.get(pk=on_air.pk))
        label = str(status.label)
    assert (status.stage, status.settled) == ("withdrawing", False)
    assert "Masih terlihat sejak ditarik" in label
    assert configured.MEDIA_BASE_URL in label
    with caplog.at_level(logging.INFO, logger="cms.publishing"):
        assert takedowns.run(again=True).failures == []
    assert "gone at last" in caplog.records[-1].getMessage()
    row = Takedown.objects.get()
    assert (row.problem, row.visible) == ("", [])
    assert row.verified_at
    assert files_of(on_air) == []


def test_a_cycle_names_what_can_still_be_seen_and_goes_on(
    newsroom: SimpleNamespace, on_air: VideoPage, monkeypatch: pytest.MonkeyPatch, site: Path
) -> None:
    on_air.unpublish()
    other = make_video(newsroom.jabar)
    with refusing(monkeypatch):
        report = cycle(patience=Patience())
    assert any(on_air.public_id in failure for failure in report.failures)
    assert page_file(site, other).exists()


def test_a_caching_edge_is_told_and_one_that_remembers_alarms(
    on_air: VideoPage, site: Path, settings: Settings
) -> None:
    with remembering(site) as base:
        settings.SITE_EDGE_URL = base
        for path in owned(on_air):
            assert httpx.get(base + path).status_code == 200
        on_air.unpublish()
        report = takedowns.run()
        row = Takedown.objects.get()
        assert report.verified == 0
        assert set(row.visible) == {f"{configured.SITE_BASE_URL}{path}" for path in owned(on_air)}
        assert row.page_gone_at
        assert row.purged_at is None
        settings.SITE_PURGE_URL = base
        report = takedowns.run(again=True)
        assert (report.verified, report.failures) == (1, [])
        assert Takedown.objects.get().purged_at


def test_a_cache_before_the_files_is_told_too(on_air: VideoPage, settings: Settings) -> None:
    from tests.static_export.servers import QuietHandler, serving

    origin, memory, purged = configured.MEDIA_BASE_URL, {}, []

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            if self.path not in memory:
                memory[self.path] = httpx.get(origin + self.path).status_code
            self.answer(memory[self.path])

        def do_PURGE(self) -> None:
            purged.append(self.path)
            memory.pop(self.path, None)
            self.answer(204)

    told = files_of(on_air)
    with serving(Handler) as base:
        settings.MEDIA_BASE_URL = base
        for key in told:
            assert httpx.get(f"{base}/{key}").status_code == 200
        on_air.unpublish()
        # Told under the address that it had when it was published.
        Takedown.objects.update(media=told)
        takedowns.run()
        row = Takedown.objects.get()
        assert set(row.visible) == {f"{base}/{key}" for key in told}
        settings.MEDIA_PURGE_URL = base
        assert takedowns.run(again=True).failures == []
    assert set(purged) == {f"/{key}" for key in told}


def test_a_cdn_before_the_files_is_told_by_its_own_zone_and_distribution(
    on_air: VideoPage, settings: Settings
) -> None:
    told = files_of(on_air)
    host = urlsplit(settings.MEDIA_BASE_URL).netloc
    with cdns.cloudflare() as cloudflare, cdns.cloudfront() as cloudfront:
        cloudflare.host = cloudfront.host = host
        settings.CLOUDFLARE_API_URL, settings.CLOUDFLARE_API_TOKEN = cloudflare.url, cdns.TOKEN
        settings.MEDIA_CLOUDFLARE_ZONE_ID = cdns.ZONE
        settings.CLOUDFRONT_ENDPOINT_URL = cloudfront.url
        settings.CLOUDFRONT_ACCESS_KEY_ID = cdns.KEY
        settings.CLOUDFRONT_SECRET_ACCESS_KEY = cdns.TOKEN
        settings.MEDIA_CLOUDFRONT_DISTRIBUTION_ID = cdns.DISTRIBUTION
        settings.CLOUDFLARE_PER_SECOND = settings.CLOUDFRONT_PER_SECOND = 1000.0
        on_air.unpublish()
        assert takedowns.run().failures == []
    urls = {media_url(key) for key in told}
    assert set(cloudflare.purged) == urls
    assert set(cloudfront.purged) == {urlsplit(url).path for url in urls}


def test_an_edge_that_is_down_is_no_proof(on_air: VideoPage, settings: Settings) -> None:
    settings.SITE_EDGE_URL = "http://127.0.0.1:9"
    on_air.unpublish()
    assert takedowns.run().verified == 0
    assert "no answer" in Takedown.objects.get().problem


def test_a_damaged_record_stops_no_withdrawal(
    newsroom: SimpleNamespace, on_air: VideoPage, edge: str, site: Path
) -> None:
    other = make_video(newsroom.jabar)
    until_quiet()
    on_air.unpublish()
    takedowns.run()
    (record,) = (configured.STATE_DIR / "push").glob("taken-*.json")
    record.write_text("{")
    # The lane goes on without a pause, and says what has to be mended.
    assert "is damaged" in str(takedowns.run().failures)
    other.unpublish()
    assert "is damaged" in str(takedowns.run().failures)
    assert httpx.get(edge + other.public_path).status_code == 410
    assert "is damaged" in Takedown.objects.get(node_id=other.node_id).problem


def test_a_dead_mirror_is_named_and_the_others_are_done(
    on_air: VideoPage, edge: str, settings: Settings
) -> None:
    settings.SITE_TARGETS = ["nowhere:x", *settings.SITE_TARGETS]
    on_air.unpublish()
    takedowns.run()
    row = Takedown.objects.get()
    assert "nowhere:x" in row.problem
    assert row.page_gone_at is None
    assert row.media_gone_at
    assert httpx.get(edge + on_air.public_path).status_code == 410


def test_the_newest_comes_first_and_all_pages_before_the_last_file(
    newsroom: SimpleNamespace, edge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takedowns, "AT_ONCE", 2)
    monkeypatch.setattr(takedowns, "ROUND", 0.0)
    pages = [make_video(newsroom.bali) for _ in range(5)]
    until_quiet()
    order: list[tuple[str, int]] = []
    take_down, withdraw = takedowns._take_down_pages, takedowns.files.withdraw

    def noted_pages(new: list[Any], done: list[Any]) -> Any:
        order.append(("pages", len(new) + len(done)))
        return take_down(new, done)

    def noted_files(*arguments: Any) -> Any:
        order.append(("files", 1))
        return withdraw(*arguments)

    monkeypatch.setattr(takedowns, "_take_down_pages", noted_pages)
    monkeypatch.setattr(takedowns.files, "withdraw", noted_files)
    for page in pages:
        page.unpublish()
    assert takedowns.run().verified == 5
    done = list(Takedown.objects.order_by("verified_at").values_list("node_id", flat=True))
    newest = [f"video:{page.public_id}" for page in reversed(pages)]
    assert done[0] == newest[0]
    assert set(done) == set(newest)
    # Two pages at a time, files of one of them beside; what is left of the files at the end.
    rounds = [kind for kind, count in order if count]
    assert rounds.count("pages") == 3
    assert rounds[-2:] == ["files", "files"]
    for page in pages:
        assert httpx.get(edge + page.public_path).status_code == 410


def test_work_grows_with_what_is_withdrawn_and_not_with_what_is_there(
    newsroom: SimpleNamespace, site: Path
) -> None:
    def cost() -> int:
        page = make_video(newsroom.bali)
        until_quiet()
        page.unpublish()
        relay.relay()
        with CaptureQueriesContext(connection) as queries:
            assert takedowns.run().verified == 1
        until_quiet()
        return len(queries)

    among_few = cost()
    for _ in range(20):
        make_video(newsroom.denpasar)
    assert cost() == among_few
    with CaptureQueriesContext(connection) as queries:
        takedowns.run()
    # What it costs four times a second; on PostgreSQL its lock is taken and let go besides.
    assert len(queries) <= (4 if connection.vendor == "postgresql" else 2)


def test_a_promotion_gives_way_to_the_withdrawal_of_what_it_copies(
    newsroom: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cms.media import promotion

    page = make_video(newsroom.bali, private_asset())
    copied = 0
    publish_file = promotion._publish_file

    def then_withdraw(*arguments: Any) -> None:
        nonlocal copied
        publish_file(*arguments)
        copied += 1
        if copied == 1:
            page.unpublish()
            row = Takedown.objects.create(
                node_id=f"video:{page.public_id}",
                at=timezone.now(),
                media=[file.key for file in page.asset.ladder.files.all()],
                begun_at=timezone.now(),
            )
            assert row.is_open

    monkeypatch.setattr(promotion, "_publish_file", then_withdraw)
    promote_media(MediaReport(patience=Patience()), most=1)
    assert copied == 1
    assert Asset.objects.get(pk=page.asset_id).ladder.placement == Placement.PROMOTING


def test_nobody_waits_for_the_lock_of_somebody_else(on_air: VideoPage) -> None:
    on_air.unpublish()
    with alone.taking_down() as mine:
        assert mine
        if connection.vendor == "sqlite":
            # PostgreSQL lets one connection have its own lock twice.
            assert takedowns.run().tried == set()
    assert takedowns.run().verified == 1


def test_locks_of_several_assets_are_taken_as_far_as_they_are_free() -> None:
    with alone.moving("a"), alone.moving_any({"a", "b"}) as mine:
        assert mine >= {"b"}
        assert connection.vendor == "postgresql" or mine == {"b"}
    with alone.moving_any({"a", "b"}) as mine:
        assert mine == {"a", "b"}


def test_what_was_done_is_kept_for_a_year(on_air: VideoPage) -> None:
    on_air.unpublish()
    takedowns.run()
    takedowns.run(again=True)
    Takedown.objects.update(at=timezone.now() - timedelta(days=367))
    forget_pushes()
    assert not Takedown.objects.exists()
