"""What is restricted and which units are public is read once for a comparison, and never kept."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from cms.publishing import outbox, visibility
from content_models.models import VideoPage
from tests.cms.factories import make_video

pytestmark = pytest.mark.django_db

RESTRICTIONS = 'FROM "wagtailcore_pageviewrestriction"'


def _shown(page: VideoPage) -> bool:
    return visibility.shown(VideoPage).filter(pk=page.pk).exists()


def test_a_comparison_reads_the_restrictions_once(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.denpasar)
    with CaptureQueriesContext(connection) as queries, outbox.transaction():
        outbox.touch(publications=[page.pk], units=[newsroom.denpasar.pk])
    asked = [query["sql"] for query in queries if RESTRICTIONS in query["sql"]]
    assert len(asked) == 1, asked


def test_a_question_by_itself_asks_anew(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.denpasar)
    assert _shown(page)
    PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert not _shown(page)


def test_what_a_look_has_seen_ends_with_it(newsroom: SimpleNamespace) -> None:
    page = make_video(newsroom.denpasar)
    with visibility.one_look():
        assert _shown(page)
        PageViewRestriction.objects.create(page=newsroom.denpasar, restriction_type="login")
        assert _shown(page)
    assert not _shown(page)
