"""A cycle of publishing costs what changed, whatever the size of the site."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings
from wagtail.contrib.redirects.models import Redirect

from cms.publishing import outbox
from cms.publishing.models import LogHead, OutboxRow, Takedown
from cms.publishing.pipeline import CycleReport, PublishingError, cycle
from cms.publishing.status import publication_status
from cms.publishing.urgent import Urgent
from content_models.models import Category, EmergencyBanner, VideoPage
from content_models.public_id import new_public_id
from site_builder.periods import MOST
from site_builder.search.cuts import PART, cut_of
from tests.cms.factories import make_draft, make_video, publish
from tests.cms.publishing.test_media import private_asset

pytestmark = pytest.mark.django_db
# More than a page of a month or day lists, so that both are divided; and a third more of them, or
# thrice as many in a soak: that shows a cost that grows as well.
BUSY = MOST + 4
MANY = 300 if os.environ.get("SOAK") else 135
# All videos, those of headquarters, Bali and Denpasar, and those of the one category.
LISTINGS = 5


@pytest.fixture(autouse=True)
def site(
    settings: Settings, tmp_path: Path, newsroom: SimpleNamespace, buckets: str
) -> Iterator[Path]:
    """A site that is built and pushed to a folder; nobody serves it."""
    settings.STATE_DIR = tmp_path
    settings.SITE_BUILD_DIR = tmp_path / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / 'edge'}"]
    settings.SITE_EDGE_URL = ""
    yield tmp_path / "edge"
    shutil.rmtree(tmp_path, ignore_errors=True)


def within_an_hour() -> datetime:
    """One second after the other of the hour that has ended: whatever the clock says, one page."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    return hour + timedelta(seconds=VideoPage.objects.count())


def fill(newsroom: SimpleNamespace, number: int) -> None:
    category = Category.objects.get_or_create(name="Lalu Lintas", slug="lalu-lintas")[0]
    with outbox.transaction():
        while VideoPage.objects.count() < number:
            page = make_draft(newsroom.denpasar, first_published_at=within_an_hour())
            page.categories = [category]
            page.tags.add("patroli")
            publish(page)


def plain_id() -> str:
    """An ID at which no part of the search index begins: one in 128 does, and costs two files."""
    drawn = (new_public_id() for _ in count())
    return next(one for one in drawn if cut_of(f"video:{one}") < PART)


def publish_one_more(newsroom: SimpleNamespace) -> CycleReport:
    page = make_draft(newsroom.denpasar, public_id=plain_id(), first_published_at=within_an_hour())
    page.categories = [Category.objects.get(slug="lalu-lintas")]
    page.tags.add("patroli")
    publish(page)
    return cycle()


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_publishing_one_video_costs_the_same_in_a_busy_hour_and_in_a_busier_one(
    newsroom: SimpleNamespace,
) -> None:
    costs = []
    for number in (30, BUSY, MANY):
        fill(newsroom, number)
        cycle()
        costs.append(publish_one_more(newsroom))
    quiet, busy, busier = costs
    assert (busier.rendered, busier.deleted) == (busy.rendered, busy.deleted)
    # The page of the month, now also that of the day and of the hour.
    assert busy.rendered == quiet.rendered + 2 * LISTINGS
    assert 0 < quiet.rendered < 30
    # In the same second as the last one, a sitemap's index stays as it is and is not sent.
    assert all(cost.rendered - cost.uploaded in {0, 1} for cost in costs)


def test_a_banner_renders_2_files_and_uploads_2(newsroom: SimpleNamespace, site: Path) -> None:
    fill(newsroom, 5)
    cycle()
    end = timezone.now() + timedelta(hours=1)
    for text in ("Jauhi pantai.", "Gempa susulan.", ""):
        with outbox.transaction():
            EmergencyBanner.objects.update_or_create(pk=1, defaults={"text": text, "ends_at": end})
        before = everything_in(site)
        report = cycle()
        assert (report.numbered, report.rendered, report.uploaded, report.deleted) == (1, 2, 2, 0)
        after = everything_in(site)
        changed = {name for name in after if after[name] != before.get(name)}
        of_the_site = {name for name in changed if not name.startswith(".policetube")}
        assert of_the_site == {"banner.json", "banner.css"}
        assert (text in after["banner.json"].decode()) or not text
    assert after["banner.json"] == b"{}"


def test_a_cycle_with_nothing_to_do_does_nothing(newsroom: SimpleNamespace) -> None:
    fill(newsroom, 3)
    first = cycle()
    assert first.rendered > 0
    second = cycle(sweep=True)
    assert (second.numbered, second.rendered, second.uploaded, second.swept) == (0, 0, 0, 0)


def test_what_grew_step_by_step_equals_what_is_built_anew(
    newsroom: SimpleNamespace, settings: Settings, site: Path, tmp_path: Path
) -> None:
    fill(newsroom, 4)
    cycle()
    first, second, third, _ = VideoPage.objects.order_by("pk")
    first.title = "Judul yang diperbaiki"
    publish(first)
    cycle()
    second.move(newsroom.jabar, pos="last-child")
    third.unpublish()
    newsroom.bali.title = "Kepolisian Daerah Bali"
    publish(newsroom.bali)
    cycle()
    grown = everything_in(site)
    settings.STATE_DIR = tmp_path / "anew"
    settings.SITE_BUILD_DIR = tmp_path / "anew" / "dist"
    settings.SITE_TARGETS = [f"file:{tmp_path / 'anew' / 'edge'}"]
    cycle(full=True)
    anew = everything_in(tmp_path / "anew" / "edge")
    # Only the grown site remembers what used to be there (tombstones).
    public = {name for name in grown if not name.startswith(".policetube")}
    assert public == {name for name in anew if not name.startswith(".policetube")}
    assert [name for name in public if grown[name] != anew[name] and "manifest" not in name] == []


