"""What editors do to one page: write, release, take back, go back, set dates."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from taggit.models import Tag
from wagtail.models import Page

from content_models.models import Category, HomePage, VideoPage
from tests.kills.soak.desk import Desk, NothingToDoError

SOON = 1.5  # seconds


def latest(page: Page) -> Any:
    """The page as its editor last left it."""
    return page.get_latest_revision_as_object()


def rewrite(desk: Desk, page: VideoPage) -> None:
    """Change some of everything, on the instance."""
    page.title = f"Patroli {desk.number}"
    if desk.happens(0.4):
        page.synopsis = f"Patroli di pusat kota, laporan {desk.number}."
    if desk.happens(0.3):
        linked = desk.page()
        page.body = f'<p>Lihat <a linktype="page" id="{linked.pk}">laporan {desk.number}</a>.</p>'
    if desk.happens(0.3):
        page.tags.set([tag.name for tag in desk.some(Tag.objects.all(), 3)])
    if desk.happens(0.3):
        page.categories.set(desk.some(Category.objects.all(), 2))
    if desk.happens(0.2):
        page.incident_date = date(2026, 1, desk.rng.randint(1, 28))
    if desk.happens(0.2):
        page.asset = desk.asset()
    if desk.happens(0.5):
        page.go_live_at = page.expire_at = None


def create_draft(desk: Desk) -> str:
    page = VideoPage(
        title=f"Draf {desk.number}",
        slug=f"draf-{desk.number}",
        asset=desk.asset(),
        synopsis="Patroli di pusat kota.",
        live=False,
    )
    desk.unit().add_child(instance=page)
    rewrite(desk, page)
    page.save_revision()
    return f"page {page.pk}"


def create_and_publish(desk: Desk) -> str:
    said = create_draft(desk)
    page = VideoPage.objects.get(slug=f"draf-{desk.number}")
    page.get_latest_revision().publish()
    return said


def edit_draft(desk: Desk) -> str:
    page = latest(desk.video())
    rewrite(desk, page)
    page.save_revision()
    return f"page {page.pk}"


def edit_and_publish(desk: Desk) -> str:
    page = latest(desk.video())
    rewrite(desk, page)
    page.save_revision().publish()
    return f"page {page.pk}"


def publish(desk: Desk) -> str:
    page = desk.video(live=False)
    (page.get_latest_revision() or page.save_revision()).publish()
    return f"page {page.pk}"


def unpublish(desk: Desk) -> str:
    page = desk.video(live=True)
    page.unpublish()
    return f"page {page.pk}"


def rename_slug(desk: Desk) -> str:
    page = latest(desk.video())
    page.slug = f"patroli-{desk.number}"
    page.save_revision().publish()
    return f"page {page.pk}"


def revert(desk: Desk) -> str:
    """An old revision becomes the newest, and is published."""
    page = desk.video()
    old = desk.one(page.revisions.all())
    again = old.as_object()
    again.title = f"{again.title.split(' (')[0]} ({desk.number})"
    again.save_revision(previous_revision=old).publish()
    return f"page {page.pk} as of revision {old.pk}"


def schedule(desk: Desk) -> str:
    """Goes live a moment from now, at a stroke of the clock."""
    page = latest(desk.video())
    page.title = f"Terjadwal {desk.number}"
    page.go_live_at = timezone.now() + timedelta(seconds=desk.rng.uniform(0.1, SOON))
    page.expire_at = None
    page.save_revision().publish()
    return f"page {page.pk}"


def let_expire(desk: Desk) -> str:
    page = latest(desk.video())
    page.title = f"Sementara {desk.number}"
    page.go_live_at = None
    page.expire_at = timezone.now() + timedelta(seconds=desk.rng.uniform(0.1, SOON))
    page.save_revision().publish()
    return f"page {page.pk}"


def strike_the_clock(desk: Desk) -> str:
    """Publish and expire what is due, as the clock does every minute."""
    from django.core.management import call_command

    call_command("publish_scheduled")
    return "what is due"


def edit_home(desk: Desk) -> str:
    home = HomePage.objects.first()
    if home is None:
        raise NothingToDoError
    page = latest(home)
    page.description = f"Rekaman kepolisian, uraian {desk.number}."
    if desk.happens(0.5):
        linked = desk.page()
        page.about = f'<p><a linktype="page" id="{linked.pk}">Tentang {desk.number}</a></p>'
    page.save_revision().publish()
    return "home"
