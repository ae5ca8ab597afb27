"""A page that is live although nobody published it must not hold up the site: it gets a date."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cms.publishing import visibility
from cms.publishing.models import PublicState
from cms.publishing.sweep import glance
from content_models.models import VideoPage
from tests.cms.factories import make_draft

pytestmark = pytest.mark.django_db


def test_a_page_added_live_is_public_at_once_and_dated(newsroom: SimpleNamespace) -> None:
    page = make_draft(newsroom.bali, live=True)
    record = PublicState.objects.get(pk=f"video:{page.public_id}").record
    assert record["publishedAt"] == record["updatedAt"] is not None


def test_a_draft_switched_live_in_a_shell_is_not_public_before_the_sweep_dates_it(
    newsroom: SimpleNamespace,
) -> None:
    page = make_draft(newsroom.bali)
    VideoPage.objects.filter(pk=page.pk).update(live=True)
    assert not visibility.public_videos().filter(pk=page.pk).exists()
    assert glance() > 0
    assert visibility.public_videos().filter(pk=page.pk).exists()
    record = PublicState.objects.get(pk=f"video:{page.public_id}").record
    assert record["publishedAt"] is not None