def test_an_unpublished_video_leaves_no_trace_on_the_site(
    newsroom: SimpleNamespace, site: Path
) -> None:
    fill(newsroom, 2)
    page = make_video(newsroom.denpasar, title="Penangkapan di Kuta", slug="penangkapan-di-kuta")
    cycle()
    shown = everything_in(site)
    assert any(page.public_id.encode() in data for data in shown.values())
    page.unpublish()
    cycle()
    for name, data in everything_in(site).items():
        assert b"Penangkapan di Kuta" not in data, name
        # The public ledger tells of the withdrawal, by the ID alone.
        if not name.startswith((".policetube", "manifest/", "ledger/")):
            assert page.public_id.encode() not in data, name
            assert page.public_id not in name


def test_a_page_says_where_it_stands(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali)
    assert publication_status(page).stage == "draft"
    publish(page)
    assert publication_status(page).stage == "publishing"
    cycle()
    status = publication_status(page)
    assert (status.stage, status.settled) == ("live", True)
    assert status.public_url == f"http://127.0.0.1:8080/video/{page.public_id}/{page.slug}/"
    page.unpublish()
    assert publication_status(page).stage == "withdrawing"
    cycle()
    assert publication_status(page).stage == "draft"


def test_a_failed_push_is_made_good_by_the_next_cycle(
    newsroom: SimpleNamespace, settings: Settings, site: Path
) -> None:
    fill(newsroom, 1)
    good = settings.SITE_EDGE_URL
    # Nobody listens there: the bytes cannot be read back, so nothing is called live.
    settings.SITE_EDGE_URL = "http://127.0.0.1:9"
    with pytest.raises(PublishingError):
        cycle()
    assert LogHead.objects.get().live_sequence == 0
    settings.SITE_EDGE_URL = good
    cycle()
    head = LogHead.objects.get()
    assert head.live_sequence == head.sequence > 0
    assert not OutboxRow.objects.exists()


def test_files_that_waited_for_a_push_with_nothing_to_do_are_seen_to_right_away(
    newsroom: SimpleNamespace, site: Path, buckets: str
) -> None:
    fill(newsroom, 1)
    cycle()
    # Killed after its push, before it had said so.
    LogHead.objects.update(live_sequence=F("live_sequence") - 1)
    page = make_video(newsroom.bali, private_asset())
    report = cycle()
    assert (report.promoted, report.rendered, report.uploaded, report.deleted) == (0, 0, 0, 0)
    assert report.did_something
    while cycle().did_something:
        pass
    assert (site / page.public_path.strip("/") / "index.html").exists()
    assert not cycle().did_something


def test_a_push_of_many_pages_makes_way_for_a_withdrawal(
    newsroom: SimpleNamespace, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("static_export.parallel.FEW", 0)
    monkeypatch.setattr("cms.publishing.urgent.LOOKED_EVERY", 0)
    fill(newsroom, 6)
    page = make_video(newsroom.bali)
    while cycle().did_something:
        pass
    shown = site / page.public_path.strip("/") / "index.html"
    newsroom.bali.title = "Kepolisian Daerah Bali"
    publish(newsroom.bali)
    looks, look = count(), Urgent.__call__

    def withdraw_meanwhile(self: Urgent) -> bool:
        if next(looks) == 1:
            page.unpublish()
        return look(self)

    monkeypatch.setattr(Urgent, "__call__", withdraw_meanwhile)
    report = cycle()
    assert (report.made_way, report.did_something) == (True, True)
    head = LogHead.objects.get()
    assert head.live_sequence < head.sequence
    assert shown.exists()
    while cycle().did_something:
        pass
    assert not shown.exists()
    assert page.public_id.encode() not in (site / "index.html").read_bytes()
    pages = [
        file for file in site.glob("video/*/*/index.html") if b"Daerah Bali" in file.read_bytes()
    ]
    assert pages
    head.refresh_from_db()
    assert head.live_sequence == head.sequence


def test_what_is_urgent_is_so_until_a_build_knows_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """However soon page and files were verified gone: lists still lead there."""
    monkeypatch.setattr("cms.publishing.urgent.LOOKED_EVERY", 0)
    row = Takedown.objects.create(
        node_id="video:x", path="/video/x/", at=timezone.now(), sequence=5, due=None
    )
    LogHead.objects.update_or_create(pk=1, defaults={"sequence": 4})
    assert not Urgent(4)(), "of another epoch: there is no such change to build"
    LogHead.objects.update_or_create(pk=1, defaults={"sequence": 7})
    assert (Urgent(4)(), Urgent(5)()) == (True, False)
    row.cancelled_at = timezone.now()
    row.save()
    assert not Urgent(4)()


def test_a_redirect_costs_no_page_and_reaches_the_edge_and_goes_from_it(
    newsroom: SimpleNamespace, site: Path
) -> None:
    page = make_video(newsroom.bali)
    cycle()
    rule = site / ".policetube/rules/mudik/redirect-301"
    redirect = Redirect.add_redirect("/mudik", redirect_to=page)

    report = cycle()
    assert (report.rendered, report.uploaded, report.deleted) == (0, 0, 0)
    assert rule.read_text() == page.public_path

    page.unpublish()
    cycle()
    assert not rule.exists()

    redirect.redirect_page, redirect.redirect_link = None, "https://example.org/mudik"
    redirect.save()
    cycle()
    assert rule.read_text() == "https://example.org/mudik"
    redirect.delete()
    report = cycle()
    assert (report.rendered, report.uploaded, report.deleted) == (0, 0, 1)
    assert not rule.exists()
