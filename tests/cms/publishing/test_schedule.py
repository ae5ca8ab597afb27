"""What is due comes and goes by itself, page by page."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.models import Page, Revision

from cms.publishing.models import OutboxRow
from content_models.models import UnitPage
from tests.cms.factories import make_draft

pytestmark = pytest.mark.django_db


def make_due(page: Page) -> None:
    """Approved for an hour ago."""
    page.save_revision()
    revision = Revision.objects.get(pk=Page.objects.get(pk=page.pk).latest_revision_id)
    revision.approved_go_live_at = timezone.now() - timedelta(hours=1)
    revision.save()


def told() -> set[str]:
    return set(OutboxRow.objects.values_list("node_id", flat=True))


def test_a_page_that_cannot_be_published_stops_no_other(newsroom: SimpleNamespace) -> None:
    broken = UnitPage.objects.get(pk=newsroom.jabar.pk)
    broken.code = newsroom.bali.code
    # No form would take the code of another unit; a revision may hold it all the same.
    revision = broken.save_revision(clean=False)
    revision.approved_go_live_at = timezone.now() - timedelta(hours=2)
    revision.save()
    draft = make_draft(newsroom.bali)
    make_due(draft)
    with pytest.raises(CommandError, match="Revision"):
        call_command("publish_scheduled")
    assert told() == {f"video:{draft.public_id}"}
    draft.refresh_from_db()
    assert draft.live


def test_a_dry_run_publishes_nothing(newsroom: SimpleNamespace) -> None:
    draft = make_draft(newsroom.bali)
    make_due(draft)
    call_command("publish_scheduled", dryrun=True)
    assert told() == set()
    draft.refresh_from_db()
    assert not draft.live
